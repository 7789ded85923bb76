"""The sign-in methods that a company offers its people: its connections among them."""

from uuid import UUID

from app.connections import queries
from app.people.invitations.actions import SignInAssignment
from app.people.method_choices import ANY_METHOD, PASSWORD, Choice
from app.people.models import SignInMethod


def choices(company_id: UUID) -> list[Choice]:
    """The company's choices; a connection is included once it was activated."""
    connections = [
        Choice(str(one.id), one.title, SignInAssignment(SignInMethod.CONNECTION, one.id, one.tenant))
        for one in queries.activated(company_id)
    ]
    return [ANY_METHOD, PASSWORD, *connections]
