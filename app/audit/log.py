"""The only writer of the audit log, and the subscriptions to events, which run in the same transaction."""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session, SessionTransaction
from uuid_utils.compat import uuid7

from app.audit import closing, installation
from app.audit.events.base import INSTALLATION, Event
from app.audit.models import AuditEntry
from app.core.database import db, now
from app.core.hooks import Hook
from app.core.session import OutsideUnitOfWork
from app.core.unit_of_work import after_commit, in_unit_of_work

PENDING = "history"
"""The key of `session.info` that holds the entries recorded in a transaction and not yet written."""

MOST_PENDING = 1000
"""So many entries are written before the commit: a group of 50,000 people has as many."""
INSERT_ENTRY = sa.insert(cast(sa.Table, AuditEntry.__table__))
"""Of the table, with plain values instead of objects, because every sign-in writes an entry."""

E = TypeVar("E", bound=Event)

_subscribers: dict[type[Event], Hook[Any]] = {}


def subscribe(event_class: type[E]) -> Callable[[Callable[[E], None]], None]:
    """`subscribe(PersonDeleted)(erase_sessions)`: from then on the handler is called with each such event.

    It runs inside `record`, in the same transaction: it writes rows and calls no one outside. What it raises stops the
    action that recorded the event. A handler that subscribes again is called once.
    """

    def add(handler: Callable[[E], None]) -> None:
        _subscribers.setdefault(event_class, Hook()).add(handler)

    return add


def record(event: Event) -> None:
    """Adds the event to the audit log of its company, or to the installation's, and tells its subscribers. The unit of
    work commits it together with what happened. Raises OutsideUnitOfWork.
    """
    if not in_unit_of_work():
        raise OutsideUnitOfWork
    entry = {
        "id": uuid7(),
        "created_at": now(),
        "company_id": event.company_id,
        "event": event.event_name,
        "actor_id": event.actor_id,
        "subject_id": event.subject_id,
        "ip_address": event.ip_address,
        "reference": event.reference,
        "detail": event.detail,
    }
    session = db.session()
    transaction = session.get_nested_transaction() or session.get_transaction() or session.begin()
    pending = session.info.setdefault(PENDING, [])
    pending.append((transaction, entry))
    after_commit(closing.wake)
    if len(pending) >= MOST_PENDING:
        _write_of_companies(session)
    if subscribers := _subscribers.get(type(event)):
        subscribers(event)


@sa.event.listens_for(db.session, "before_commit")
def _write(session: Session) -> None:
    """Writes the recorded entries, as the last step before the commit."""
    if session.in_nested_transaction() or not session.info.get(PENDING):
        return
    _write_of_companies(session)
    if left := session.info.pop(PENDING):
        installation.append([entry for _, entry in left])


def _write_of_companies(session: Session) -> None:
    """They get their places in the chain later. Those of the installation wait for the commit, since they lock the end
    of its chain.
    """
    if session.in_nested_transaction():
        return
    session.flush()
    pending = session.info[PENDING]
    session.info[PENDING] = [one for one in pending if one[1]["company_id"] == INSTALLATION]
    if entries := [entry for _, entry in pending if entry["company_id"] != INSTALLATION]:
        session.connection().execute(INSERT_ENTRY, entries)


@sa.event.listens_for(db.session, "after_soft_rollback")
def _forget(session: Session, undone: SessionTransaction) -> None:
    """Discards what was recorded in a savepoint that is rolled back."""
    pending = session.info.get(PENDING, [])
    pending[:] = [(transaction, entry) for transaction, entry in pending if undone not in _lineage(transaction)]


@sa.event.listens_for(db.session, "after_transaction_end")
def _forget_all(session: Session, ended: SessionTransaction) -> None:
    """Clears the recorded entries when the transaction ends, however it ends."""
    if ended.parent is None:
        session.info.pop(PENDING, None)


def _lineage(transaction: SessionTransaction | None) -> Iterable[SessionTransaction]:
    while transaction is not None:
        yield transaction
        transaction = transaction.parent
