"""The sign-in methods that a company's admins can choose from, as forms offer them."""

from dataclasses import dataclass
from uuid import UUID

from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.people.invitations.actions import SignInAssignment
from app.people.models import SignInMethod


@dataclass(frozen=True)
class Choice:
    """A sign-in method as a form offers it."""

    value: str
    """`any`, `password`, or the id of a connection."""
    words: str
    assignment: SignInAssignment


ANY_METHOD = Choice(SignInMethod.ANY, N_("Any method"), SignInAssignment(SignInMethod.ANY))
PASSWORD = Choice(SignInMethod.PASSWORD, N_("Password only"), SignInAssignment(SignInMethod.PASSWORD))


def title(offered: list[Choice], method: str, connection_id: UUID | None) -> str:
    """A readable title of a person's sign-in method."""
    value = str(connection_id) if method == SignInMethod.CONNECTION else method
    return next((_(choice.words) for choice in offered if choice.value == value), _("Deleted connection"))
