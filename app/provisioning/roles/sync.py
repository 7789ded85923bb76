"""Gives a person the roles that a directory's word about them gives, and takes those that it no longer gives. It
flushes and records audit entries; the caller's unit of work commits.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.applications import actions as applications
from app.applications.models import Application, PersonRole
from app.audit.events.roles import DirectoryRoleGiven, DirectoryRoleRemoved, DirectoryRolesKept
from app.audit.log import record
from app.connections.connection_config import ConnectionConfig
from app.core.database import db, insert_absent, insert_if_absent, now
from app.core.unit_of_work import unit_of_work
from app.login.linking.pending_link import LIFE_SECONDS
from app.login.microsoft.identity import Memberships, VerifiedIdentity
from app.people.models import Person, Role
from app.provisioning.roles import queries
from app.provisioning.roles.models import DirectorySnapshot, MappedAdmin
from app.provisioning.roles.queries import MappingLine
from app.provisioning.roles.rules import applies

KEPT_FOR = timedelta(hours=24)
"""How long roles by groups stay after the groups were last read, if Microsoft Graph doesn't answer."""
PENDING_FOR = timedelta(seconds=LIFE_SECONDS)
"""How long what the directory said waits for an account that is linked."""


def keep(connection: ConnectionConfig, identity: VerifiedIdentity, memberships: Memberships) -> None:
    """Keeps it for an identity that has no account yet."""
    _snapshot(connection, identity, memberships)


def apply(
    connection: ConnectionConfig, identity: VerifiedIdentity, memberships: Memberships | None, person_id: UUID
) -> str | None:
    """What the directory says counts from now on; returns the person's role here if it changed."""
    if memberships is None:
        # After an account was linked there is no access token, and the memberships were kept before.
        pending = None if identity.access_token else _pending(connection, identity)
        if pending is None:
            return None
        memberships = pending
    snapshot = _snapshot(connection, identity, memberships)
    snapshot.person_id = person_id
    keeps_groups = memberships.groups is None and _is_recent(snapshot)
    if memberships.groups is None:
        snapshot.groups_kept_until = (snapshot.groups_read_at or now()) + KEPT_FOR if keeps_groups else None
        snapshot.groups = snapshot.groups if keeps_groups else []
        record(
            DirectoryRolesKept(
                company_id=connection.company_id, subject_id=person_id, title=connection.title, kept=keeps_groups
            )
        )
    db.session.flush()
    return _apply(snapshot)


def remove_overdue() -> None:
    """Takes the roles by groups that were kept for long enough."""
    for snapshot_id in queries.with_overdue_groups(now()):
        with unit_of_work():
            snapshot = db.session.get(DirectorySnapshot, snapshot_id, with_for_update=True, populate_existing=True)
            if snapshot and snapshot.groups_kept_until and snapshot.groups_kept_until <= now():
                snapshot.groups, snapshot.groups_kept_until = [], None
                db.session.flush()
                _apply(snapshot)


def purge_pending() -> None:
    """Deletes what is known of identities that no account was linked to."""
    with unit_of_work():
        db.session.execute(
            sa.delete(DirectorySnapshot).where(
                DirectorySnapshot.person_id.is_(None), DirectorySnapshot.read_at < now() - PENDING_FOR
            )
        )


def _is_recent(snapshot: DirectorySnapshot) -> bool:
    return snapshot.groups_read_at is not None and snapshot.groups_read_at > now() - KEPT_FOR


def _pending(connection: ConnectionConfig, identity: VerifiedIdentity) -> Memberships | None:
    found = queries.snapshot(connection.company_id, connection.id, identity.claims.oid)
    if found is None or found.person_id is not None or found.read_at < now() - PENDING_FOR:
        return None
    return Memberships(tuple(found.app_roles), tuple(found.groups) if found.groups_read_at else None)


def _snapshot(connection: ConnectionConfig, identity: VerifiedIdentity, memberships: Memberships) -> DirectorySnapshot:
    """The identity's snapshot with what the directory says now. Groups that couldn't be read stay as they were."""
    moment, key = now(), (connection.company_id, connection.id, identity.claims.oid)
    if queries.snapshot(*key) is None:
        insert_if_absent(
            DirectorySnapshot(
                company_id=key[0], connection_id=key[1], oid=key[2], read_at=moment, app_roles=[], groups=[]
            )
        )
    snapshot = queries.snapshot(*key)
    assert snapshot is not None
    snapshot.read_at, snapshot.app_roles = moment, sorted({*memberships.app_roles})
    if memberships.groups is not None:
        snapshot.groups, snapshot.groups_read_at = sorted({*memberships.groups}), moment
        snapshot.groups_kept_until = None
    return snapshot


