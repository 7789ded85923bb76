"""What an application wants of the sign-in after which a person comes to a path of ours."""

from urllib.parse import parse_qs, urlsplit

from app.applications.provider import stored_requests
from app.applications.provider.models import RequestKind, StoredRequest
from app.applications.uris import origin_of
from app.http.forms import typed_email
from app.login.continuation import NONE, Continuation

AUTHORIZE = "/oauth/authorize"
MOST_LANGUAGES = 10


def stored_request_at(path: str) -> StoredRequest | None:
    """The authorization request that continues at a path of ours; None if none does, or it has expired."""
    parts = urlsplit(path)
    if parts.path != AUTHORIZE:
        return None
    key = stored_requests.key_of("".join(parse_qs(parts.query).get("request_uri", ())))
    return stored_requests.find(RequestKind.AUTHORIZE, key) if key else None


def continuation_at(path: str) -> Continuation:
    """From the stored request that the path continues, whose redirect URI was checked when it was stored."""
    stored = stored_request_at(path)
    if stored is None:
        return NONE
    asked = stored.parameters
    return Continuation(
        origin=origin_of(asked["redirect_uri"]),
        prompt="login" if "login" in asked.get("prompt", "").split(" ") else None,
        login_hint=typed_email(asked.get("login_hint")) or None,
        languages=tuple(asked.get("ui_locales", "").split()[:MOST_LANGUAGES]),
        application_id=stored.application_id,
    )
