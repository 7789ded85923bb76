"""Alive, and ready."""

import sqlite3

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
        with db.engine.connect() as connection:
            at = MigrationContext.configure(connection).get_current_heads()
    except sa.exc.SQLAlchemyError:
        return _plain("database: no answer", 503)
    wanted = ScriptDirectory(str(migrate.directory)).get_heads()
    if set(at) != set(wanted):
        return _plain("migrations: run `flask db upgrade`", 503)
    try:
        current_app.extensions["queue"].pending_count()
    except (redis.RedisError, sqlite3.Error):
        return _plain("queue: no answer", 503)
    return _plain("ok", 200)


def _plain(text: str, status: int) -> Response:
    response = make_response(text + "\n", status)
    response.mimetype = "text/plain"
    return response