@dataclass(frozen=True)
class _Change:
    """The mappings that newly give a person something, those that no longer do, and whether any did before."""

    new: list[MappingLine]
    old: list[MappingLine]
    had_any: bool


def _apply(snapshot: DirectorySnapshot) -> str | None:
    """Returns the person's role here if it changed."""
    company_id, person_id = snapshot.company_id, snapshot.person_id
    assert person_id
    lines = queries.locked_mappings(company_id, snapshot.connection_id)
    roles, admin = ([line for line in lines if line.is_of_portico is which] for which in (False, True))
    _set_roles(company_id, person_id, _change(snapshot, PersonRole, roles))
    return _set_admin(company_id, person_id, _change(snapshot, MappedAdmin, admin))


def _change(
    snapshot: DirectorySnapshot, table: type[PersonRole] | type[MappedAdmin], lines: list[MappingLine]
) -> _Change:
    rows = sa.select(table.mapping_id).where(
        table.company_id == snapshot.company_id,
        table.person_id == snapshot.person_id,
        table.mapping_id.in_([line.id for line in lines]),
    )
    present = set(db.session.scalars(rows)) if lines else set()
    wanted = {
        line.id for line in lines if line.works and applies(line.kind, line.value, snapshot.app_roles, snapshot.groups)
    }
    return _Change(
        [line for line in lines if line.id in wanted - present],
        [line for line in lines if line.id in present - wanted],
        bool(present),
    )


def _set_roles(company_id: UUID, person_id: UUID, change: _Change) -> None:
    rows = {
        line.id: PersonRole(company_id=company_id, person_id=person_id, role_id=line.role_id, mapping_id=line.id)
        for line in change.new
    }
    _record_new(company_id, person_id, change.new, rows)
    _delete(PersonRole, company_id, person_id, change.old)
    for application_id in {line.application_id for line in change.old}:
        application = db.session.get(Application, application_id) if application_id else None
        if application:
            applications.end_without_access(company_id, person_id, application)


def _set_admin(company_id: UUID, person_id: UUID, change: _Change) -> str | None:
    """Never touches an owner, nor an admin by hand: so no company loses its last owner."""
    if not change.new and not change.old:
        return None
    person = locked_person(company_id, person_id)
    is_mapped = change.had_any or bool(queries.admin_reasons(company_id, person_id))
    if change.new and (person.role == Role.MEMBER or is_mapped):
        rows = {
            line.id: MappedAdmin(company_id=company_id, person_id=person_id, mapping_id=line.id) for line in change.new
        }
        person.role = Role.ADMIN
        _record_new(company_id, person_id, change.new, rows)
    if change.old:
        _delete(MappedAdmin, company_id, person_id, change.old)
        demote_without_reason(person)
    db.session.flush()
    return person.role


def _record_new(company_id: UUID, person_id: UUID, lines: list[MappingLine], rows: dict[UUID, Any]) -> None:
    """Inserts the rows, one for each mapping. Another sign-in of the person may have done so at the same time."""
    inserted = insert_absent(list(rows.values()))
    for line in lines:
        if rows[line.id].id in inserted:
            record(DirectoryRoleGiven(company_id=company_id, subject_id=person_id, **detail(line)))


def _delete(table: Any, company_id: UUID, person_id: UUID, lines: list[MappingLine]) -> None:
    if not lines:
        return
    gone = table.mapping_id.in_([line.id for line in lines])
    db.session.execute(sa.delete(table).where(table.company_id == company_id, table.person_id == person_id, gone))
    for line in lines:
        record(DirectoryRoleRemoved(company_id=company_id, subject_id=person_id, **detail(line)))


def demote_without_reason(person: Person) -> None:
    """Makes an admin by mappings, of which none is left, a member again."""
    if person.role == Role.ADMIN and not queries.admin_reasons(person.company_id, person.id):
        person.role = Role.MEMBER


def locked_person(company_id: UUID, person_id: UUID) -> Person:
    query = sa.select(Person).where(Person.company_id == company_id, Person.id == person_id)
    return db.session.scalars(query.with_for_update().execution_options(populate_existing=True)).one()


def detail(line: MappingLine) -> dict[str, Any]:
    """What the audit log says of a mapping."""
    return {
        "kind": line.kind,
        "name": line.readable,
        "value": line.value,
        "title": line.connection,
        "role_name": line.role,
        "application_name": line.application,
    }
