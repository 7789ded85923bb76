"""Gives people the role of a mapping, or takes it, a thousand at a time. They flush and record audit entries; the
caller's unit of work commits. One person who signs in is `sync.py`'s.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from app.applications import actions as applications
from app.applications.models import Application, PersonRole
from app.audit.events.roles import DirectoryRoleGiven, DirectoryRoleRemoved
from app.audit.log import record
from app.core.database import db, insert_absent, one_of
from app.people.models import Person, Role
from app.provisioning.roles.models import MappedAdmin
from app.provisioning.roles.queries import MappingLine, holders_table

BATCH = 1000


@dataclass(frozen=True)
class Change:
    """Who, of a batch of people, gets the role of a mapping and who loses it."""

    line: MappingLine
    new: Collection[UUID] = ()
    old: Collection[UUID] = ()


def apply(changes: Sequence[Change], *, actor_id: UUID | None = None) -> int:
    """Gives and takes the roles of one company's mappings; a role stays with those who have it for another reason.
    Returns how many people got or lost one by its mapping.

    The people of all the changes are locked before the first one, so that it is always in the same order. Callers come
    with batches in that order, too.
    """
    # Before their rows and grants: who changes or deactivates one of them has locked the person as well, and goes on to
    # these.
    if locked := {
        one for change in changes for one in (*change.old, *(change.new if change.line.is_of_portico else ()))
    }:
        _lock(changes[0].line.company_id, locked)
    return sum(_give(one.line, sorted(one.new)) + _take(one.line, one.old, actor_id=actor_id) for one in changes)


def _give(line: MappingLine, person_ids: Sequence[UUID]) -> int:
    if not person_ids:
        return 0
    if line.is_of_portico:
        person_ids = _promoted(line.company_id, person_ids)
        rows: list[PersonRole] | list[MappedAdmin] = [
            MappedAdmin(company_id=line.company_id, person_id=one, mapping_id=line.id) for one in person_ids
        ]
    else:
        rows = [
            PersonRole(company_id=line.company_id, person_id=one, role_id=line.role_id, mapping_id=line.id)
            for one in person_ids
        ]
    whose = {row.id: row.person_id for row in rows}
    inserted = insert_absent(rows)
    for row_id in inserted:
        record(DirectoryRoleGiven(company_id=line.company_id, subject_id=whose[row_id], **line.detail))
    return len(inserted)


def _take(line: MappingLine, person_ids: Collection[UUID], *, actor_id: UUID | None) -> int:
    if not person_ids:
        return 0
    table = holders_table(line)
    gone = db.session.scalars(
        sa.delete(table)
        .where(table.company_id == line.company_id, table.mapping_id == line.id, one_of(table.person_id, person_ids))
        .returning(table.person_id)
        .execution_options(synchronize_session=False)
    ).all()
    for person_id in gone:
        record(DirectoryRoleRemoved(company_id=line.company_id, actor_id=actor_id, subject_id=person_id, **line.detail))
    if line.is_of_portico:
        demote_without_reason(line.company_id, gone)
    elif application := db.session.get(Application, line.application_id):
        applications.end_without_access(line.company_id, gone, application)
    return len(gone)


def take_from_all(line: MappingLine, *, actor_id: UUID | None = None) -> int:
    """Takes the role from everyone who has it by this mapping; returns how many."""
    table, number = holders_table(line), 0
    query = sa.select(table.person_id).where(table.company_id == line.company_id, table.mapping_id == line.id)
    query = query.order_by(table.person_id)
    while people := db.session.scalars(query.limit(BATCH)).all():
        number += apply([Change(line, old=people)], actor_id=actor_id)
    return number


def demote_without_reason(company_id: UUID, person_ids: Collection[UUID]) -> None:
    """Makes those admins members again whom no mapping makes an admin any longer. All were admins by mappings: one by
    hand never has any, and neither has an owner.
    """
    reason = sa.exists().where(MappedAdmin.company_id == company_id, MappedAdmin.person_id == Person.id)
    db.session.execute(
        sa.update(Person)
        .where(Person.company_id == company_id, one_of(Person.id, person_ids), Person.role == Role.ADMIN, ~reason)
        .values(role=Role.MEMBER)
    )


def _promoted(company_id: UUID, person_ids: Sequence[UUID]) -> list[UUID]:
    """Makes admins of the members among these people; returns them and the admins by other mappings. Owners, and
    admins by hand, stay what they are.
    """
    reason = sa.exists().where(MappedAdmin.company_id == company_id, MappedAdmin.person_id == Person.id)
    found = db.session.scalars(
        sa.select(Person.id).where(
            Person.company_id == company_id,
            one_of(Person.id, person_ids),
            sa.or_(Person.role == Role.MEMBER, sa.and_(Person.role == Role.ADMIN, reason)),
        )
    ).all()
    db.session.execute(sa.update(Person).where(one_of(Person.id, found)).values(role=Role.ADMIN))
    return list(found)


def _lock(company_id: UUID, person_ids: Collection[UUID]) -> None:
    """Locks the people, so that what changes their roles meanwhile takes its turn."""
    db.session.execute(
        sa.select(Person.id)
        .where(Person.company_id == company_id, one_of(Person.id, person_ids))
        .order_by(Person.id)
        .with_for_update(key_share=True)
    )
