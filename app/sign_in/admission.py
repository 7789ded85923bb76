"""Who is let in: plain rules over plain values."""

from dataclasses import dataclass

from app.microsoft.tokens import Claims
from app.sign_in import refusals
from app.sign_in.refusals import Refusal


@dataclass(frozen=True)
class Policy:
    """What the connection allows."""

    create_people: bool
    allow_guests: bool


def refusal(claims: Claims, policy: Policy, *, known: bool, active: bool) -> Refusal | None:
    """Why this verified person is not let in; None when they are.

    `known` says whether the company has this person already, `active` whether they are not deactivated.
    """
    if known and not active:
        return refusals.DEACTIVATED
    if claims.is_guest and not policy.allow_guests:
        return refusals.GUEST
    if not known and not policy.create_people:
        return refusals.NOT_INVITED
    return None
