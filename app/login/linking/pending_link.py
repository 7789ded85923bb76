"""Links a Microsoft identity to an existing account, only with proof that both belong to the same person.

Proof is an invitation's link, the account's password, a key mailed to the account's address, or a signed-in session. A
matching email address is no proof: the administrator of a directory can enter any address.
"""

import json
import time
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from flask import session

from app.core import strict_json
from app.core.database import encryptor
from app.core.encryption import DecryptionError
from app.core.strict_json import InvalidJson
from app.entra.id_tokens import Claims
from app.http.binding import browser_id, known_browser_id, subject
from app.login.id_token import VerifiedIdentity

PROOF_SECONDS = 3600
"""Seconds for which the buttons of a page can link an identity to an account."""
LIFE_SECONDS = 1800
KEY = "joining"
ASSOCIATED_DATA = "joining.offer"


@dataclass(frozen=True)
class Proof:
    """The account an identity may be linked to. Proof from an invitation holds as long as that link works."""

    person_id: UUID
    invitation: str | None = None
    """The hash of the invitation's key."""

    def __str__(self) -> str:
        return f"{self.person_id} {self.invitation or ''}"

    @classmethod
    def read(cls, text: str) -> "Proof":
        person_id, _, invitation = text.partition(" ")
        return cls(UUID(person_id), invitation or None)


@dataclass(frozen=True)
class PendingLink:
    """A verified identity that is new at the company, where an account without an identity has its address."""

    company_id: str
    connection_id: str
    person_id: str
    attempt_id: str
    next: str
    code: str
    """The login code the sign-in began at."""
    made_at: int
    """Seconds since 1970."""
    claims: dict[str, Any]

    @property
    def verified(self) -> VerifiedIdentity:
        """The access token is not kept: the profile is read at the next sign-in."""
        return VerifiedIdentity(Claims(**self.claims), None)


def issue_proof(proof: Proof, public_id: str) -> str:
    """The proof that a page's buttons carry. It is bound to this browser, the connection and the signed-in person, if
    any, so it is worthless to the next person who uses a page left open.
    """
    return encryptor().encrypt(f"{int(time.time())} {proof}", _place(public_id, browser_id()))


def link_proof_subject(proof: str | None, public_id: str) -> Proof | None:
    """The account that a sign-in through this connection is linked to; None if there is no proof or it has expired."""
    if not proof:
        return None
    try:
        issued_at, _, proven_for = encryptor().decrypt(proof, _place(public_id, known_browser_id())).partition(" ")
    except DecryptionError:
        return None
    return Proof.read(proven_for) if time.time() - int(issued_at) <= PROOF_SECONDS else None


def keep(offered: PendingLink) -> None:
    """Keeps the pending link in this browser's encrypted cookie."""
    session[KEY] = encryptor().encrypt(json.dumps(asdict(offered), separators=(",", ":")), ASSOCIATED_DATA)


def find() -> PendingLink | None:
    """The pending link of this browser, if it has not expired."""
    found = offered_late()
    return found if found and time.time() - found.made_at <= LIFE_SECONDS else None


def offered_late() -> PendingLink | None:
    """The pending link even if it has expired: tells where to start again."""
    try:
        return strict_json.read_as(PendingLink, encryptor().decrypt(session.get(KEY, ""), ASSOCIATED_DATA))
    except (DecryptionError, InvalidJson):
        return None


def _place(public_id: str, browser: str) -> str:
    return f"joining:{public_id}:{browser}:{subject()}"
