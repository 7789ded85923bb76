"""How Alembic reaches the application's database and models."""

import time
import warnings
from typing import Any

import sqlalchemy as sa
from alembic import context
from flask import current_app
from psycopg.errors import LockNotAvailable

from app.core.database import UtcTime, db
from app.core.session import transactional

# Operations on a table look at its indexes. SQLAlchemy can't describe those on expressions, and none is changed.
warnings.filterwarnings("ignore", "Skipped unsupported reflection of expression-based index", sa.exc.SAWarning)


def plain_types(kind: str, item: object, _context: object) -> str | bool:
    """Migrations are self-contained: they name no type of the application's."""
    return "sa.DateTime(timezone=True)" if kind == "type" and isinstance(item, UtcTime) else False


def is_compared(item: Any, name: str | None, kind: str, _reflected: bool, _compared_to: object) -> bool:
    """Whether autogeneration compares it: not an index of the other database, and not the tables that SQLite's
    full-text index consists of, which no model describes.
    """
    if kind == "table":
        return not str(name).startswith("person_search")
    return kind != "index" or item.info.get("dialect") in (None, context.get_context().dialect.name)


OPTIONS: dict[str, Any] = {
    "include_object": is_compared,
    "target_metadata": db.metadata,
    "compare_type": True,
    "render_as_batch": True,
    "render_item": plain_types,
}


LOCK_MILLISECONDS = 500
"""Less than PostgreSQL's deadlock_timeout (1 s), so that in a conflict with a sign-in the migration yields."""
LOCK_TRIES = 60
LOCK_PAUSE_SECONDS = 1


def run() -> None:
    """Runs the migrations with a short lock timeout and retries.

    Sign-ins would queue behind a migration that waits for a lock, for example until a backup ends. Raises
    SQLAlchemy's OperationalError if no try got the lock.
    """
    for left in reversed(range(LOCK_TRIES)):
        try:
            _run()
            return
        except sa.exc.OperationalError as error:
            if not left or not isinstance(error.orig, LockNotAvailable):
                raise
            time.sleep(LOCK_PAUSE_SECONDS)


def _run() -> None:
    engine = transactional(current_app.extensions["migrate"].db.engine)
    with engine.connect() as connection:
        connection.detach()  # closed afterwards, and its settings with it
        if connection.dialect.name == "sqlite":
            # Alembic recreates a table to change it in SQLite, which would break foreign keys to it. The pragma only
            # takes effect between transactions.
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.commit()
        else:
            connection.exec_driver_sql(f"SET lock_timeout = {LOCK_MILLISECONDS}")
            connection.commit()
        # A migration is whole or not there: one killed half way is run again.
        context.configure(connection=connection, transaction_per_migration=True, **OPTIONS)
        with context.begin_transaction():
            context.run_migrations()


run()
