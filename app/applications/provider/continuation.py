"""To which application a path of ours leads that a person reaches after signing in."""

from urllib.parse import parse_qs, urlsplit

from app.applications.provider import stored_requests
from app.applications.provider.models import RequestKind
from app.applications.uris import origin_of

AUTHORIZE = "/oauth/authorize"


def origin_after(path: str) -> str | None:
    """The origin of the redirect URI of the stored request that the path continues, which was checked when it was
    stored; None for any other path.
    """
    parts = urlsplit(path)
    if parts.path != AUTHORIZE:
        return None
    key = stored_requests.key_of("".join(parse_qs(parts.query).get("request_uri", ())))
    stored = stored_requests.find(RequestKind.AUTHORIZE, key) if key else None
    return origin_of(stored.parameters["redirect_uri"]) if stored else None
