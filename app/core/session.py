"""The database session: reads at any time, writes only inside a unit of work."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import flask_sqlalchemy.session
import sqlalchemy as sa
from flask import current_app
from sqlalchemy.orm import ORMExecuteState

UNIT = "unit_of_work"
"""The key of `session.info` that holds the present unit of work."""


class OutsideUnitOfWork(Exception):
    """A write outside of a unit of work."""


@dataclass
class Unit:
    """The callbacks to run after the commit, and whether the commit has begun."""

    callbacks: list[Callable[[], object]] = field(default_factory=list)
    is_ending: bool = False


class Session(flask_sqlalchemy.session.Session):
    """A Flask-SQLAlchemy session that only `unit_of_work()` commits."""

    @property
    def unit(self) -> Unit | None:
        unit: Unit | None = self.info.get(UNIT)
        return unit

    def get_bind(self, *arguments: Any, **named: Any) -> sa.Engine | sa.Connection:
        bind = super().get_bind(*arguments, **named)
        return transactional(bind) if self.unit and isinstance(bind, sa.Engine) else bind

    def commit(self) -> None:
        if not self.unit or not self.unit.is_ending:
            raise RuntimeError("a unit of work is committed at its end, by unit_of_work() alone")
        super().commit()

    def release(self) -> None:
        """Ends a transaction that only read; what was read stays loaded."""
        assert not self.new
        assert not self.dirty
        assert not self.deleted
        if self.unit:
            raise RuntimeError("a unit of work keeps its connection until its end")
        if self.in_transaction():
            super().commit()


def transactional(engine: sa.Engine) -> sa.Engine:
    """The engine whose connections begin a transaction; both share a pool. On SQLite they are the same engine: there
    the first write begins a transaction.
    """
    if engine.dialect.name == "sqlite":
        return engine
    extensions = current_app.extensions
    if "transactional_engine" not in extensions:
        extensions["transactional_engine"] = engine.execution_options(isolation_level="READ COMMITTED")
    made: sa.Engine = extensions["transactional_engine"]
    return made


@sa.event.listens_for(Session, "before_flush")
def _refuse_to_flush(session: Session, *_: object) -> None:
    if not session.unit:
        raise OutsideUnitOfWork


@sa.event.listens_for(Session, "do_orm_execute")
def _refuse_to_execute(state: ORMExecuteState) -> None:
    writes = state.is_insert or state.is_update or state.is_delete
    if writes and isinstance(state.session, Session) and not state.session.unit:
        raise OutsideUnitOfWork
