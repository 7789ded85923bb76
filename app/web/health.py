"""Alive, and ready."""

import sqlite3
from functools import lru_cache

import redis
import sqlalchemy as sa
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Response, current_app, make_response

from app.database import db, migrate


def alive() -> Response:
    return _plain("ok", 200)


def ready() -> Response:
    """Ready when the database answers and stands at the code's own migration, and the queue answers."""
    try:
        fault = migration_fault()
    except sa.exc.SQLAlchemyError:
        return _plain("database: no answer", 503)
    if fault:
        return _plain(f"migrations: {fault}", 503)
    try:
        current_app.extensions["queue"].pending_count()
    except (redis.RedisError, sqlite3.Error):
        return _plain("queue: no answer", 503)
    return _plain("ok", 200)


def migration_fault() -> str:
    """What mends it when the database does not stand at the code's own migration. Raises sqlalchemy's errors."""
    with db.engine.connect() as connection:
        at = MigrationContext.configure(connection).get_current_heads()
    return "" if set(at) == set(_heads()) else "run `flask db upgrade`"


@lru_cache
def _heads() -> list[str]:
    """The code's own; finding them reads every migration's file."""
    return ScriptDirectory(str(migrate.directory)).get_heads()


def _plain(text: str, status: int) -> Response:
    response = make_response(text + "\n", status)
    response.mimetype = "text/plain"
    return response
