"""The one place that commits."""

import sqlite3
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
import sqlalchemy as sa
from flask import Flask
from psycopg.pq import TransactionStatus
from werkzeug.exceptions import MethodNotAllowed

from app.audit.events.companies import CompanyChanged
from app.audit.log import record
from app.audit.models import AuditEntry
from app.companies import actions as companies
from app.companies import queries
from app.companies.models import Company
from app.core.database import db, release_connection
from app.core.email import deliver
from app.core.session import OutsideUnitOfWork
from app.core.unit_of_work import after_commit, in_unit_of_work, unit_of_work
from app.microsoft_clients import microsoft


@unit_of_work()
def _fail(action: Callable[[], object]) -> None:
    action()
    raise ZeroDivisionError


def test_unit_is_committed_at_its_end(app: Flask) -> None:
    with app.app_context(), unit_of_work():
        companies.create("Contoso", "contoso")
    with app.app_context():
        assert queries.by_code("contoso")


def test_unit_that_raises_leaves_nothing(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            _fail(lambda: companies.create("Contoso", "contoso"))
        assert not in_unit_of_work()
        assert queries.by_code("contoso") is None
        assert db.session.query(AuditEntry).count() == 0


def test_callbacks_run_after_commit(app: Flask) -> None:
    seen = []
    with app.app_context():
        with unit_of_work():
            companies.create("Contoso", "contoso")
            after_commit(lambda: seen.append(in_unit_of_work()))
            assert not seen
        assert seen == [False]


def test_callbacks_of_rolled_back_work_do_not_run(app: Flask) -> None:
    seen = []
    with app.app_context():
        with pytest.raises(ZeroDivisionError):
            _fail(lambda: after_commit(lambda: seen.append("raised")))
        with unit_of_work():
            companies.create("Contoso", "contoso")
            after_commit(lambda: seen.append("discarded"))
            db.session.rollback()
            after_commit(lambda: seen.append("kept"))
    assert seen == ["kept"]


def test_callback_outside_unit_runs_immediately(app: Flask) -> None:
    seen = []
    with app.app_context():
        after_commit(lambda: seen.append("ran"))
    assert seen == ["ran"]


def test_units_do_not_nest(app: Flask) -> None:
    with app.app_context(), unit_of_work(), pytest.raises(RuntimeError, match="inside another one"), unit_of_work():
        pass


def test_nothing_else_commits(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(RuntimeError, match="by unit_of_work"):
            db.session.commit()
        with unit_of_work(), pytest.raises(RuntimeError, match="by unit_of_work"):
            db.session.commit()


def test_unit_keeps_its_connection(app: Flask) -> None:
    with app.app_context(), unit_of_work(), pytest.raises(RuntimeError, match="keeps its connection"):
        release_connection()


def test_unit_rejects_requests_to_microsoft(app: Flask) -> None:
    with app.app_context(), unit_of_work(), pytest.raises(RuntimeError, match="a request to Microsoft"):
        microsoft().http_client.get("https://login.microsoftonline.com/")


def test_head_request_has_no_unit(app: Flask) -> None:
    with app.test_request_context("/", method="HEAD"), pytest.raises(MethodNotAllowed), unit_of_work():
        pass


def test_flush_outside_unit_raises(app: Flask) -> None:
    with app.app_context():
        db.session.add(Company(name="Contoso"))
        with pytest.raises(OutsideUnitOfWork):
            db.session.flush()


@pytest.mark.parametrize(
    "statement",
    [sa.insert(Company).values(name="x"), sa.update(Company).values(name="x"), sa.delete(Company)],
    ids=["insert", "update", "delete"],
)
def test_write_statement_outside_unit_raises(app: Flask, statement: sa.Executable) -> None:
    with app.app_context(), pytest.raises(OutsideUnitOfWork):
        db.session.execute(statement)


def test_recording_event_outside_unit_raises(app: Flask) -> None:
    """It would be lost silently."""
    with app.app_context(), pytest.raises(OutsideUnitOfWork):
        record(CompanyChanged(company_id=uuid4(), changed={}))


def test_task_is_queued_after_commit(app: Flask) -> None:
    queue = app.extensions["queue"]
    with app.app_context():
        with unit_of_work():
            deliver.enqueue(sealed="x")
            assert queue.pending_count() == 0
            deliver.enqueue_now(sealed="x")
            assert queue.pending_count() == 1
        assert queue.pending_count() == 2
        with pytest.raises(ZeroDivisionError):
            _fail(lambda: deliver.enqueue(sealed="x"))
        assert queue.pending_count() == 2


def test_unit_is_a_transaction_and_a_read_outside_is_not(app: Flask) -> None:
    with app.app_context():
        queries.by_code("contoso")
        assert not is_in_transaction()
        with unit_of_work():
            companies.create("Contoso", "contoso")
            assert is_in_transaction()
        assert not is_in_transaction()


def is_in_transaction() -> bool:
    connection: Any = db.session.connection().connection.dbapi_connection
    if isinstance(connection, sqlite3.Connection):
        return connection.in_transaction
    return bool(connection.info.transaction_status != TransactionStatus.IDLE)
