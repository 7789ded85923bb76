"""Reads of mappings and of what directories said, the company first."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.applications.company_queries import is_for
from app.applications.models import (
    GONE,
    Application,
    ApplicationRole,
    AssignedBy,
    MappingKind,
    PersonRole,
    RoleMapping,
)
from app.connections.models import Connection, Draft
from app.core.database import db, read
from app.people.models import Person
from app.provisioning.roles.models import DirectorySnapshot, MappedAdmin

TITLE = sa.func.coalesce(Connection.title, Draft.title)


IS_OF_TOKENS = RoleMapping.kind != MappingKind.SCIM_GROUP
"""Whether a sign-in decides: the directory says who is in its SCIM groups by SCIM alone."""
MAPPED_KINDS = (
    sa.select(RoleMapping.kind)
    .where(
        RoleMapping.company_id == sa.bindparam("company_id"),
        RoleMapping.connection_id == sa.bindparam("connection_id"),
        IS_OF_TOKENS,
    )
    .distinct()
)
"""Made once: each sign-in asks."""


def mapped_kinds(company_id: UUID, connection_id: UUID) -> set[str]:
    """What of a connection's tokens is mapped to roles; empty if nothing is."""
    return {row.kind for row in read(MAPPED_KINDS, {"company_id": company_id, "connection_id": connection_id})}


@dataclass(frozen=True)
class MappingLine:
    """A mapping with what it maps to."""

    id: UUID
    company_id: UUID
    connection_id: UUID
    connection: str
    """The connection's title."""
    kind: str
    value: str
    name: str | None
    role_id: UUID | None
    role: str | None
    """The role's name; None: Portico's own role of an admin."""
    application_id: UUID | None
    application: str | None
    works: bool
    """Whether it gives its role: the company may assign the role, and the application is for the company."""

    @property
    def readable(self) -> str:
        return self.name or self.value

    @property
    def is_of_portico(self) -> bool:
        return self.role_id is None

    @property
    def is_gone(self) -> bool:
        """Whether it maps a SCIM group that the directory has deleted."""
        return self.value.startswith(GONE)

    @property
    def group_id(self) -> UUID | None:
        """The SCIM group that it maps; None if it maps none, or one that is gone."""
        return UUID(self.value) if self.kind == MappingKind.SCIM_GROUP and not self.is_gone else None

    @property
    def detail(self) -> dict[str, Any]:
        """What the audit log says of it."""
        return {
            "kind": self.kind,
            "name": self.readable,
            "value": self.value.removeprefix(GONE),
            "title": self.connection,
            "role_name": self.role,
            "application_name": self.application,
        }


def holders_table(line: MappingLine) -> type[PersonRole] | type[MappedAdmin]:
    """Where it is stored who has the role by this mapping."""
    return MappedAdmin if line.is_of_portico else PersonRole


def _lines(company_id: UUID) -> sa.Select[*tuple[Any, ...]]:
    works = sa.or_(
        RoleMapping.role_id.is_(None),
        sa.and_(ApplicationRole.assigned_by == AssignedBy.COMPANY, is_for(company_id)),
    )
    return (
        sa.select(
            RoleMapping.id,
            RoleMapping.company_id,
            RoleMapping.connection_id,
            TITLE.label("connection"),
            RoleMapping.kind,
            RoleMapping.value,
            RoleMapping.name,
            RoleMapping.role_id,
            ApplicationRole.name.label("role"),
            Application.id.label("application_id"),
            Application.name.label("application"),
            works.label("works"),
        )
        .select_from(RoleMapping)
        .join(Draft, Draft.id == RoleMapping.connection_id)
        .outerjoin(Connection, Connection.id == RoleMapping.connection_id)
        .outerjoin(ApplicationRole, ApplicationRole.id == RoleMapping.role_id)
        .outerjoin(Application, Application.id == ApplicationRole.application_id)
        .where(RoleMapping.company_id == company_id)
        .order_by(TITLE, RoleMapping.connection_id, RoleMapping.id)
    )


def mappings(company_id: UUID) -> list[MappingLine]:
    """By connection, the oldest first."""
    return [MappingLine(**row._mapping) for row in db.session.execute(_lines(company_id))]


def mapping(company_id: UUID, mapping_id: UUID) -> MappingLine | None:
    row = db.session.execute(_lines(company_id).where(RoleMapping.id == mapping_id)).one_or_none()
    return MappingLine(**row._mapping) if row else None


def locked_mappings(
    company_id: UUID, connection_id: UUID, *which: sa.ColumnElement[bool], waits: bool = True
) -> list[MappingLine]:
    """Those of a connection. They can't be deleted before the transaction ends.

    With `waits=False` without those that are being removed: for a caller that has locked a person, whom the removal
    may wait for. The removal takes the role from the person then.
    """
    query = _lines(company_id).where(RoleMapping.connection_id == connection_id, *which)
    rows = db.session.execute(query.with_for_update(read=True, key_share=True, of=RoleMapping, skip_locked=not waits))
    return [MappingLine(**row._mapping) for row in rows]


