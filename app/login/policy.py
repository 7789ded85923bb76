"""Who may sign in: pure functions over plain values."""

from dataclasses import dataclass

from app.entra.id_tokens import Claims
from app.login import errors
from app.login.errors import Refusal


@dataclass(frozen=True)
class ConnectionPolicy:
    """What the connection allows."""

    create_people: bool
    allow_guests: bool


def refusal(claims: Claims, policy: ConnectionPolicy, *, known: bool, active: bool) -> Refusal | None:
    """Why this verified person is refused; None if they may sign in.

    `known`: the company has this person already. `active`: the person is not deactivated.
    """
    if known and not active:
        return errors.DEACTIVATED
    if claims.is_guest and not policy.allow_guests:
        return errors.GUEST
    if not known and not policy.create_people:
        return errors.NOT_INVITED
    return None
