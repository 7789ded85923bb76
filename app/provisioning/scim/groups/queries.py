"""Reads of a directory's groups, within its connection."""

from collections.abc import Iterator
from uuid import UUID

import sqlalchemy as sa

from app.core.database import db
from app.core.keyset import pages
from app.provisioning.scim.filters import Comparison
from app.provisioning.scim.models import ScimGroup, ScimMember
from app.provisioning.scim.queries import Directory
from app.provisioning.scim.text import compared

INDEXED = ("displayName", "externalId", "id", "members.value")
ATTRIBUTES = {
    "displayname": "displayName",
    "externalid": "externalId",
    "id": "id",
    "members": "members.value",
    "members.value": "members.value",
}


def group(directory: Directory, row_id: UUID, *, lock: bool = False) -> ScimGroup | None:
    query = _own(directory).where(ScimGroup.id == row_id)
    return db.session.scalar(query.with_for_update() if lock else query)


def has_same_name(directory: Directory, name_key: str, *, except_id: UUID | None, alone: bool) -> bool:
    """Whether another group has this name. With an external id each, two differ: then only one without
    counts, unless this one has none either (`alone`).
    """
    query = sa.select(ScimGroup.id).where(
        ScimGroup.company_id == directory.company_id,
        ScimGroup.connection_id == directory.connection_id,
        ScimGroup.name_key == name_key,
        ScimGroup.id.is_distinct_from(except_id),
        sa.true() if alone else ScimGroup.external_id.is_(None),
    )
    return db.session.scalar(query.limit(1)) is not None


def matching(
    directory: Directory, comparisons: list[Comparison], start: int, count: int
) -> tuple[list[ScimGroup], int]:
    """A page of the groups that match, in the order in which they were created; and how many match."""
    where = [_condition(one) for one in comparisons]
    total = (
        db.session.scalar(
            sa.select(sa.func.count(ScimGroup.id)).where(
                ScimGroup.company_id == directory.company_id,
                ScimGroup.connection_id == directory.connection_id,
                *where,
            )
        )
        or 0
    )
    if not count or start > total:
        return [], total
    query = _own(directory).where(*where).order_by(ScimGroup.id).offset(start - 1).limit(count)
    return list(db.session.scalars(query)), total


def members(row: ScimGroup, batch: int) -> Iterator[list[UUID]]:
    """The ids of a group's members in their order, read a batch at a time; no batch is empty."""
    query = sa.select(ScimMember.user_id).where(ScimMember.company_id == row.company_id, ScimMember.group_id == row.id)
    for rows in pages(query, ScimMember.user_id, batch):
        yield [one.user_id for one in rows]


def _own(directory: Directory) -> sa.Select[ScimGroup]:
    return sa.select(ScimGroup).where(
        ScimGroup.company_id == directory.company_id, ScimGroup.connection_id == directory.connection_id
    )


def _condition(one: Comparison) -> sa.ColumnElement[bool]:
    if one.attribute == "displayName":
        return ScimGroup.name_key == compared(one.value)
    if one.attribute == "externalId":
        return ScimGroup.external_id == one.value
    try:
        row_id = UUID(one.value)
    except ValueError:
        return sa.false()
    if one.attribute == "members.value":
        return ScimGroup.id.in_(sa.select(ScimMember.group_id).where(ScimMember.user_id == row_id))
    return ScimGroup.id == row_id
