"""Bringing a company's contacts, after the answer: all of them once, then what changed; hourly, on demand, and again
after whatever stopped it."""

import time
from uuid import UUID

import structlog

from app.clients import microsoft
from app.crm import actions, health, keeping, letters, queries
from app.crm.access import Disconnected, access_token
from app.crm.ahead import Ahead
from app.crm.keeping import LostLease
from app.crm.models import CrmConnection
from app.crm.pace import TURN, is_no_change, next_try, reads_all
from app.database import db, now, release_connection
from app.microsoft.dataverse import LinkExpired, Page
from app.microsoft.errors import BrokenAnswer, MicrosoftError, Refused, Unreachable
from app.people.sessions.limits import new_token
from app.queue import MOST_TRIES, task
from app.sealing import Unsealable
from app.web.logs import name_company

log = structlog.get_logger(__name__)


@task(retries=0, retry_seconds=0)
def bring_contacts(connection_id: str) -> None:
    """Goes on with the run, or begins one, unless a living worker is at it."""
    bring(UUID(connection_id))


def bring(connection_id: UUID) -> None:
    worker = new_token()
    if not keeping.claim(connection_id, worker):
        db.session.rollback()
        return
    db.session.commit()
    try:
        _refuse_what_kills(connection_id)
        _take_a_turn(connection_id, worker)
    except (LostLease, Disconnected):
        db.session.rollback()
    except (MicrosoftError, Unsealable) as error:
        db.session.rollback()
        _stumbled(connection_id, worker, error)
    except Exception:
        db.session.rollback()
        _crashed(connection_id, worker)
        raise


def bring_later(connection: CrmConnection) -> None:
    """A queue that is gone stops nobody: once a minute somebody looks."""
    bring_contacts.later(connection_id=str(connection.id))


def take_up() -> None:
    """Begins what is due, and goes on with what a dead worker left."""
    for connection_id in queries.due(now()):
        bring_contacts.later(connection_id=str(connection_id))


def _take_a_turn(connection_id: UUID, worker: str) -> None:
    began = time.monotonic()
    with Ahead() as ahead:
        while _bring_page(connection_id, worker, ahead):
            if time.monotonic() - began > TURN.total_seconds():
                connection = _there(connection_id)
                connection.bringing.tries = 0
                keeping.let_go(connection.bringing, worker, again_at=now())
                db.session.commit()
                bring_later(connection)
                return


def _bring_page(connection_id: UUID, worker: str, ahead: Ahead) -> bool:
    """Says whether there is another. Raises LostLease, Disconnected and microsoft.errors.MicrosoftError."""
    connection = _there(connection_id)
    if connection.bringing.started_at is None:
        _begin(connection)
    link, environment, is_whole = connection.bringing.link, connection.environment, connection.bringing.is_whole
    release_connection()
    finished_at = None if is_whole else connection.bringing.finished_at
    try:
        page = _page(connection_id, environment, link, ahead)
        if any(is_no_change(one.modified_at, finished_at) for one in page.contacts):
            raise LinkExpired("all contacts came instead of what changed")
    except LinkExpired:
        keeping.begin_anew(_there(connection_id).bringing)
        db.session.commit()
        if is_whole:
            # Not at once: else it would go on for ever.
            raise BrokenAnswer("a page's link is taken no more") from None
        return True
    if page.next_link == link and link is not None:
        raise BrokenAnswer("a page leads to itself")
    keeping.keep_page(_there(connection_id).bringing, worker, page)
    db.session.commit()
    return page.next_link is not None


def _begin(connection: CrmConnection) -> None:
    expected, environment = None, connection.environment
    if reads_all(connection.bringing.delta_link, connection.bringing.finished_at, now()):
        token = access_token(connection.id)
        expected = microsoft().dataverse.number_of_contacts(environment, token)
    keeping.begin(_there(connection.id).bringing, expected)
    db.session.commit()


def _page(connection_id: UUID, environment: str, link: str | None, ahead: Ahead) -> Page:
    """A token that is refused is replaced once: it may have been revoked since it was given."""
    dataverse, token = microsoft().dataverse, access_token(connection_id)
    fetched = ahead.take(link, token)
    try:
        page = fetched.result() if fetched else dataverse.contacts(environment, token, link)
    except Refused as refused:
        if refused.error != health.UNAUTHORIZED.name:
            raise
        token = access_token(connection_id, refused=token)
        page = dataverse.contacts(environment, token, link)
    if page.next_link is not None and page.next_link != link:
        ahead.ask(dataverse, environment, token, page.next_link)
    return page


def _stumbled(connection_id: UUID, worker: str, error: MicrosoftError | Unsealable) -> None:
    connection = queries.by_id(connection_id)
    if connection is None:
        return
    trouble = health.of(error)
    log.warning("crm_trouble", trouble=trouble.name, cause=str(error), connection=str(connection_id))
    retry_after = error.retry_after if isinstance(error, Unreachable) else None
    seconds = keeping.stumble(connection, worker, retry_after)
    actions.note_trouble(connection, trouble, health.code_of(error))
    db.session.commit()
    if trouble.needs_somebody or trouble.is_told:
        letters.tell_of_trouble.later(connection_id=str(connection_id))
    if not trouble.needs_somebody:
        bring_contacts.after(seconds, connection_id=str(connection_id))


def _refuse_what_kills(connection_id: UUID) -> None:
    """Raises RuntimeError when the workers before this one died of it, one after another."""
    if _there(connection_id).bringing.tries > MOST_TRIES:
        raise RuntimeError(f"{MOST_TRIES} workers in a row did not come back from this run")


def _crashed(connection_id: UUID, worker: str) -> None:
    """A fault of ours. Unlike Microsoft's it hardly passes by itself, so it is not tried for ever."""
    connection = queries.by_id(connection_id)
    if connection is None or connection.bringing.worker != worker:
        return
    tries = connection.bringing.tries
    gives_up = tries >= MOST_TRIES
    keeping.let_go(connection.bringing, worker, again_at=None if gives_up else next_try(tries, None, now()))
    if gives_up:
        log.error("crm_given_up", connection=str(connection_id))
        actions.note_trouble(connection, health.FAILED, None)
    db.session.commit()
    if gives_up:
        letters.tell_of_trouble.later(connection_id=str(connection_id))


def _there(connection_id: UUID) -> CrmConnection:
    connection = queries.by_id(connection_id)
    if connection is None or not connection.is_connected:
        raise Disconnected
    name_company(connection.company_id)
    return connection
