"""Browsers that were used to sign in to an account. They get separate budgets, so that strangers who guess passwords
don't lock the owner of the account out.

The cookie is signed and contains no names: a random id of the browser and a digest per account. It proves only that a
sign-in to that account was completed in this browser, and grants no access.

https://owasp.org/www-community/Slow_Down_Online_Guessing_Attacks_with_Device_Cookies
"""

import hashlib
import secrets
import time
from functools import lru_cache
from typing import Any
from uuid import UUID

from flask import Response, after_this_request, current_app, session
from itsdangerous import BadData, URLSafeTimedSerializer

from app.http.cookies import read_cookie, set_cookie
from app.people.models import Person

COOKIE = "device"
COOKIE_SECONDS = 365 * 24 * 3600
MOST_ACCOUNTS = 8
"""Per browser; the least recently used account is dropped."""
MAILBOX_KEY = "mailbox_proven"
MAILBOX_SECONDS = 30 * 60


def remember(company_id: UUID, person_id: UUID) -> None:
    """Records that a sign-in to this account was completed in this browser."""
    kept = _read() or {"id": secrets.token_urlsafe(12), "accounts": []}
    account = _digest(company_id, person_id)
    accounts = [account, *(one for one in kept["accounts"] if one != account)][:MOST_ACCOUNTS]
    value = _signer(current_app.config["SECRET_KEY"]).dumps({"id": kept["id"], "accounts": accounts})

    @after_this_request
    def keep(response: Response) -> Response:
        set_cookie(response, COOKIE, str(value), max_age=COOKIE_SECONDS)
        return response


def known(person: Person | None) -> str | None:
    """The id of this browser, if a sign-in to the person's account was completed in it."""
    kept = _read() if person else None
    if person is None or kept is None or _digest(person.company_id, person.id) not in kept["accounts"]:
        return None
    return str(kept["id"])


def is_known_anywhere() -> bool:
    """Whether any sign-in was completed in this browser."""
    return _read() is not None


def note_mailbox(person: Person) -> None:
    """Records that control of the account's mailbox was just proven in this browser. For a while that grants a separate
    budget for the password, as a completed sign-in does, but none for the second factor.
    """
    session[MAILBOX_KEY] = [_digest(person.company_id, person.id), secrets.token_urlsafe(12), int(time.time())]


def has_proven_mailbox(person: Person | None) -> str | None:
    """The id of that proof, if it was for this person's mailbox and has not expired."""
    account, proof_id, noted_at = session.get(MAILBOX_KEY, ("", "", 0))
    if person is None or account != _digest(person.company_id, person.id):
        return None
    return str(proof_id) if time.time() - noted_at <= MAILBOX_SECONDS else None


def _read() -> dict[str, Any] | None:
    try:
        kept: dict[str, Any] = _signer(current_app.config["SECRET_KEY"]).loads(
            read_cookie(COOKIE), max_age=COOKIE_SECONDS
        )
    except BadData:
        return None
    return kept


def _digest(company_id: UUID, person_id: UUID) -> str:
    return hashlib.sha256(f"device {company_id} {person_id}".encode()).hexdigest()[:32]


@lru_cache(maxsize=8)
def _signer(secret_key: str) -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(secret_key, salt="device")
