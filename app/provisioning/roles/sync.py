"""Gives a person the roles that a directory's word about them gives, and takes those that it no longer gives. It
flushes and records audit entries; the caller's unit of work commits.
"""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.roles import DirectoryRolesKept
from app.audit.log import record
from app.connections.connection_config import ConnectionConfig
from app.core.database import db, insert_if_absent, now
from app.core.unit_of_work import unit_of_work
from app.login.linking.pending_link import LIFE_SECONDS
from app.login.microsoft.identity import Memberships, VerifiedIdentity
from app.people.models import Person
from app.provisioning.roles import holders, queries
from app.provisioning.roles.models import DirectorySnapshot
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


def _apply(snapshot: DirectorySnapshot) -> str | None:
    """Returns the person's role here if it changed."""
    company_id, person_id = snapshot.company_id, snapshot.person_id
    assert person_id
    lines = queries.locked_mappings(company_id, snapshot.connection_id, queries.IS_OF_TOKENS, waits=False)
    wanted = [
        line for line in lines if line.works and applies(line.kind, line.value, snapshot.app_roles, snapshot.groups)
    ]
    held = queries.held_mappings(company_id, person_id, lines)
    new = [line for line in wanted if line.id not in held]
    old = [line for line in lines if line.id in held and line not in wanted]
    holders.apply(
        [
            *(holders.Change(line, new=[person_id]) for line in new),
            *(holders.Change(line, old=[person_id]) for line in old),
        ]
    )
    if not any(line.is_of_portico for line in (*new, *old)):
        return None
    return db.session.scalars(sa.select(Person.role).where(Person.id == person_id)).one()
