"""Access to the audit log for tests, which database triggers protect from changes."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from app.core.database import db
from app.core.unit_of_work import unit_of_work


@contextmanager
def triggers_dropped(execute: Callable[[str], Any]) -> Iterator[None]:
    """SQLite: drops the audit log’s triggers and restores the same ones."""
    triggers = list(execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'audit_%'"))
    for name, _ in triggers:
        execute(f"DROP TRIGGER {name}")
    try:
        yield
    finally:
        for _, sql in triggers:
            execute(sql)


@contextmanager
def changeable() -> Iterator[None]:
    """A unit of work with the rights of the database server's owner, which can change the audit log."""
    with unit_of_work(), _without_triggers():
        yield


@contextmanager
def _without_triggers() -> Iterator[None]:
    if db.session.get_bind().dialect.name == "sqlite":
        with triggers_dropped(db.session.connection().exec_driver_sql):
            yield
    else:
        db.session.execute(sa.text("SET LOCAL session_replication_role = replica"))
        yield
