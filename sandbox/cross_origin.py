"""CORS: which origins may read a response."""

from urllib.parse import urlsplit

from sandbox.model import Application


def _origin(address: str) -> tuple[str, str | None, int | None]:
    parts = urlsplit(address)
    # As with redirect URIs, the port of localhost is ignored.
    return parts.scheme, parts.hostname, None if parts.hostname == "localhost" else parts.port


def spa_origin(application: Application, origin: str) -> bool:
    """Whether `origin` is that of a redirect URI on the platform "Single-page application"."""
    return any(_origin(origin) == _origin(uri) for uri in application.redirect_uris.get("spa", ()))
