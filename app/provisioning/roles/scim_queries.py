"""Reads of the groups that directories send by SCIM, as far as roles depend on them."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from app.applications.models import GONE, MappingKind, PersonRole, RoleMapping
from app.connections.models import Connection, Draft
from app.core.database import db, one_of
from app.core.keyset import pages
from app.provisioning.roles.holders import BATCH
from app.provisioning.roles.models import MappedAdmin
from app.provisioning.roles.queries import TITLE, MappingLine, holders_table
from app.provisioning.scim.models import ScimGroup, ScimMember, ScimUser

MOST_OFFERED = 1000


@dataclass(frozen=True)
class OfferedGroup:
    id: UUID
    connection_id: UUID
    connection: str
    """The connection's title."""
    name: str


def offered_groups(company_id: UUID) -> list[OfferedGroup]:
    """The groups of all connections that can be mapped, by connection and name; at most `MOST_OFFERED`."""
    rows = db.session.execute(
        sa.select(
            ScimGroup.id,
            ScimGroup.connection_id,
            Connection.title.label("connection"),
            ScimGroup.display_name.label("name"),
        )
        .join(Connection, Connection.id == ScimGroup.connection_id)
        .where(ScimGroup.company_id == company_id)
        .order_by(Connection.title, ScimGroup.connection_id, ScimGroup.name_key, ScimGroup.id)
        .limit(MOST_OFFERED)
    )
    return [OfferedGroup(**row._mapping) for row in rows]


def number_of_scim_mappings(company_id: UUID, connection_id: UUID) -> int:
    """The number of mappings of the connection's SCIM groups, without those that are gone."""
    query = sa.select(sa.func.count(RoleMapping.id)).where(
        RoleMapping.company_id == company_id,
        RoleMapping.connection_id == connection_id,
        RoleMapping.kind == MappingKind.SCIM_GROUP,
        ~RoleMapping.value.startswith(GONE),
    )
    return db.session.scalar(query) or 0


def locked_group(company_id: UUID, connection_id: UUID, group_id: UUID) -> ScimGroup | None:
    """Its members and its mappings change in turn, as each change locks it."""
    return db.session.scalar(
        sa.select(ScimGroup)
        .where(ScimGroup.company_id == company_id, ScimGroup.connection_id == connection_id, ScimGroup.id == group_id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def people_of_users(company_id: UUID, user_ids: Sequence[UUID]) -> list[UUID]:
    """The people who these users of a directory are."""
    query = sa.select(ScimUser.person_id).where(
        ScimUser.company_id == company_id, one_of(ScimUser.id, user_ids), ScimUser.person_id.is_not(None)
    )
    return [one for one in db.session.scalars(query.distinct()) if one]


def members_among(company_id: UUID, group_id: UUID, person_ids: Collection[UUID]) -> set[UUID]:
    """Those of the people who are in the group, by a user who is active."""
    query = (
        sa.select(ScimUser.person_id)
        .join(ScimMember, ScimMember.user_id == ScimUser.id)
        .where(ScimMember.group_id == group_id, ScimUser.company_id == company_id)
        .where(ScimUser.is_active, one_of(ScimUser.person_id, person_ids))
    )
    return {one for one in db.session.scalars(query) if one}


def pages_of_members(company_id: UUID, group_id: UUID) -> Iterator[list[UUID]]:
    """All people of the group, in batches. Their users stay as active as they are until the transaction ends."""
    query = (
        sa.select(ScimMember.user_id, ScimUser.person_id, ScimUser.is_active)
        .join(ScimUser, ScimUser.id == ScimMember.user_id)
        .where(ScimMember.company_id == company_id, ScimMember.group_id == group_id)
        .with_for_update(read=True, of=ScimUser)
    )
    for rows in pages(query, ScimMember.user_id, BATCH, locks=True):
        yield list(dict.fromkeys(row.person_id for row in rows if row.person_id and row.is_active))


def pages_of_held(line: MappingLine) -> Iterator[list[UUID]]:
    """Everyone who has the role by this mapping, in batches."""
    table = holders_table(line)
    query = sa.select(table.person_id).where(table.company_id == line.company_id, table.mapping_id == line.id)
    for rows in pages(query, table.person_id, BATCH):
        yield [row.person_id for row in rows]


def held_among(line: MappingLine, person_ids: Collection[UUID]) -> set[UUID]:
    """Those of the people who have the role by this mapping."""
    table = holders_table(line)
    query = sa.select(table.person_id).where(
        table.company_id == line.company_id, table.mapping_id == line.id, one_of(table.person_id, person_ids)
    )
    return set(db.session.scalars(query))


def mappings_about(company_id: UUID, connection_id: UUID, person_id: UUID) -> sa.ColumnElement[bool]:
    """The mappings of SCIM groups that the person is in, or has a role by."""
    groups = groups_of_person(company_id, person_id, connection_id)
    held = (
        sa.select(table.mapping_id).where(table.company_id == company_id, table.person_id == person_id)
        for table in (PersonRole, MappedAdmin)
    )
    return sa.and_(
        RoleMapping.kind == MappingKind.SCIM_GROUP,
        sa.or_(RoleMapping.value.in_([str(one) for one in groups]), *(RoleMapping.id.in_(mapped) for mapped in held)),
    )


def groups_of_person(company_id: UUID, person_id: UUID, connection_id: UUID) -> list[UUID]:
    """The ids of the groups that the person is in, by a user who is active."""
    return list(
        db.session.scalars(
            sa.select(ScimMember.group_id)
            .join(ScimUser, ScimUser.id == ScimMember.user_id)
            .where(
                ScimUser.company_id == company_id,
                ScimUser.connection_id == connection_id,
                ScimUser.person_id == person_id,
                ScimUser.is_active,
            )
            .distinct()
        )
    )


def connections_of_person(company_id: UUID, person_id: UUID) -> list[UUID]:
    """The connections whose directory sends the person."""
    query = sa.select(ScimUser.connection_id).where(ScimUser.company_id == company_id, ScimUser.person_id == person_id)
    return list(db.session.scalars(query.distinct()))


@dataclass(frozen=True)
class ScimReading:
    """What a connection's directory says by SCIM about a person."""

    connection_id: UUID
    connection: str
    groups: frozenset[str]
    """The ids of the groups that they are in, as mappings have them."""


def readings(company_id: UUID, person_id: UUID) -> list[ScimReading]:
    """One for each connection whose directory sends the person."""
    rows = db.session.execute(
        sa.select(ScimUser.connection_id, TITLE.label("connection"))
        .join(Draft, Draft.id == ScimUser.connection_id)
        .outerjoin(Connection, Connection.id == ScimUser.connection_id)
        .where(ScimUser.company_id == company_id, ScimUser.person_id == person_id)
        .distinct()
    ).all()
    return [
        ScimReading(one, title, frozenset(str(group) for group in groups_of_person(company_id, person_id, one)))
        for one, title in rows
    ]
