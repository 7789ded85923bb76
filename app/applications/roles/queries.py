"""Reads of who has which role, the company first."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from app.applications.models import Application, ApplicationRole, PersonRole
from app.core.database import db
from app.people.models import Person
from app.people.people_list import queries as people_list
from app.people.people_list.filters import PeopleFilter
from app.people.people_list.queries import PersonRow

MOST_SHOWN = 100
MOST_FOUND = 8


@dataclass(frozen=True)
class RoleHolder:
    id: UUID
    name: str
    email: str | None
    avatar_hash: str | None


def holders(company_id: UUID, role_id: UUID) -> list[RoleHolder]:
    """The company's people who have a role, by name; at most `MOST_SHOWN`."""
    rows = db.session.execute(
        sa.select(Person.id, Person.name, Person.email, Person.avatar_hash)
        .join(PersonRole, PersonRole.person_id == Person.id)
        .where(PersonRole.company_id == company_id, PersonRole.role_id == role_id, Person.deleted_at.is_(None))
        .order_by(Person.sort_name, Person.id)
        .limit(MOST_SHOWN)
    )
    return [RoleHolder(**row._mapping) for row in rows]


def number_of_holders(company_id: UUID, role_id: UUID) -> int:
    query = (
        sa.select(sa.func.count(PersonRole.id))
        .join(Person, Person.id == PersonRole.person_id)
        .where(PersonRole.company_id == company_id, PersonRole.role_id == role_id, Person.deleted_at.is_(None))
    )
    return db.session.scalar(query) or 0


def number_of_all_holders(role_id: UUID) -> int:
    """The number of people of all companies who have a role."""
    return db.session.scalar(sa.select(sa.func.count(PersonRole.id)).where(PersonRole.role_id == role_id)) or 0


def candidates(company_id: UUID, search: str) -> list[PersonRow]:
    """The first of the company's people whose name or address contains the text."""
    return people_list.page(company_id, PeopleFilter(search=search)).people[:MOST_FOUND]


def with_role(company_id: UUID, role_id: UUID, person_ids: Collection[UUID]) -> set[UUID]:
    """Those of the people who have a role."""
    return set(
        db.session.scalars(
            sa.select(PersonRole.person_id).where(
                PersonRole.company_id == company_id,
                PersonRole.role_id == role_id,
                PersonRole.person_id.in_(person_ids),
            )
        )
    )


@dataclass(frozen=True)
class HeldRole:
    application_id: UUID
    application: str
    name: str


def held_by(company_id: UUID, person_id: UUID) -> list[HeldRole]:
    """A person's roles in all applications, by the application's name."""
    rows = db.session.execute(
        sa.select(Application.id.label("application_id"), Application.name.label("application"), ApplicationRole.name)
        .select_from(PersonRole)
        .join(ApplicationRole, ApplicationRole.id == PersonRole.role_id)
        .join(Application, Application.id == ApplicationRole.application_id)
        .where(PersonRole.company_id == company_id, PersonRole.person_id == person_id)
        .order_by(Application.name, ApplicationRole.id)
    )
    return [HeldRole(**row._mapping) for row in rows]
