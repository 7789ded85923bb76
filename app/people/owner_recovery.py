"""Owners whom a directory has deactivated, for the operator's command. It imports little, so that it starts quickly."""

from uuid import UUID

import sqlalchemy as sa

from app.audit.events.people import PersonReactivated
from app.audit.log import record
from app.core.database import db
from app.core.email_address import normalize_email
from app.people import queries
from app.people.models import Person, Role


def recover(owner: Person) -> None:
    """Gives access again to an owner whom a directory has deactivated, on the word of the operator."""
    owner.inactive_by_connection_id = None
    owner.update_active()
    db.session.flush()
    record(PersonReactivated(company_id=owner.company_id, subject_id=owner.id))


def deactivated_owners(company_id: UUID, email: str) -> list[Person]:
    """The owners with this address whom directories have deactivated, if the company has no other owner left."""
    if queries.number_of_owners(company_id):
        return []
    return list(
        db.session.scalars(
            sa.select(Person).where(
                Person.company_id == company_id,
                Person.role == Role.OWNER,
                sa.or_(Person.email == normalize_email(email), Person.sign_in_email == normalize_email(email)),
                Person.inactive_by_connection_id.is_not(None),
                sa.not_(Person.is_inactive_by_admin),
                Person.deleted_at.is_(None),
            )
        )
    )
