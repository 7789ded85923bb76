"""Reads of who has moved to Microsoft and who has not. They take the company first."""

from uuid import UUID

import sqlalchemy as sa

from app.core.database import db
from app.people.models import Person
from app.people.queries import WAS_INVITED


def to_remind(company_id: UUID) -> list[Person]:
    """Active people with an account that has no Microsoft identity yet, and who know of it: they were invited."""
    return list(db.session.scalars(sa.select(Person).where(_without_microsoft(company_id), WAS_INVITED)))


def numbers_to_remind(company_id: UUID) -> tuple[int, int]:
    """The number of people to remind; and of those who are not, because they were never invited."""
    row = db.session.execute(
        sa.select(sa.func.count(Person.id).filter(WAS_INVITED), sa.func.count(Person.id).filter(~WAS_INVITED)).where(
            _without_microsoft(company_id)
        )
    ).one()
    return row[0], row[1]


def number_migrated(company_id: UUID) -> tuple[int, int]:
    """The number of active people with a Microsoft identity, and of all active people."""
    row = db.session.execute(
        sa.select(sa.func.count(Person.tid), sa.func.count(Person.id)).where(
            Person.company_id == company_id, Person.is_active
        )
    ).one()
    return row[0], row[1]


def _without_microsoft(company_id: UUID) -> sa.ColumnElement[bool]:
    return sa.and_(
        Person.company_id == company_id, Person.is_active, Person.tid.is_(None), Person.sign_in_email.is_not(None)
    )
