"""The sign-in methods that a company's admins can choose from."""

from dataclasses import dataclass
from uuid import UUID

from app.connections import queries as connections
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.people.invitations.actions import SignInAssignment
from app.people.models import SignInMethod

ANY_METHOD = N_("Any method")
PASSWORD = N_("Password only")


@dataclass(frozen=True)
class Choice:
    """A sign-in method as a form offers it."""

    value: str
    """`any`, `password`, or the id of a connection."""
    words: str
    assignment: SignInAssignment


def choices(company_id: UUID) -> list[Choice]:
    """The company's choices; a connection is included once it was activated."""
    return [
        Choice(SignInMethod.ANY, _(ANY_METHOD), SignInAssignment(SignInMethod.ANY)),
        Choice(SignInMethod.PASSWORD, _(PASSWORD), SignInAssignment(SignInMethod.PASSWORD)),
        *(
            Choice(str(one.id), one.title, SignInAssignment(SignInMethod.CONNECTION, one.id, one.tenant))
            for one in connections.live(company_id)
        ),
    ]


def title(offered: list[Choice], method: str, connection_id: UUID | None) -> str:
    """A readable title of a person's sign-in method."""
    value = str(connection_id) if method == SignInMethod.CONNECTION else method
    return next((choice.words for choice in offered if choice.value == value), _("Deleted connection"))
