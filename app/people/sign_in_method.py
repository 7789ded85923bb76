"""Which sign-in methods a person may use, from their own method and the company's password policy. Pure functions."""

from uuid import UUID

from app.companies.models import PasswordSignIn
from app.people.models import SignInMethod

POLICIES = {
    PasswordSignIn.EVERYONE: "Whoever has a password may use it, beside Microsoft.",
    PasswordSignIn.ASSIGNED: "Only people whose sign-in method is Password may use one.",
    PasswordSignIn.NOBODY: "Everybody signs in with Microsoft; the login page goes straight there.",
}
"""A company's password policies, as admins read them."""


def can_use_password(method: str, policy: str) -> bool:
    if policy == PasswordSignIn.NOBODY:
        return False
    return policy == PasswordSignIn.EVERYONE or method == SignInMethod.PASSWORD


def can_use_connection(method: str, assigned: UUID | None, connection_id: UUID, policy: str) -> bool:
    """Whether the person may sign in through this connection.

    If passwords are disabled, an assigned password doesn't keep the person from using Microsoft.
    """
    if method == SignInMethod.CONNECTION:
        return assigned == connection_id
    return method == SignInMethod.ANY or policy == PasswordSignIn.NOBODY


def describe(method: str, policy: str, connection_title: str | None) -> str:
    """The person's options on the login page, as an admin reads them."""
    password = can_use_password(method, policy)
    if method == SignInMethod.CONNECTION:
        beside = " A password works beside it, because the company lets everyone use theirs." if password else ""
        return f"Signs in through “{connection_title or 'a connection that is gone'}”, and no other connection.{beside}"
    if method == SignInMethod.PASSWORD:
        if password:
            return "Signs in with a password; Microsoft’s buttons let this person in no more."
        return "Is to use a password, but the company closed passwords: any Microsoft connection lets this person in."
    return "Signs in through any connection" + (", or with a password where there is one." if password else ".")
