"""The proof that a Microsoft identity and an account of the company belong to the same person.

It is an invitation's link, the account's password, a key emailed to the account's address, or a signed-in session. A
matching email address is no proof: the administrator of a directory can enter any address.
"""

from dataclasses import asdict, dataclass
from typing import Any
from uuid import UUID

from app.core.sealed_state import SealedState
from app.http.binding import browser_id, known_browser_id
from app.http.session_cookies import active_public_id
from app.login.transaction import LoginTransaction

LIFE_SECONDS = 3600
"""Seconds for which the buttons of a page can link an identity to an account."""


@dataclass(frozen=True)
class LinkProof:
    """The account an identity may be linked to. Proof from an invitation is valid as long as that link works."""

    person_id: str
    invitation: str | None = None
    """The hash of the invitation's key."""

    @property
    def account_id(self) -> UUID:
        return UUID(self.person_id)


PROOF = SealedState("link_proof", LinkProof, lifetime=LIFE_SECONDS)


def issue(proof: LinkProof, public_id: str) -> str:
    """The proof that a page's buttons carry. It is bound to this browser, the connection and the active session, if
    any, so it is worthless to the next person who uses a page left open.
    """
    return PROOF.encrypt(proof, f"{public_id}:{browser_id()}:{active_public_id()}")


def presented(encrypted: str | None, public_id: str) -> LinkProof | None:
    """The proof that came with a button; None if there is none or it has expired."""
    return PROOF.find(encrypted, f"{public_id}:{known_browser_id()}:{active_public_id()}")


def context(proof: LinkProof | None) -> dict[str, Any]:
    """The proof as a part of a transaction's context."""
    return {"proof": asdict(proof)} if proof else {}


def of(transaction: LoginTransaction) -> LinkProof | None:
    """The proof that a transaction carries; None if it carries none, or if another session is active by now."""
    found = transaction.context.get("proof")
    return LinkProof(**found) if found and transaction.session == active_public_id() else None
