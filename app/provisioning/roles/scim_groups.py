"""Roles through the groups that a directory sends by SCIM. They follow each change of a group, its members or a user
within the change's own transaction; a sign-in says nothing about them. They flush and record audit entries.

Who changes a group or maps it has locked it, so that one sees what the other did. SQLite locks nothing but by a write,
so each of these is called after one. The order of locks is group, user, mapping, people by their ids; who has locked a
person first waits for no mapping.
"""

from collections.abc import Collection, Sequence
from uuid import UUID

import sqlalchemy as sa

from app.applications.models import GONE, MappingKind, RoleMapping
from app.core.batches import in_batches
from app.core.database import db
from app.core.text import sanitize
from app.provisioning.roles import holders, queries, scim_queries
from app.provisioning.roles.holders import BATCH, Change
from app.provisioning.roles.queries import MappingLine
from app.provisioning.scim.models import ScimGroup

LONGEST_NAME = 100
IS_OF_SCIM = RoleMapping.kind == MappingKind.SCIM_GROUP


def mapped(company_id: UUID, connection_id: UUID, group_id: UUID) -> bool:
    """A mapping of the group was inserted; returns whether there is the group, which stays until the transaction
    ends.
    """
    group = scim_queries.locked_group(company_id, connection_id, group_id)
    if group:
        renamed(group)
    return group is not None


def give_to_members(line: MappingLine) -> int:
    """Gives the role of a new mapping to the group's people; returns how many."""
    assert line.group_id
    pages = scim_queries.pages_of_members(line.company_id, line.group_id)
    # In the order in which people are locked.
    people = sorted({one for page in pages for one in page})
    return sum(holders.apply([Change(line, new=some)]) for some in in_batches(people, BATCH))


def members_changed(group: ScimGroup, user_ids: Sequence[UUID]) -> None:
    """These users were added to the group or removed from it."""
    if lines := _of_group(group):
        _reconcile(lines, _people(group, user_ids))


def members_replaced(group: ScimGroup, user_ids: Sequence[UUID]) -> None:
    """These users are the group's from now on: some were added, and all others removed."""
    if lines := _of_group(group):
        _reconcile(lines, _held(lines) | _people(group, user_ids))


def person_changed(company_id: UUID, connection_id: UUID, person_id: UUID) -> None:
    """Users of the directory became this person, no longer are, or became active or inactive."""
    about = scim_queries.mappings_about(company_id, connection_id, person_id)
    _reconcile(queries.locked_mappings(company_id, connection_id, about, waits=False), {person_id})


def person_changed_everywhere(company_id: UUID, person_id: UUID) -> None:
    """The same for all directories that have the person."""
    for connection_id in scim_queries.connections_of_person(company_id, person_id):
        person_changed(company_id, connection_id, person_id)


def created(group: ScimGroup) -> None:
    """A group that was deleted and has the same external id was the same: its mappings work again."""
    if group.external_id:
        _set(group, _gone_value(group.external_id), value=str(group.id), name=shown_name(group))


def renamed(group: ScimGroup) -> None:
    _set(group, str(group.id), name=shown_name(group))


def deleted(group: ScimGroup) -> None:
    """The group, which has no members any more, is about to be deleted: no one has a role by it any longer. Its
    mappings stay, for people to see.
    """
    lines = _of_group(group)
    _reconcile(lines, _held(lines))
    for line in lines:
        value = _gone_value(group.external_id or str(group.id))
        if queries.same_mapping(line.company_id, line.connection_id, line.kind, value, line.role_id):
            value = _gone_value(str(group.id))
        db.session.execute(sa.update(RoleMapping).where(RoleMapping.id == line.id).values(value=value))


def all_deleted(company_id: UUID, connection_id: UUID) -> None:
    """All groups of the connection, without members by now, are about to be deleted."""
    lines = queries.locked_mappings(company_id, connection_id, IS_OF_SCIM)
    _reconcile(lines, _held(lines))
    for group_id in dict.fromkeys(line.group_id for line in lines if line.group_id):
        if group := scim_queries.locked_group(company_id, connection_id, group_id):
            deleted(group)


def shown_name(group: ScimGroup) -> str:
    return sanitize(group.display_name, LONGEST_NAME)


def _people(group: ScimGroup, user_ids: Sequence[UUID]) -> set[UUID]:
    users = in_batches(user_ids, BATCH)
    return {one for some in users for one in scim_queries.people_of_users(group.company_id, some)}


def _held(lines: Sequence[MappingLine]) -> set[UUID]:
    """Everyone who has a role by one of these mappings."""
    return {one for line in lines for people in scim_queries.pages_of_held(line) for one in people}


def _reconcile(lines: Sequence[MappingLine], people: Collection[UUID]) -> None:
    """These people have the roles of the mappings whose groups they are in, and no others by them. They change by
    batches, not by mapping, so that all are locked in one order.
    """
    for some in in_batches(sorted(people), BATCH):
        holders.apply([_change(line, some) for line in lines])


def _change(line: MappingLine, people: Sequence[UUID]) -> Change:
    members = scim_queries.members_among(line.company_id, line.group_id, people) if line.group_id else set()
    held = scim_queries.held_among(line, people)
    return Change(line, new=members - held if line.works else set(), old=held - members)


def _of_group(group: ScimGroup) -> list[MappingLine]:
    return queries.locked_mappings(
        group.company_id, group.connection_id, IS_OF_SCIM, RoleMapping.value == str(group.id)
    )


def _gone_value(key: str) -> str:
    return f"{GONE}{key}"


def _set(group: ScimGroup, present: str, **values: str) -> None:
    """Sets these of the mappings of the group's connection whose value is this one at present."""
    db.session.execute(
        sa.update(RoleMapping)
        .where(
            RoleMapping.company_id == group.company_id,
            RoleMapping.connection_id == group.connection_id,
            IS_OF_SCIM,
            RoleMapping.value == present,
        )
        .values(**values)
    )
