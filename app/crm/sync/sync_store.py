"""Writes for the contact sync: lease, progress, and the contacts themselves. The caller's unit of work commits.

A page's contacts and the progress are committed together, so that nothing is lost or doubled if a worker dies.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.crm import CrmChangesLost, CrmContactsSynced
from app.audit.log import record
from app.core.batches import in_batches
from app.core.database import db, now
from app.crm import actions, queries
from app.crm.contacts.search_keys import UNNAMED, fold_email, search_keys
from app.crm.contacts.upserts import Row, upsert
from app.crm.models import CrmConnection, CrmContact, SyncState
from app.crm.sync.sync_schedule import INTERVAL, LEASE, needs_full_sync, next_try
from app.entra.dataverse import Contact, Page

DELETED_AT_ONCE = 500


class LostLease(Exception):
    """Another worker has the lease, or there is nothing left to do."""


def claim(connection_id: UUID, worker: str) -> bool:
    """Takes the lease; of concurrent workers one gets True. Each lease counts as a try, since a worker that dies can't
    count.
    """
    moment = now()
    free = sa.or_(SyncState.lease_until.is_(None), SyncState.lease_until <= moment)
    may = sa.or_(SyncState.not_before.is_(None), SyncState.not_before <= moment)
    taken = (
        sa.update(SyncState)
        .where(SyncState.connection_id == connection_id, SyncState.next_at <= moment, free, may)
        .values(worker=worker, lease_until=moment + LEASE, tries=SyncState.tries + 1)
        .returning(SyncState.connection_id)
        .execution_options(synchronize_session=False)
    )
    return db.session.execute(taken).first() is not None


def begin(sync_state: SyncState, expected: int | None) -> None:
    """Begins a new run, unless one is under way."""
    moment = now()
    sync_state.started_at, sync_state.done = moment, 0
    sync_state.is_whole = needs_full_sync(sync_state.delta_link, sync_state.finished_at, moment)
    sync_state.expected = expected
    sync_state.link = None if sync_state.is_whole else sync_state.delta_link
    if sync_state.is_whole:
        # A time in milliseconds: later ones are greater, also after disconnecting and connecting again.
        sync_state.generation = int(moment.timestamp() * 1000)
    db.session.flush()


def restart(sync_state: SyncState) -> None:
    """Starts over because Dataverse doesn't accept the link any longer. If changes are lost, deletions are found by
    reading everything.
    """
    if not sync_state.is_whole:
        connection, sync_state.changes_lost_at = sync_state.connection, now()
        record(CrmChangesLost(company_id=connection.company_id, subject_id=connection.id))
    sync_state.delta_link = sync_state.started_at = None
    db.session.flush()


def save_page(sync_state: SyncState, worker: str, page: Page) -> None:
    """Raises LostLease; then nothing must be committed."""
    company_id = sync_state.connection.company_id
    _hold_lease(sync_state, worker, page)
    upsert_contacts(company_id, sync_state.generation, page.contacts)
    for some in in_batches(page.deleted, DELETED_AT_ONCE):
        db.session.execute(
            sa.delete(CrmContact).where(CrmContact.company_id == company_id, CrmContact.external_id.in_(some))
        )
    if sync_state.connection.trouble is not None:
        actions.clear_problem(sync_state.connection)
    if page.next_link is None:
        _end(sync_state, page.delta_link)


def _hold_lease(sync_state: SyncState, worker: str, page: Page) -> None:
    """Records the page, if this worker still has the lease."""
    held = (
        sa.update(SyncState)
        .where(SyncState.connection_id == sync_state.connection_id, SyncState.worker == worker)
        .values(
            link=page.next_link,
            done=SyncState.done + len(page.contacts) + len(page.deleted),
            lease_until=now() + LEASE,
            failures=0,
            tries=1,
        )
        .returning(SyncState.connection_id)
        .execution_options(synchronize_session=False)
    )
    if db.session.execute(held).first() is None:
        raise LostLease
    db.session.refresh(sync_state)


def _end(sync_state: SyncState, delta_link: str | None) -> None:
    connection, moment = sync_state.connection, now()
    if sync_state.is_whole:
        db.session.execute(
            sa.delete(CrmContact).where(
                CrmContact.company_id == connection.company_id, CrmContact.generation < sync_state.generation
            )
        )
        record(CrmContactsSynced(company_id=connection.company_id, subject_id=connection.id, contacts=sync_state.done))
    sync_state.total = queries.number_of_contacts(connection.company_id)
    sync_state.delta_link, sync_state.finished_at, sync_state.next_at = delta_link, moment, moment + INTERVAL
    sync_state.link = sync_state.started_at = sync_state.worker = sync_state.lease_until = None
    sync_state.tries = 0
    connection.last_success_at = moment
    db.session.flush()


def release_lease(sync_state: SyncState, worker: str, *, again_at: datetime | None) -> None:
    """Releases the lease, if this worker still has it; with `again_at`, the run continues then."""
    if sync_state.worker == worker:
        sync_state.worker = sync_state.lease_until = None
        sync_state.next_at = again_at
        db.session.flush()


def reschedule(connection: CrmConnection, worker: str, retry_after: int | None) -> int:
    """Postpones the run and returns by how many seconds. It continues at the same page."""
    sync_state, moment = connection.sync_state, now()
    sync_state.failures += 1
    sync_state.tries = 0
    again_at = next_try(sync_state.failures, retry_after, moment)
    sync_state.not_before = again_at if retry_after else None
    release_lease(sync_state, worker, again_at=again_at)
    return int((again_at - moment).total_seconds())


def upsert_contacts(company_id: UUID, generation: int, contacts: list[Contact]) -> None:
    """Inserts or updates the contacts in one statement."""
    upsert({contact.id: _row(company_id, generation, contact) for contact in contacts}.values())


def _row(company_id: UUID, generation: int, contact: Contact) -> Row:
    name = contact.full_name or contact.email or UNNAMED
    found_by = search_keys(name)
    return Row(
        company_id,
        contact.id,
        generation,
        name,
        contact.job_title,
        contact.email,
        contact.phone,
        contact.company,
        contact.modified_at,
        found_by.sort_name,
        found_by.name_suffix_2,
        found_by.name_suffix_3,
        found_by.name_suffix_last,
        fold_email(contact.email),
    )
