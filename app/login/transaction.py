"""A login transaction: what must be known again when a sign-in that left this server comes back.

In the redirect flow it is encrypted in a cookie of its own, so that two tabs don't interfere, every node can read it,
and nothing is stored for visitors who never return. It is bound to this browser by being its cookie, short-lived and
used once: the session it creates stores its id, which is unique.
"""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any
from uuid import UUID

from flask import after_this_request, current_app, request
from werkzeug.wrappers import Response

from app.core.sealed_state import ExpiredState, InvalidState, SealedState
from app.http.current import current, is_signed_in
from app.http.session_cookies import active_public_id
from app.login.errors import EXPIRED, OTHER_CONNECTION, OTHER_SESSION, STATE, SignInRefused

LIFE_SECONDS = 600
COOKIE_SECONDS = 3600
"""The cookie outlives the transaction, so that a late response gets an error that says it is late."""
MOST_OPEN = 5
"""Open transactions of one browser; the oldest is dropped, since headers have a size limit."""


class Purpose(StrEnum):
    """What a transaction is for. `app/login/purposes.py` tells what each does when it comes back."""

    SIGN_IN = "sign_in"
    CONFIRM_LINK = "confirm_link"
    """A new Microsoft identity waits for proof that an existing account is the same person's."""
    LINK = "link"
    """A signed-in person connects a Microsoft identity to their account."""
    REAUTHENTICATE = "reauthenticate"
    """A signed-in person proves again who they are; no session is created."""
    REFRESH_PROFILE = "refresh_profile"
    """A signed-in person's profile is read again; no session is created."""
    TEST_CONNECTION = "test_connection"
    """An admin tests a draft: a report is written; no session is created."""
    ADMIN_CONSENT = "admin_consent"
    """An administrator of the directory consents for all its users; no one signs in."""


@dataclass(frozen=True)
class LoginTransaction:
    purpose: str
    state: str = field(default_factory=lambda: secrets.token_urlsafe(24))
    """What the response has to repeat: OAuth's `state`, or the nonce of a page that redeems the code itself. A sign-in
    that never leaves this server has one, too: it identifies the transaction.
    """
    nonce: str = ""
    """What the ID token has to repeat."""
    connection_id: str | None = None
    code: str = ""
    """The login code it began at."""
    next: str = "/"
    """The path that the person wants to reach."""
    began_at: int = field(default_factory=lambda: int(time.time()))
    """Seconds since 1970."""
    session: str = field(default_factory=active_public_id)
    """The public id of the session that was active when it began; empty if no one was signed in."""
    remember: bool = False
    """The person wants to stay signed in on this device, which their company has to allow when they arrive."""
    flow: dict[str, Any] | None = None
    """What MSAL needs to redeem the code: the PKCE verifier, for example."""
    context: dict[str, Any] = field(default_factory=dict)
    """What its purpose needs to continue: the version of a tested draft, for example."""

    @property
    def id(self) -> str:
        """What the session it creates stores, so that it is used once."""
        return _digest(self.state)

    def require_same_session(self) -> UUID:
        """The signed-in person, who began it. Raises SignInRefused if another session, or none, is active by now."""
        if not is_signed_in() or current().session_public_id != self.session:
            raise SignInRefused(OTHER_SESSION)
        return current().person_id


TRANSACTION = SealedState("login_transaction", LoginTransaction, lifetime=LIFE_SECONDS)


def keep(transaction: LoginTransaction, *, lifetime: int = LIFE_SECONDS) -> None:
    """Adds the transaction's cookie to the response of this request. `lifetime` is in seconds."""
    name = _name(transaction)
    cookies = sorted(one for one in request.cookies if one.startswith(_prefix()))
    dropped = cookies[: max(0, len(cookies) - MOST_OPEN + 1)]
    encrypted = TRANSACTION.encrypt(transaction, name, lifetime=lifetime)

    def set_cookie(response: Response) -> Response:
        for one in dropped:
            response.delete_cookie(one, secure=_is_secure())
        response.set_cookie(
            name, encrypted, max_age=COOKIE_SECONDS, secure=_is_secure(), httponly=True, samesite="Lax", path="/"
        )
        return response

    _after(set_cookie)


def find(states: list[str], connection_id: UUID) -> LoginTransaction:
    """The transaction that a response with these states continues at this connection.

    Raises SignInRefused if it belongs to another browser or connection, or has expired.
    """
    if len(states) != 1:
        raise SignInRefused(STATE)
    ending = f".{_digest(states[0])[:16]}"
    name = next((one for one in request.cookies if one.startswith(_prefix()) and one.endswith(ending)), "")
    try:
        transaction = TRANSACTION.decrypt(request.cookies.get(name), name)
    except ExpiredState as expired:
        raise SignInRefused(EXPIRED, code=expired.value.code, next_path=expired.value.next) from None
    except InvalidState:
        raise SignInRefused(STATE) from None
    if not hmac.compare_digest(transaction.state.encode(), states[0].encode("utf-8", "surrogatepass")):
        raise SignInRefused(STATE)
    if transaction.connection_id != str(connection_id):
        raise SignInRefused(OTHER_CONNECTION)
    return transaction


def drop(transaction: LoginTransaction) -> None:
    """Deletes the transaction's cookie with the response of this request."""

    def delete_cookie(response: Response) -> Response:
        response.delete_cookie(_name(transaction), secure=_is_secure())
        return response

    _after(delete_cookie)


def _after(change: Callable[[Response], Response]) -> None:
    after_this_request(change)


def _name(transaction: LoginTransaction) -> str:
    return f"{_prefix()}{transaction.began_at:x}.{transaction.id[:16]}"


def _prefix() -> str:
    # With this prefix browsers let no other host or path set the cookie.
    return "__Host-attempt." if _is_secure() else "attempt."


def _is_secure() -> bool:
    secure: bool = current_app.config["SESSION_COOKIE_SECURE"]
    return secure


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()
