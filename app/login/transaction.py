"""A login transaction: the state kept between the start of a sign-in and Microsoft's response.

It is encrypted in a cookie of its own, so that two tabs don't interfere, every node can read it, and nothing is stored
for visitors who never return. It is bound to this browser by being its cookie, short-lived and used once: the session
it creates stores its id, which is unique.
"""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from werkzeug.wrappers import Response

from app.core import strict_json
from app.core.encryption import DecryptionError, Encryptor
from app.core.strict_json import InvalidJson
from app.login.errors import EXPIRED, OTHER_CONNECTION, STATE, SignInRefused

LIFE_SECONDS = 600
COOKIE_SECONDS = 3600
"""The cookie outlives the transaction, so that a late response gets an error that says it is late."""
MOST_OPEN = 5
"""Open transactions of one browser; the oldest is dropped, since headers have a size limit."""


class Purpose(StrEnum):
    """What a transaction with Microsoft is for."""

    SIGN_IN = "sign_in"
    LINK = "link"
    """A signed-in person connects a Microsoft identity to their account."""
    REAUTHENTICATE = "reauthenticate"
    """A signed-in person reauthenticates: no session is created; the proof is recorded on the current one."""


@dataclass(frozen=True)
class LoginTransaction:
    connection_id: str
    code: str
    """The login code it began at."""
    state: str
    nonce: str
    flow: dict[str, Any]
    next: str
    began_at: int
    """Seconds since 1970."""
    person_id: str | None = None
    """Set when a signed-in person's profile is to be read again: then no session is created."""
    tested_version: int | None = None
    """Set when an admin tests a draft: then no session is created and a report is written instead."""
    silent: bool = False
    """Microsoft was asked not to show any UI."""
    joins: str | None = None
    """The account the identity is linked to, as serialized by `pending_link.Proof`; proven when the transaction
    began.
    """
    purpose: str = Purpose.SIGN_IN

    @property
    def id(self) -> str:
        return _digest(self.state)


class TransactionCookies:
    """The cookies that hold a browser's open transactions."""

    def __init__(self, encryptor: Encryptor, *, secure: bool) -> None:
        self._encryptor = encryptor
        self._secure = secure
        # With this prefix browsers let no other host or path set the cookie.
        self._prefix = "__Host-attempt." if secure else "attempt."

    def put(self, response: Response, cookies: Mapping[str, str], attempt: LoginTransaction) -> None:
        names = sorted(name for name in cookies if name.startswith(self._prefix))
        for name in names[: max(0, len(names) - MOST_OPEN + 1)]:
            response.delete_cookie(name, secure=self._secure)
        name = self._name(attempt)
        sealed = self._encryptor.encrypt(json.dumps(vars(attempt), separators=(",", ":")), name)
        response.set_cookie(
            name, sealed, max_age=COOKIE_SECONDS, secure=self._secure, httponly=True, samesite="Lax", path="/"
        )

    def find(self, cookies: Mapping[str, str], states: list[str], connection_id: UUID) -> LoginTransaction:
        """The transaction that a response with these states continues at this connection.

        Raises SignInRefused if it belongs to another browser or connection, or has expired.
        """
        if len(states) != 1:
            raise SignInRefused(STATE)
        ending = f".{_digest(states[0])[:16]}"
        name = next((name for name in cookies if name.startswith(self._prefix) and name.endswith(ending)), "")
        try:
            attempt = strict_json.read_as(LoginTransaction, self._encryptor.decrypt(cookies.get(name, ""), name))
        except (DecryptionError, InvalidJson):
            raise SignInRefused(STATE) from None
        if not hmac.compare_digest(attempt.state.encode(), states[0].encode("utf-8", "surrogatepass")):
            raise SignInRefused(STATE)
        if attempt.connection_id != str(connection_id):
            raise SignInRefused(OTHER_CONNECTION)
        if time.time() - attempt.began_at > LIFE_SECONDS:
            raise SignInRefused(EXPIRED, code=attempt.code, next_path=attempt.next)
        return attempt

    def drop(self, response: Response, attempt: LoginTransaction) -> None:
        response.delete_cookie(self._name(attempt), secure=self._secure)

    def _name(self, attempt: LoginTransaction) -> str:
        return f"{self._prefix}{attempt.began_at:x}.{attempt.id[:16]}"


def _digest(state: str) -> str:
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).hexdigest()
