"""The sign-in methods that a company's admins can choose from."""

from dataclasses import dataclass
from uuid import UUID

from app.connections import queries as connections
from app.membership.actions import Assignment
from app.people.models import Method

ANY_WAY = "Any way"
PASSWORD = "Password"  # noqa: S105 - the name of a method


@dataclass(frozen=True)
class Choice:
    """A method as a form offers it."""

    value: str
    """`any`, `password`, or a connection's id."""
    words: str
    assignment: Assignment


def choices(company_id: UUID) -> list[Choice]:
    """The company's own; a connection is one once it went live."""
    return [
        Choice(Method.ANY, ANY_WAY, Assignment(Method.ANY)),
        Choice(Method.PASSWORD, PASSWORD, Assignment(Method.PASSWORD)),
        *(
            Choice(str(one.id), one.title, Assignment(Method.CONNECTION, one.id, one.tenant))
            for one in connections.live(company_id)
        ),
    ]


def chosen(company_id: UUID, value: str) -> Assignment | None:
    """None for what is not the company's to choose."""
    return next((choice.assignment for choice in choices(company_id) if choice.value == value), None)


def title(offered: list[Choice], method: str, connection_id: UUID | None) -> str:
    """A person's method as people call it."""
    value = str(connection_id) if method == Method.CONNECTION else method
    return next((choice.words for choice in offered if choice.value == value), "A connection that is gone")
