"""The only place that commits: every write happens inside a unit of work."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from flask import abort, has_app_context, has_request_context, request
from sqlalchemy.orm import SessionTransaction

from app.core.database import current_session, db
from app.core.session import UNIT, Session, Unit


@contextmanager
def unit_of_work() -> Iterator[None]:
    """One transaction, committed when the block ends and rolled back when it raises.

    `db.session.rollback()` inside of it discards what the unit has done so far. No request is sent to Microsoft
    meanwhile. A view answers HEAD as it answers GET. Clients use HEAD to probe a URL, so it gets no unit.
    """
    if has_request_context() and request.method == "HEAD":
        abort(405)
    session = current_session()
    if session.unit:
        raise RuntimeError("a unit of work inside another one")
    session.release()
    unit = session.info[UNIT] = Unit()
    try:
        yield
        unit.is_ending, callbacks = True, [*unit.callbacks]
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        del session.info[UNIT]
    for callback in callbacks:
        callback()


def in_unit_of_work() -> bool:
    return has_app_context() and db.session.registry.has() and current_session().unit is not None


def after_commit(callback: Callable[[], object]) -> None:
    """Calls it after this unit of work is committed, and not if it is rolled back; outside of a unit at once."""
    unit = current_session().unit if in_unit_of_work() else None
    if unit:
        unit.callbacks.append(callback)
    else:
        callback()


def refuse_in_unit_of_work() -> None:
    """Called before each request to Microsoft: a transaction must not stay open while a slow server answers."""
    if in_unit_of_work():
        raise RuntimeError("a request to Microsoft inside a unit of work")


@sa.event.listens_for(db.session, "after_transaction_end")
def _discard_callbacks(session: Session, ended: SessionTransaction) -> None:
    if session.unit and ended.parent is None:
        session.unit.callbacks.clear()
