"""A verified Microsoft identity that is new at the company, where an account without an identity has its address.

It waits, encrypted in this browser's cookie, while the person is asked whether the account is theirs.
"""

from dataclasses import asdict, dataclass, replace
from typing import Any
from uuid import UUID

from flask import session

from app.connections.connection_config import ConnectionConfig
from app.core.sealed_state import SealedState
from app.entra.id_tokens import Claims
from app.login.microsoft.identity import VerifiedIdentity
from app.login.transaction import LoginTransaction, Purpose

KEY = "pending_link"
LIFE_SECONDS = 1800


@dataclass(frozen=True)
class PendingLink:
    company_id: str
    connection_id: str
    person_id: str
    """The account that may be the same person's."""
    state: str
    """That of the transaction it comes from, so that the sign-in is used once."""
    next: str
    code: str
    """The login code the sign-in began at."""
    claims: dict[str, Any]
    remember: bool = False

    @property
    def identity(self) -> VerifiedIdentity:
        """The access token is not kept: the profile is read at the next sign-in."""
        lists = {name: tuple(value) for name, value in self.claims.items() if isinstance(value, list)}
        return VerifiedIdentity(Claims(**{**self.claims, **lists}), None)

    @property
    def transaction(self) -> LoginTransaction:
        return LoginTransaction(Purpose.SIGN_IN, self.state, code=self.code, next=self.next, remember=self.remember)


PENDING_LINK = SealedState("pending_link", PendingLink, lifetime=LIFE_SECONDS)


def keep(
    connection: ConnectionConfig, identity: VerifiedIdentity, transaction: LoginTransaction, account_id: UUID
) -> None:
    """Keeps the pending link in this browser's cookie."""
    pending = PendingLink(
        company_id=str(connection.company_id),
        connection_id=str(connection.id),
        person_id=str(account_id),
        state=transaction.state,
        next=transaction.next,
        code=transaction.code,
        remember=transaction.remember,
        # Memberships may be too many for a cookie, and are kept elsewhere.
        claims=asdict(replace(identity.claims, roles=(), groups=(), has_more_groups=False)),
    )
    session[KEY] = PENDING_LINK.encrypt(pending, "")


def find() -> PendingLink | None:
    """The pending link of this browser, if it has not expired."""
    return PENDING_LINK.find(session.get(KEY), "")


def find_expired() -> PendingLink | None:
    """The same if it has expired: tells where to start again."""
    return PENDING_LINK.find_expired(session.get(KEY), "")
