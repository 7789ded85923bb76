"""WebAuthn challenges. Each is used once, on whichever node: a synced passkey keeps no counter."""

import base64
import hashlib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from flask import session

from app.core.database import insert_if_absent
from app.core.retention import delete_older_than
from app.core.sealed_state import SealedState
from app.people.models import Person
from app.people.two_step.models import SpentChallenge
from app.people.two_step.passkeys import new_challenge

LIFE_SECONDS = 600
"""Seconds that a page asking for a passkey may stay open."""
KEPT_SECONDS = 2 * LIFE_SECONDS
"""Seconds a used challenge is remembered: longer than any is accepted."""
BATCH = 1000


class Use(StrEnum):
    """The purpose of a challenge, which is invalid for any other purpose or person."""

    ADD = "add"
    REAUTHENTICATE = "reauthenticate"


@dataclass(frozen=True)
class IssuedChallenge:
    challenge_text: str
    """In base64."""


CHALLENGE = SealedState("passkey_challenge", IssuedChallenge, lifetime=LIFE_SECONDS)


def issue(person: Person, use: Use) -> bytes:
    """A new challenge, kept encrypted in this browser; replaces an earlier one for the same purpose."""
    challenge = new_challenge()
    kept = IssuedChallenge(base64.b64encode(challenge).decode())
    session[_key(use)] = CHALLENGE.encrypt(kept, f"{use}:{person.id}")
    return challenge


def issued(person: Person, use: Use) -> bytes | None:
    """The last challenge issued to this browser, if it has not expired."""
    found = CHALLENGE.find(session.get(_key(use)), f"{use}:{person.id}")
    return base64.b64decode(found.challenge_text) if found else None


def spend(person: Person, challenge: bytes) -> bool:
    """Marks the challenge as used; returns True once, also for concurrent attempts."""
    return insert_if_absent(
        SpentChallenge(company_id=person.company_id, challenge_hash=hashlib.sha256(challenge).hexdigest())
    )


def forget_old() -> int:
    """Deletes used challenges of all companies that can't be replayed any longer; returns how many."""
    return delete_older_than(SpentChallenge, timedelta(seconds=KEPT_SECONDS), BATCH)


def _key(use: Use) -> str:
    return f"passkey.{use}"
