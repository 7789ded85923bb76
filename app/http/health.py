"""Liveness and readiness."""

from dataclasses import dataclass
from functools import lru_cache

import sqlalchemy as sa
from flask import Response, current_app, make_response

from app.core import tasks
from app.core.database import MIGRATIONS, db


def alive() -> Response:
    return _plain("ok", 200)


def ready() -> Response:
    """Ready if the database answers and has every migration of this code, and the queue answers."""
    try:
        fault = migrations().fault
    except sa.exc.SQLAlchemyError:
        return _plain("database: no answer", 503)
    if fault:
        return _plain(f"migrations: {fault}", 503)
    try:
        current_app.extensions["queue"].pending_count()
    except tasks.storage_errors():
        return _plain("queue: no answer", 503)
    return _plain("ok", 200)


@dataclass(frozen=True)
class Migrations:
    """The database's migrations compared to this code's."""

    fault: str
    """What to do if one of the code's own is missing; empty if none is."""
    newer: tuple[str, ...]
    """Migrations that the code doesn't know. They belong to a newer version and only add: during every upgrade the old
    code runs on them.
    """


def migrations() -> Migrations:
    """Raises SQLAlchemy's errors."""
    # Alembic is large, and only readiness checks and commands ask.
    from alembic.migration import MigrationContext

    with db.engine.connect() as connection:
        at = set(MigrationContext.configure(connection).get_current_heads())
    known, heads = _own()
    missing = not at or (at & known) - heads
    return Migrations("run `flask db upgrade`" if missing else "", tuple(sorted(at - known)))


@lru_cache
def _own() -> tuple[frozenset[str], frozenset[str]]:
    """All migrations that the code knows, and the newest of them; finding them reads every migration's file."""
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory(MIGRATIONS)
    return frozenset(one.revision for one in scripts.walk_revisions()), frozenset(scripts.get_heads())


def _plain(text: str, status: int) -> Response:
    response = make_response(text + "\n", status)
    response.mimetype = "text/plain"
    return response
