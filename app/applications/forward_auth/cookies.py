"""The cookies on an application's own host: one opens its grant, and each sign-in under way has one with its state."""

import re
import secrets
import time
from dataclasses import dataclass

from flask import current_app, request
from werkzeug.wrappers import Response

from app.applications.grants.actions import secret_hash
from app.core.sealed_state import SealedState
from app.http.cookies import delete_cookie, host_cookie, read_cookie, set_cookie
from app.http.session_cookies import TOKEN
from app.sessions.limits import LONGEST_SESSION

NAME = "portico"
"""Without the prefix that `host_cookie` adds."""
STATE = "portico-state"
STATE_SECONDS = 15 * 60
"""Longer than a stored authorization request lives."""
MOST_STATES = 3
"""Sign-ins that may be under way in one browser, in tabs of their own; the oldest is dropped."""
PRINTABLE = re.compile(r"[\x20-\x7e\x80-\xff]*")


@dataclass(frozen=True)
class SignInState:
    """What a sign-in has to come back with, and to which browser."""

    verifier: str
    """PKCE's, which only this browser can present."""
    return_to: str


SIGN_IN_STATE = SealedState("forward_auth", SignInState, lifetime=STATE_SECONDS)


def cookie_hash() -> str | None:
    """The hash of the token that this request presents; None if it has none, or one that was never ours."""
    token = read_cookie(NAME)
    return secret_hash(token) if TOKEN.fullmatch(token) else None


def keep_token(response: Response, token: str, *, remembered: bool) -> None:
    """`remembered`: the cookie outlives the browser, as that of the session does."""
    set_cookie(response, NAME, token, max_age=int(LONGEST_SESSION.total_seconds()) if remembered else None)


def forget_token(response: Response) -> None:
    delete_cookie(response, NAME)


def for_upstream() -> str:
    """The request's Cookie header without our cookies."""
    ours = tuple(host_cookie(name, secure=_is_secure()) for name in (NAME, STATE))
    kept = [pair for pair in request.headers.get("Cookie", "").split(";") if not _is_ours(pair, ours)]
    joined = ";".join(kept).strip()
    return joined if PRINTABLE.fullmatch(joined) else ""


def keep_state(response: Response, client_id: str, state: SignInState) -> str:
    """Returns the value for OAuth's `state`, by which the response's cookie is found again."""
    name = secrets.token_urlsafe(16)
    known = sorted(_states())
    for cookie in known[: max(0, len(known) - MOST_STATES + 1)]:
        delete_cookie(response, cookie)
    encrypted = SIGN_IN_STATE.encrypt(state, f"{client_id}:{name}")
    set_cookie(response, f"{STATE}.{int(time.time()):x}.{name}", encrypted, max_age=STATE_SECONDS)
    return name


def state_of(client_id: str, name: str | None) -> SignInState | None:
    """None if this browser didn't start the sign-in, or too long ago."""
    cookie = next((one for one in _states() if name and one.endswith(f".{name}")), "")
    return SIGN_IN_STATE.find(read_cookie(cookie), f"{client_id}:{name}") if cookie else None


def forget_state(response: Response, name: str) -> None:
    for cookie in _states():
        if cookie.endswith(f".{name}"):
            delete_cookie(response, cookie)


def _states() -> list[str]:
    """The names, without the prefix."""
    prefix = host_cookie(f"{STATE}.", secure=_is_secure())
    return [f"{STATE}.{name.removeprefix(prefix)}" for name in request.cookies if name.startswith(prefix)]


def _is_ours(pair: str, ours: tuple[str, ...]) -> bool:
    name = pair.partition("=")[0].strip()
    return name in ours or name.startswith(f"{ours[1]}.")


def _is_secure() -> bool:
    return bool(current_app.config["SESSION_COOKIE_SECURE"])
