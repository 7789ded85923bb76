"""Pooled connections keep no state from earlier use."""

import pytest
import sqlalchemy as sa
from flask import Flask

from app.core.database import db
from app.core.session import transactional


def test_open_transaction_is_rolled_back_before_connection_is_reused(app: Flask) -> None:
    with app.app_context():
        left = transactional(db.engine).connect()
        left.exec_driver_sql("BEGIN IMMEDIATE" if left.dialect.name == "sqlite" else "SELECT 1")
        left.exec_driver_sql("CREATE TABLE half_done (id integer)")
        left.connection.close()
        assert not sa.inspect(db.engine).has_table("half_done")
        db.engine.dispose()
        assert not sa.inspect(db.engine).has_table("half_done")


def test_connection_is_usable_after_failed_statement(app: Flask) -> None:
    with app.app_context():
        with transactional(db.engine).connect() as failed, pytest.raises(sa.exc.DBAPIError):
            failed.exec_driver_sql("SELECT no_such_column")
        with db.engine.connect() as connection:
            assert connection.scalar(sa.text("SELECT 1")) == 1


def test_connection_closed_by_server_while_idle_is_replaced(app: Flask) -> None:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            return  # there is no server
        backend = sa.func.pg_backend_pid()
        closed = db.session.scalar(sa.select(backend))
        db.session.remove()
        other = sa.create_engine(db.engine.url)
        with other.connect() as connection:
            connection.execute(sa.select(sa.func.pg_terminate_backend(closed, 10_000)))
        other.dispose()
        assert db.session.scalar(sa.select(backend)) != closed
