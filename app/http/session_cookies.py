"""A browser's sessions: one cookie for each company, with the session's token, and one that names the active company.

A session's public id is computed from its token. So what a page's forms are bound to is known without a query, and
can't be claimed without the token.
"""

import hashlib
import re

from flask import current_app, request
from werkzeug.wrappers import Response

from app.http.cookies import delete_cookie, host_cookie, read_cookie, set_cookie

ACTIVE = "active"
SESSION = "session."
"""Before the company's public id. Both without the prefix that `cookies.host_cookie` adds."""
ORG_ID = re.compile(r"org_[0-9a-f]{24}")
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
"""32 random bytes in URL-safe base64."""
MOST_READ = 10
"""More cookies than these are not ours: a browser has five sessions, and a few more after sign-ins at the same time."""


def public_id(token: str) -> str:
    """The session's public id: forms, fetches and applications (as `sid`) name the session by it."""
    return hashlib.sha256(f"session {token}".encode()).hexdigest()[:32]


def active_org_id() -> str:
    """The public id of the company whose session is active; empty if none is."""
    found = read_cookie(ACTIVE)
    return found if ORG_ID.fullmatch(found) else ""


def tokens() -> dict[str, str]:
    """The tokens that this request presents, by the public id of their company; the active one first."""
    prefix = host_cookie(SESSION, secure=current_app.config["SESSION_COOKIE_SECURE"])
    named = {name.removeprefix(prefix): value for name, value in request.cookies.items() if name.startswith(prefix)}
    active = active_org_id()
    ours = sorted(
        ((org_id, token) for org_id, token in named.items() if ORG_ID.fullmatch(org_id) and TOKEN.fullmatch(token)),
        key=lambda one: (one[0] != active, one[0]),
    )
    return dict(ours[:MOST_READ])


def active_token() -> str | None:
    """The token of the active session; None if there is none, or one that was never ours."""
    found = read_cookie(f"{SESSION}{org_id}") if (org_id := active_org_id()) else ""
    return found if TOKEN.fullmatch(found) else None


def active_public_id() -> str:
    """The public id of the session that this browser uses now; empty without one. It may have ended."""
    token = active_token()
    return public_id(token) if token else ""


def set_session(response: Response, org_id: str, token: str, *, max_age: int | None) -> None:
    set_cookie(response, f"{SESSION}{org_id}", token, max_age=max_age)


def set_active(response: Response, org_id: str, *, max_age: int | None) -> None:
    set_cookie(response, ACTIVE, org_id, max_age=max_age)


def delete_session(response: Response, org_id: str) -> None:
    delete_cookie(response, f"{SESSION}{org_id}")


def delete_active(response: Response) -> None:
    delete_cookie(response, ACTIVE)
