"""A Microsoft identity joins an account that is there already: only with proof that both are the same person.

Proof is the link of an invitation, the account's password, a key mailed to the account's address, or being signed in
to it. The same address is none: whoever runs a directory can write any address there.
"""

import json
import time
from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from flask import session

from app import strict_json
from app.database import sealer
from app.microsoft.tokens import Claims
from app.sealing import Unsealable
from app.sign_in.verified import Verified
from app.strict_json import InvalidJson
from app.web.binding import browser_id, known_browser_id, subject

PROOF_SECONDS = 3600
"""How long a page may lie open whose buttons join an identity to an account."""
OFFER_SECONDS = 1800
OFFER_KEY = "joining"
OFFER_PLACE = "joining.offer"


@dataclass(frozen=True)
class Offer:
    """A verified identity that is new at the company, where an account without one has its address."""

    company_id: str
    connection_id: str
    person_id: str
    attempt_id: str
    next: str
    made_at: int
    """Seconds since 1970."""
    claims: dict[str, Any]

    @property
    def verified(self) -> Verified:
        """The access token is not kept: the profile is read at the next sign-in."""
        return Verified(Claims(**self.claims), None)


def issue_proof(person_id: UUID, public_id: str) -> str:
    """What a button of a page carries that only somebody with proof gets to see; of this browser, connection, and who
    is signed in, if anyone: on a page that was left open it proves nothing for the next one."""
    return sealer().seal(f"{int(time.time())} {person_id}", _place(public_id, browser_id()))


def proven(proof: str | None, public_id: str) -> UUID | None:
    """The account that a sign-in through this connection joins; None where there is no proof, or it is too old."""
    if not proof:
        return None
    try:
        issued_at, _, person_id = sealer().open(proof, _place(public_id, known_browser_id())).partition(" ")
    except Unsealable:
        return None
    return UUID(person_id) if time.time() - int(issued_at) <= PROOF_SECONDS else None


def offer(offered: Offer) -> None:
    """Keeps in this browser what is to be proven yet."""
    session[OFFER_KEY] = sealer().seal(json.dumps(asdict(offered), separators=(",", ":")), OFFER_PLACE)


def offered() -> Offer | None:
    """What this browser was offered last, if it is not too long ago."""
    try:
        found = strict_json.read_as(Offer, sealer().open(session.get(OFFER_KEY, ""), OFFER_PLACE))
    except (Unsealable, InvalidJson):
        return None
    return found if time.time() - found.made_at <= OFFER_SECONDS else None


def _place(public_id: str, browser: str) -> str:
    return f"joining:{public_id}:{browser}:{subject()}"
