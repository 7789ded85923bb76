"""How tests get at history, which the database lets nobody change."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from app.core.database import db


@contextmanager
def triggers_dropped(execute: Callable[[str], Any]) -> Iterator[None]:
    """SQLite: takes the triggers away and brings the same ones back."""
    triggers = list(execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"))
    for name, _ in triggers:
        execute(f"DROP TRIGGER {name}")
    try:
        yield
    finally:
        for _, sql in triggers:
            execute(sql)


@contextmanager
def changeable() -> Iterator[None]:
    """In here the session is whoever owns the whole database server, and may change history; commits."""
    if db.session.get_bind().dialect.name == "sqlite":
        with triggers_dropped(db.session.connection().exec_driver_sql):
            yield
    else:
        db.session.execute(sa.text("SET LOCAL session_replication_role = replica"))
        yield
    db.session.commit()
