"""Reads of a directory's users, within its connection."""

from uuid import UUID

import sqlalchemy as sa

from app.core.database import db
from app.provisioning.scim.filters import Comparison
from app.provisioning.scim.models import ScimUser
from app.provisioning.scim.queries import Directory
from app.provisioning.scim.text import compared

INDEXED = ("userName", "externalId", "id", "emails")
ATTRIBUTES = {
    "username": "userName",
    "externalid": "externalId",
    "id": "id",
    "emails": "emails",
    "emails.value": "emails",
    'emails[type eq "work"].value': "emails",
    'emails[type eq "work"]': "emails",
    "manager": "manager",
    "manager.value": "manager",
    "active": "active",
}


def user(directory: Directory, row_id: UUID, *, lock: bool = False) -> ScimUser | None:
    query = _own(directory).where(ScimUser.id == row_id)
    return db.session.scalar(query.with_for_update() if lock else query)


def matching(directory: Directory, comparisons: list[Comparison], start: int, count: int) -> tuple[list[ScimUser], int]:
    """A page of the users that match, in the order in which they were created; and how many match."""
    where = [_condition(one) for one in comparisons]
    total = (
        db.session.scalar(
            sa.select(sa.func.count(ScimUser.id)).where(
                ScimUser.company_id == directory.company_id, ScimUser.connection_id == directory.connection_id, *where
            )
        )
        or 0
    )
    if not count or start > total:
        return [], total
    query = _own(directory).where(*where).order_by(ScimUser.id).offset(start - 1).limit(count)
    return list(db.session.scalars(query)), total


def _own(directory: Directory) -> sa.Select[ScimUser]:
    return sa.select(ScimUser).where(
        ScimUser.company_id == directory.company_id, ScimUser.connection_id == directory.connection_id
    )


def _condition(one: Comparison) -> sa.ColumnElement[bool]:
    match one.attribute:
        case "userName":
            return ScimUser.user_name_key == compared(one.value)
        case "externalId":
            return ScimUser.external_id == one.value
        case "emails":
            return ScimUser.email_key == compared(one.value)
        case "active":
            return ScimUser.is_active.is_(one.value.lower() == "true")
        case "manager":
            return ScimUser.manager_id == one.value
    try:
        return ScimUser.id == UUID(one.value)
    except ValueError:
        return sa.false()
