"""Reads of who has which role and why, the company first."""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import aliased

from app.applications.models import Application, ApplicationRole, PersonRole, RoleMapping
from app.connections.models import Connection, Draft
from app.core.database import db
from app.people.models import Person
from app.people.people_list import queries as people_list
from app.people.people_list.filters import PeopleFilter
from app.people.people_list.queries import PersonRow

MOST_SHOWN = 100
MOST_FOUND = 8


@dataclass(frozen=True)
class Reason:
    """Why a person has a role."""

    since: datetime
    kind: str | None
    """What of a directory gives it, a `MappingKind`; None: it was set by hand."""
    source: str | None
    """The group or app role, readable."""
    connection: str | None
    """The title of the connection whose directory it is."""
    assigned_by: str | None
    """The name of the person who set it by hand; None: the operator."""

    @property
    def is_by_hand(self) -> bool:
        return self.kind is None


ASSIGNER = aliased(Person)
REASONS: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        PersonRole.person_id,
        PersonRole.role_id,
        PersonRole.created_at.label("since"),
        RoleMapping.kind,
        sa.func.coalesce(RoleMapping.name, RoleMapping.value).label("source"),
        sa.func.coalesce(Connection.title, Draft.title).label("connection"),
        ASSIGNER.name.label("assigned_by"),
    )
    .select_from(PersonRole)
    .outerjoin(RoleMapping, RoleMapping.id == PersonRole.mapping_id)
    .outerjoin(Draft, Draft.id == RoleMapping.connection_id)
    .outerjoin(Connection, Connection.id == RoleMapping.connection_id)
    .outerjoin(ASSIGNER, ASSIGNER.id == PersonRole.assigned_by_id)
    .order_by(PersonRole.mapping_id.is_not(None), PersonRole.id)
)
"""By hand first, then in the order in which they came."""


def _reason(row: Any) -> Reason:
    return Reason(row.since, row.kind, row.source, row.connection, row.assigned_by)


@dataclass(frozen=True)
class RoleHolder:
    id: UUID
    name: str
    email: str | None
    avatar_hash: str | None
    reasons: tuple[Reason, ...]

    @property
    def is_by_hand(self) -> bool:
        return any(reason.is_by_hand for reason in self.reasons)


def holders(company_id: UUID, role_id: UUID) -> list[RoleHolder]:
    """The company's people who have a role, by name; at most `MOST_SHOWN`."""
    rows = db.session.execute(
        sa.select(Person.id, Person.name, Person.email, Person.avatar_hash)
        .where(
            Person.company_id == company_id,
            Person.deleted_at.is_(None),
            Person.id.in_(sa.select(PersonRole.person_id).where(PersonRole.role_id == role_id)),
        )
        .order_by(Person.sort_name, Person.id)
        .limit(MOST_SHOWN)
    ).all()
    reasons = defaultdict(list)
    if rows:
        theirs = PersonRole.person_id.in_([row.id for row in rows])
        of_role = REASONS.where(PersonRole.company_id == company_id, PersonRole.role_id == role_id, theirs)
        for one in db.session.execute(of_role):
            reasons[one.person_id].append(_reason(one))
    return [RoleHolder(**row._mapping, reasons=tuple(reasons[row.id])) for row in rows]


def number_of_holders(company_id: UUID, role_id: UUID) -> int:
    query = (
        sa.select(sa.func.count(sa.distinct(PersonRole.person_id)))
        .join(Person, Person.id == PersonRole.person_id)
        .where(PersonRole.company_id == company_id, PersonRole.role_id == role_id, Person.deleted_at.is_(None))
    )
    return db.session.scalar(query) or 0


def number_of_all_holders(role_id: UUID) -> int:
    """The number of people of all companies who have a role."""
    people = sa.select(sa.func.count(sa.distinct(PersonRole.person_id))).where(PersonRole.role_id == role_id)
    return db.session.scalar(people) or 0


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


def set_by_hand(company_id: UUID, person_id: UUID, application_id: UUID) -> list[str]:
    """The values of the person's roles in an application that were set by hand, sorted."""
    return list(
        db.session.scalars(
            sa.select(ApplicationRole.value)
            .join(PersonRole, PersonRole.role_id == ApplicationRole.id)
            .where(
                PersonRole.company_id == company_id,
                PersonRole.person_id == person_id,
                PersonRole.mapping_id.is_(None),
                ApplicationRole.application_id == application_id,
            )
            .order_by(ApplicationRole.value)
        )
    )


@dataclass(frozen=True)
class HeldRole:
    id: UUID
    application_id: UUID
    application: str
    name: str
    reasons: tuple[Reason, ...]


def held_by(company_id: UUID, person_id: UUID) -> list[HeldRole]:
    """A person's roles in all applications with the reasons for each, by the application's name."""
    held = REASONS.where(PersonRole.company_id == company_id, PersonRole.person_id == person_id)
    reasons = defaultdict(list)
    for one in db.session.execute(held):
        reasons[one.role_id].append(_reason(one))
    rows = db.session.execute(
        sa.select(
            ApplicationRole.id,
            Application.id.label("application_id"),
            Application.name.label("application"),
            ApplicationRole.name,
        )
        .join(Application, Application.id == ApplicationRole.application_id)
        .where(ApplicationRole.id.in_(reasons))
        .order_by(Application.name, ApplicationRole.id)
    )
    return [HeldRole(**row._mapping, reasons=tuple(reasons[row.id])) for row in rows]
