"""All writes about bringing contacts: who is at it, how far it is, and the contacts themselves. The caller commits.

What a page brought and that it was brought are written together, so that nothing is lost or doubled when a worker dies.
"""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from app.audit.actions import record
from app.crm import actions, queries
from app.crm.models import Bringing, CrmConnection, CrmContact
from app.crm.names import UNNAMED, fold_email, keys
from app.crm.pace import EVERY, LEASE, next_try, reads_all
from app.crm.upserts import Row, upsert
from app.database import db, now
from app.microsoft.dataverse import Contact, Page

DELETED_AT_ONCE = 500


class LostLease(Exception):
    """Another worker has taken over, or there is nothing to do any more."""


def claim(connection_id: UUID, worker: str) -> bool:
    """Whether the run is this worker's from now on: of any number of them one is told so. Each time counts as a try,
    since a worker that dies can't tell."""
    moment = now()
    free = sa.or_(Bringing.lease_until.is_(None), Bringing.lease_until <= moment)
    may = sa.or_(Bringing.not_before.is_(None), Bringing.not_before <= moment)
    taken = (
        sa.update(Bringing)
        .where(Bringing.connection_id == connection_id, Bringing.next_at <= moment, free, may)
        .values(worker=worker, lease_until=moment + LEASE, tries=Bringing.tries + 1)
        .returning(Bringing.connection_id)
        .execution_options(synchronize_session=False)
    )
    return db.session.execute(taken).first() is not None


def begin(bringing: Bringing, expected: int | None) -> None:
    """A new run, unless one is under way."""
    moment = now()
    bringing.started_at, bringing.done = moment, 0
    bringing.is_whole = reads_all(bringing.delta_link, bringing.finished_at, moment)
    bringing.expected = expected
    bringing.link = None if bringing.is_whole else bringing.delta_link
    if bringing.is_whole:
        # Moments in milliseconds: later ones are greater, also after somebody has disconnected and come back.
        bringing.generation = int(moment.timestamp() * 1000)
    db.session.flush()


def begin_anew(bringing: Bringing) -> None:
    """Dataverse does not know the way on any more. Where changes are lost, what was deleted is found by reading all."""
    if not bringing.is_whole:
        connection, bringing.changes_lost_at = bringing.connection, now()
        record(connection.company_id, "crm.changes_lost", subject_id=connection.id)
    bringing.delta_link = bringing.started_at = None
    db.session.flush()


def keep_page(bringing: Bringing, worker: str, page: Page) -> None:
    """Raises LostLease, and then nothing must be committed."""
    company_id = bringing.connection.company_id
    _hold_lease(bringing, worker, page)
    put(company_id, bringing.generation, page.contacts)
    for start in range(0, len(page.deleted), DELETED_AT_ONCE):
        some = page.deleted[start : start + DELETED_AT_ONCE]
        db.session.execute(
            sa.delete(CrmContact).where(CrmContact.company_id == company_id, CrmContact.external_id.in_(some))
        )
    if bringing.connection.trouble is not None:
        actions.be_well(bringing.connection)
    if page.next_link is None:
        _end(bringing, page.delta_link)


def _hold_lease(bringing: Bringing, worker: str, page: Page) -> None:
    """Notes the page, if the run is still this worker's."""
    held = (
        sa.update(Bringing)
        .where(Bringing.connection_id == bringing.connection_id, Bringing.worker == worker)
        .values(
            link=page.next_link,
            done=Bringing.done + len(page.contacts) + len(page.deleted),
            lease_until=now() + LEASE,
            failures=0,
            tries=1,
        )
        .returning(Bringing.connection_id)
        .execution_options(synchronize_session=False)
    )
    if db.session.execute(held).first() is None:
        raise LostLease
    db.session.refresh(bringing)


def _end(bringing: Bringing, delta_link: str | None) -> None:
    connection, moment = bringing.connection, now()
    if bringing.is_whole:
        db.session.execute(
            sa.delete(CrmContact).where(
                CrmContact.company_id == connection.company_id, CrmContact.generation < bringing.generation
            )
        )
        record(connection.company_id, "crm.contacts_brought", subject_id=connection.id, contacts=bringing.done)
    bringing.total = queries.number_of_contacts(connection.company_id)
    bringing.delta_link, bringing.finished_at, bringing.next_at = delta_link, moment, moment + EVERY
    bringing.link = bringing.started_at = bringing.worker = bringing.lease_until = None
    bringing.tries = 0
    connection.last_success_at = moment
    db.session.flush()


def let_go(bringing: Bringing, worker: str, *, again_at: datetime | None) -> None:
    """Gives the run back, if it is still this worker's; with `again_at` to go on then."""
    if bringing.worker == worker:
        bringing.worker = bringing.lease_until = None
        bringing.next_at = again_at
        db.session.flush()


def stumble(connection: CrmConnection, worker: str, retry_after: int | None) -> int:
    """Puts the run off; how many seconds. It goes on at the page where it is."""
    bringing, moment = connection.bringing, now()
    bringing.failures += 1
    bringing.tries = 0
    again_at = next_try(bringing.failures, retry_after, moment)
    bringing.not_before = again_at if retry_after else None
    let_go(bringing, worker, again_at=again_at)
    return int((again_at - moment).total_seconds())


def put(company_id: UUID, generation: int, contacts: list[Contact]) -> None:
    """Makes them, or brings them up to date, in one go."""
    upsert({contact.id: _row(company_id, generation, contact) for contact in contacts}.values())


def _row(company_id: UUID, generation: int, contact: Contact) -> Row:
    name = contact.full_name or contact.email or UNNAMED
    found_by = keys(name)
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
        found_by.from_second,
        found_by.from_third,
        found_by.from_last,
        fold_email(contact.email),
    )
