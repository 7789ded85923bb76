"""Syncs a company's contacts in the background: all of them once, then changes; hourly, on demand, and again after an
interruption.
"""

import time
from uuid import UUID

import structlog

from app.core.database import db, now, release_connection
from app.core.encryption import DecryptionError
from app.core.logging import name_company
from app.core.tasks import MOST_TRIES, task
from app.core.unit_of_work import unit_of_work
from app.crm import actions, notifications, problems, queries
from app.crm.authorization.tokens import NotConnected, access_token
from app.crm.models import CrmConnection
from app.crm.sync import sync_store
from app.crm.sync.prefetch import PagePrefetcher
from app.crm.sync.sync_schedule import TIME_SLICE, is_no_change, needs_full_sync, next_try
from app.crm.sync.sync_store import LostLease
from app.entra.dataverse import LinkExpired, Page
from app.entra.errors import InvalidResponse, MicrosoftError, OAuthError, ServiceUnavailable
from app.microsoft_clients import microsoft
from app.sessions.limits import new_token

log = structlog.get_logger(__name__)


@task(retries=0, retry_seconds=0)
def sync_contacts(connection_id: str) -> None:
    """Continues the run or begins one, unless a live worker holds the lease."""
    sync(UUID(connection_id))


def sync(connection_id: UUID) -> None:
    worker = new_token()
    with unit_of_work():
        if not sync_store.claim(connection_id, worker):
            return
    try:
        _refuse_what_kills(connection_id)
        _run_time_slice(connection_id, worker)
    except (LostLease, NotConnected):
        db.session.rollback()
    except (MicrosoftError, DecryptionError) as error:
        db.session.rollback()
        _rescheduled(connection_id, worker, error)
    except Exception:
        db.session.rollback()
        _crashed(connection_id, worker)
        raise


def enqueue_sync(connection: CrmConnection) -> None:
    """An unavailable queue raises nothing: due syncs are enqueued once a minute."""
    sync_contacts.enqueue(connection_id=str(connection.id))


def enqueue_due() -> None:
    """Enqueues what is due, and what a dead worker left."""
    for connection_id in queries.due(now()):
        sync_contacts.enqueue(connection_id=str(connection_id))


def _run_time_slice(connection_id: UUID, worker: str) -> None:
    began = time.monotonic()
    with PagePrefetcher() as ahead:
        while _sync_page(connection_id, worker, ahead):
            if time.monotonic() - began > TIME_SLICE.total_seconds():
                with unit_of_work():
                    connection = _connected_or_raise(connection_id)
                    connection.sync_state.tries = 0
                    sync_store.release_lease(connection.sync_state, worker, again_at=now())
                    enqueue_sync(connection)
                return


def _sync_page(connection_id: UUID, worker: str, ahead: PagePrefetcher) -> bool:
    """Returns whether there is another page. Raises LostLease, NotConnected and entra.errors.MicrosoftError."""
    connection = _connected_or_raise(connection_id)
    if connection.sync_state.started_at is None:
        _begin(connection)
    link, environment, is_whole = connection.sync_state.link, connection.environment, connection.sync_state.is_whole
    release_connection()
    finished_at = None if is_whole else connection.sync_state.finished_at
    try:
        page = _page(connection_id, environment, link, ahead)
        if any(is_no_change(one.modified_at, finished_at) for one in page.contacts):
            raise LinkExpired("all contacts came instead of what changed")
    except LinkExpired:
        with unit_of_work():
            sync_store.restart(_connected_or_raise(connection_id).sync_state)
        if is_whole:
            # Not immediately, as that could loop forever.
            raise InvalidResponse("a page’s link has expired") from None
        return True
    if page.next_link == link and link is not None:
        raise InvalidResponse("a page leads to itself")
    with unit_of_work():
        sync_store.save_page(_connected_or_raise(connection_id).sync_state, worker, page)
    return page.next_link is not None


def _begin(connection: CrmConnection) -> None:
    expected, environment = None, connection.environment
    if needs_full_sync(connection.sync_state.delta_link, connection.sync_state.finished_at, now()):
        token = access_token(connection.id)
        expected = microsoft().dataverse.number_of_contacts(environment, token)
    with unit_of_work():
        sync_store.begin(_connected_or_raise(connection.id).sync_state, expected)


def _page(connection_id: UUID, environment: str, link: str | None, ahead: PagePrefetcher) -> Page:
    """Fetches a page. A rejected token is replaced once, since it may have been revoked after it was issued."""
    dataverse, token = microsoft().dataverse, access_token(connection_id)
    fetched = ahead.take(link, token)
    try:
        page = fetched.result() if fetched else dataverse.contacts(environment, token, link)
    except OAuthError as refused:
        if refused.error != problems.UNAUTHORIZED.name:
            raise
        token = access_token(connection_id, refused=token)
        page = dataverse.contacts(environment, token, link)
    if page.next_link is not None and page.next_link != link:
        ahead.ask(dataverse, environment, token, page.next_link)
    return page


@unit_of_work()
def _rescheduled(connection_id: UUID, worker: str, error: MicrosoftError | DecryptionError) -> None:
    connection = queries.by_id(connection_id)
    if connection is None:
        return
    trouble = problems.problem_for(error)
    log.warning("crm_trouble", trouble=trouble.name, cause=str(error), connection=str(connection_id))
    retry_after = error.retry_after if isinstance(error, ServiceUnavailable) else None
    seconds = sync_store.reschedule(connection, worker, retry_after)
    actions.record_problem(connection, trouble, problems.code_of(error))
    if trouble.needs_person or trouble.is_told:
        notifications.send_problem.enqueue(connection_id=str(connection_id))
    if not trouble.needs_person:
        sync_contacts.enqueue_in(seconds, connection_id=str(connection_id))


def _refuse_what_kills(connection_id: UUID) -> None:
    """Raises RuntimeError if earlier workers, one after another, died of this page."""
    if _connected_or_raise(connection_id).sync_state.tries > MOST_TRIES:
        raise RuntimeError(f"{MOST_TRIES} workers in a row did not come back from this run")


@unit_of_work()
def _crashed(connection_id: UUID, worker: str) -> None:
    """An error of ours. Unlike Microsoft's it rarely resolves by itself, so retries are limited."""
    connection = queries.by_id(connection_id)
    if connection is None or connection.sync_state.worker != worker:
        return
    tries = connection.sync_state.tries
    gives_up = tries >= MOST_TRIES
    sync_store.release_lease(connection.sync_state, worker, again_at=None if gives_up else next_try(tries, None, now()))
    if gives_up:
        log.error("crm_given_up", connection=str(connection_id))
        actions.record_problem(connection, problems.FAILED, None)
        notifications.send_problem.enqueue(connection_id=str(connection_id))


def _connected_or_raise(connection_id: UUID) -> CrmConnection:
    connection = queries.by_id(connection_id)
    if connection is None or not connection.is_connected:
        raise NotConnected
    name_company(connection.company_id)
    return connection
