"""Writes for a directory's groups. They flush and record audit entries; the caller's unit of work commits.

Members are changed by statements over a few hundred ids each: nothing loads the members that a group has.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.provisioning import (
    DirectoryGroupCreated,
    DirectoryGroupDeleted,
    DirectoryGroupRenamed,
    DirectoryMembersChanged,
)
from app.audit.log import record
from app.core.batches import in_batches
from app.core.database import db, dialect_insert, now, one_of
from app.core.text import gettext_noop as N_
from app.core.text import sanitize
from app.provisioning.roles import scim_groups as mapped_roles
from app.provisioning.scim import request_log
from app.provisioning.scim.errors import INVALID_VALUE, UNIQUENESS, ScimError
from app.provisioning.scim.groups import queries
from app.provisioning.scim.groups.changes import UNKNOWN_MEMBER, Act, Change, MembersChange
from app.provisioning.scim.models import ScimGroup, ScimMember, ScimUser
from app.provisioning.scim.queries import Directory
from app.provisioning.scim.request_log import What
from app.provisioning.scim.text import compared

BATCH = 500
LONGEST_KEY = 500
TAKEN = N_("Another group of this connection has this displayName or externalId.")


def create(
    directory: Directory, display_name: str, external_id: str | None, members: tuple[UUID, ...] | None
) -> ScimGroup:
    """Raises ScimError if its name or externalId is taken, also by a request at the same time."""
    request_log.about(display_name)
    row = ScimGroup(
        company_id=directory.company_id,
        connection_id=directory.connection_id,
        display_name=display_name,
        name_key=compared(display_name),
        external_id=external_id or None,
        changed_at=now(),
    )
    _check(directory, row)
    _flush(row)
    mapped_roles.created(row)
    record(DirectoryGroupCreated(company_id=directory.company_id, directory=directory.title, name=_shown(display_name)))
    request_log.record_change(directory, What.GROUP_ADDED, display_name, 201)
    if members:
        change(directory, row, [MembersChange(Act.ADD, members)])
    return row


def change(directory: Directory, row: ScimGroup, changes: Sequence[Change]) -> None:
    """Raises ScimError."""
    former, added, removed = (row.display_name, row.external_id), 0, 0
    for one in changes:
        if isinstance(one, MembersChange):
            plus, minus = _change_members(directory, row, one)
            added, removed = added + plus, removed + minus
        else:
            setattr(row, one.attribute, one.value)
    is_renamed = former != (row.display_name, row.external_id)
    if not is_renamed and not added and not removed:
        return
    row.name_key = compared(row.display_name)
    row.version, row.changed_at = row.version + 1, now()
    if is_renamed:
        _check(directory, row)
    _flush(row)
    name = _shown(row.display_name)
    about: dict[str, Any] = {"company_id": directory.company_id, "directory": directory.title, "name": name}
    if former[0] != row.display_name:
        mapped_roles.renamed(row)
        record(DirectoryGroupRenamed(**about, former=_shown(former[0])))
    if added or removed:
        record(DirectoryMembersChanged(**about, added=added, removed=removed))
    counts = {"added": added, "removed": removed} if added or removed else {}
    request_log.record_change(directory, What.GROUP_CHANGED, row.display_name, **counts)


def delete(directory: Directory, row: ScimGroup) -> None:
    db.session.execute(
        sa.delete(ScimMember).where(ScimMember.company_id == directory.company_id, ScimMember.group_id == row.id)
    )
    mapped_roles.deleted(row)
    db.session.delete(row)
    db.session.flush()
    record(
        DirectoryGroupDeleted(company_id=directory.company_id, directory=directory.title, name=_shown(row.display_name))
    )
    request_log.record_change(directory, What.GROUP_DELETED, row.display_name, 204)


def _change_members(directory: Directory, row: ScimGroup, one: MembersChange) -> tuple[int, int]:
    """How many were added and removed. People get and lose the roles of the group with it."""
    if one.act is Act.REMOVE:
        removed = sum(_remove(row, one_of(ScimMember.user_id, ids)) for ids in in_batches(one.ids, BATCH))
        if removed:
            mapped_roles.members_changed(row, one.ids)
        return 0, removed
    ordered = sorted(one.ids)
    removed = _remove_others(row, ordered) if one.act is Act.REPLACE else 0
    added = sum(_add(directory, row, ids) for ids in in_batches(ordered, BATCH))
    if removed:
        mapped_roles.members_replaced(row, ordered)
    elif added:
        mapped_roles.members_changed(row, ordered)
    return added, removed


def _remove_others(row: ScimGroup, ordered: Sequence[UUID]) -> int:
    """Removes who is between these ids in their order, and behind them."""
    removed = 0
    behind: sa.ColumnElement[bool] = sa.true()
    for ids in in_batches(ordered, BATCH):
        removed += _remove(row, behind, ScimMember.user_id <= ids[-1], ~one_of(ScimMember.user_id, ids))
        behind = ScimMember.user_id > ids[-1]
    return removed + _remove(row, behind)


def _add(directory: Directory, row: ScimGroup, ids: Sequence[UUID]) -> int:
    """Those who are members already stay so. Raises ScimError if one is no user of the connection."""
    users = sa.select(sa.literal(row.id, sa.Uuid), ScimUser.id, ScimUser.company_id).where(
        ScimUser.company_id == directory.company_id,
        ScimUser.connection_id == directory.connection_id,
        one_of(ScimUser.id, ids),
    )
    known = set(db.session.scalars(users.with_only_columns(ScimUser.id)))
    if unknown := next((one for one in ids if one not in known), None):
        raise ScimError(400, UNKNOWN_MEMBER, INVALID_VALUE, id=str(unknown))
    # Counted by what is returned: PostgreSQL's row count of this statement isn't known here.
    added = db.session.scalars(
        dialect_insert(ScimMember.__table__)
        .from_select(["group_id", "user_id", "company_id"], users)
        .on_conflict_do_nothing()
        .returning(ScimMember.user_id)
    )
    return len(added.all())


def _remove(row: ScimGroup, *which: sa.ColumnElement[bool]) -> int:
    removed = db.session.execute(
        sa.delete(ScimMember)
        .where(ScimMember.company_id == row.company_id, ScimMember.group_id == row.id, *which)
        .execution_options(synchronize_session=False)
    )
    return int(removed.rowcount)  # type: ignore[attr-defined]


def _check(directory: Directory, row: ScimGroup) -> None:
    """Raises ScimError if another group has the same name, or its name is too long."""
    if len(row.display_name) > LONGEST_KEY or len(row.external_id or "") > LONGEST_KEY:
        raise ScimError(400, N_("displayName or externalId is too long."), INVALID_VALUE)
    with db.session.no_autoflush:
        is_taken = queries.has_same_name(
            directory, compared(row.display_name), except_id=row.id, alone=row.external_id is None
        )
    if is_taken:
        raise ScimError(409, TAKEN, UNIQUENESS)


def _flush(row: ScimGroup) -> None:
    """Raises ScimError if another group has its externalId or name."""
    try:
        db.session.add(row)
        db.session.flush()
    except sa.exc.IntegrityError:
        raise ScimError(409, TAKEN, UNIQUENESS) from None


def _shown(name: str) -> str:
    return sanitize(name, request_log.LONGEST_NAME)