def held_mappings(company_id: UUID, person_id: UUID, lines: Sequence[MappingLine]) -> set[UUID]:
    """Those of the mappings by which a person has a role."""
    held: set[UUID] = set()
    for table in (PersonRole, MappedAdmin):
        ids = [line.id for line in lines if holders_table(line) is table]
        whose = (table.company_id == company_id, table.person_id == person_id)
        if ids:
            held |= {*db.session.scalars(sa.select(table.mapping_id).where(*whose, table.mapping_id.in_(ids)))}
    return held


def number_of_mappings(company_id: UUID) -> int:
    query = sa.select(sa.func.count(RoleMapping.id)).where(RoleMapping.company_id == company_id)
    return db.session.scalar(query) or 0


def same_mapping(company_id: UUID, connection_id: UUID, kind: str, value: str, role_id: UUID | None) -> UUID | None:
    return db.session.scalar(
        sa.select(RoleMapping.id).where(
            RoleMapping.company_id == company_id,
            RoleMapping.connection_id == connection_id,
            RoleMapping.kind == kind,
            RoleMapping.value == value,
            RoleMapping.role_id.is_not_distinct_from(role_id),
        )
    )


def people_by_mapping(company_id: UUID) -> dict[UUID, int]:
    """How many people each mapping gives its role."""
    found: dict[UUID, int] = {}
    for table in (PersonRole, MappedAdmin):
        rows = db.session.execute(
            sa.select(table.mapping_id, sa.func.count())
            .join(Person, Person.id == table.person_id)
            .where(table.company_id == company_id, table.mapping_id.is_not(None), Person.deleted_at.is_(None))
            .group_by(table.mapping_id)
        )
        found |= {row[0]: row[1] for row in rows if row[0]}
    return found


@dataclass(frozen=True)
class RoleChoice:
    id: UUID
    name: str
    application: str


def mappable_roles(company_id: UUID) -> list[RoleChoice]:
    """The roles that the company assigns, of all its applications."""
    rows = db.session.execute(
        sa.select(ApplicationRole.id, ApplicationRole.name, Application.name.label("application"))
        .join(Application, Application.id == ApplicationRole.application_id)
        .where(is_for(company_id), ApplicationRole.assigned_by == AssignedBy.COMPANY)
        .order_by(Application.name, Application.id, ApplicationRole.id)
    )
    return [RoleChoice(**row._mapping) for row in rows]


def snapshot(company_id: UUID, connection_id: UUID, oid: str) -> DirectorySnapshot | None:
    return db.session.scalar(
        sa.select(DirectorySnapshot).where(
            DirectorySnapshot.company_id == company_id,
            DirectorySnapshot.connection_id == connection_id,
            DirectorySnapshot.oid == oid,
        )
    )


@dataclass(frozen=True)
class Reading:
    """What a connection's directory last said about a person."""

    connection_id: UUID
    connection: str
    app_roles: list[str]
    groups: list[str]
    read_at: datetime


def readings(company_id: UUID, person_id: UUID) -> list[Reading]:
    rows = db.session.execute(
        sa.select(
            DirectorySnapshot.connection_id,
            TITLE.label("connection"),
            DirectorySnapshot.app_roles,
            DirectorySnapshot.groups,
            DirectorySnapshot.read_at,
        )
        .select_from(DirectorySnapshot)
        .join(Draft, Draft.id == DirectorySnapshot.connection_id)
        .outerjoin(Connection, Connection.id == DirectorySnapshot.connection_id)
        .where(DirectorySnapshot.company_id == company_id, DirectorySnapshot.person_id == person_id)
        .order_by(DirectorySnapshot.read_at.desc())
    )
    return [Reading(**row._mapping) for row in rows]


def with_overdue_groups(moment: datetime) -> list[UUID]:
    """The snapshots of all companies whose roles from groups were kept for long enough."""
    return list(
        db.session.scalars(sa.select(DirectorySnapshot.id).where(DirectorySnapshot.groups_kept_until <= moment))
    )


@dataclass(frozen=True)
class AdminReason:
    """Why a person is an admin of Portico, though no one made them one by hand."""

    since: datetime
    kind: str
    source: str
    connection: str


def admin_reasons(company_id: UUID, person_id: UUID) -> list[AdminReason]:
    rows = db.session.execute(
        sa.select(
            MappedAdmin.created_at.label("since"),
            RoleMapping.kind,
            sa.func.coalesce(RoleMapping.name, RoleMapping.value).label("source"),
            TITLE.label("connection"),
        )
        .select_from(MappedAdmin)
        .join(RoleMapping, RoleMapping.id == MappedAdmin.mapping_id)
        .join(Draft, Draft.id == RoleMapping.connection_id)
        .outerjoin(Connection, Connection.id == RoleMapping.connection_id)
        .where(MappedAdmin.company_id == company_id, MappedAdmin.person_id == person_id)
        .order_by(MappedAdmin.id)
    )
    return [AdminReason(**row._mapping) for row in rows]
