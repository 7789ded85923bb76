"""Which sign-in methods a person may use, from their own method and the company's password policy. Pure functions."""

from uuid import UUID

from app.companies.models import PasswordSignIn
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.people.models import SignInMethod

POLICIES = {
    PasswordSignIn.EVERYONE: N_("Anyone with a password can use it."),
    PasswordSignIn.ASSIGNED: N_("Only people whose sign-in method is “Password only” can use one."),
    PasswordSignIn.NO_ONE: N_("Microsoft only. People go straight to Microsoft."),
}
"""A company's password policies, as admins read them."""


def can_use_password(method: str, policy: str) -> bool:
    if policy == PasswordSignIn.NO_ONE:
        return False
    return policy == PasswordSignIn.EVERYONE or method == SignInMethod.PASSWORD


def can_use_connection(method: str, assigned: UUID | None, connection_id: UUID, policy: str) -> bool:
    """Whether the person may sign in through this connection.

    If passwords are disabled, an assigned password doesn't keep the person from using Microsoft.
    """
    if method == SignInMethod.CONNECTION:
        return assigned == connection_id
    return method == SignInMethod.ANY or policy == PasswordSignIn.NO_ONE


def describe(method: str, policy: str, connection_title: str | None) -> str:
    """The person's options on the login page, as an admin reads them."""
    password = can_use_password(method, policy)
    if method == SignInMethod.CONNECTION:
        title = connection_title or _("a deleted connection")
        if password:
            return _(
                "Can only use “%(title)s”. Passwords also work because your company allows them for everyone.",
                title=title,
            )
        return _("Can only use “%(title)s”.", title=title)
    if method == SignInMethod.PASSWORD:
        if password:
            return _("Signs in with a password only.")
        return _("Set to password, but passwords are off. Any Microsoft connection works.")
    if password:
        return _("Can use any Microsoft connection, or their password.")
    return _("Can use any Microsoft connection.")
