"""Adding entries to the chain: after their transaction, once each, by one process at a time, whatever is killed."""

import os
import signal
from collections.abc import Iterator
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit import closing
from app.audit.closing import Closer, close_open_entries
from app.audit.events.companies import CompanyChanged
from app.audit.log import record
from app.core.database import db
from app.core.session import transactional
from app.core.unit_of_work import unit_of_work
from tests.assertions import queries
from tests.audit.chains import assert_whole, chained_entries, open_entries
from tests.e2e.processes import until
from tests.events import PigeonFlew


def fly(company_id: UUID, *codes: str) -> None:
    with unit_of_work():
        for code in codes:
            record(PigeonFlew(company_id=company_id, code=code))


def codes_in_chain(company_id: UUID) -> list[str]:
    return [entry.detail["code"] for entry in chained_entries(company_id)]


def test_numbers_follow_the_order_of_commits_not_of_ids(app: Flask, company_ids: list[UUID]) -> None:
    company_id = company_ids[0]
    with app.app_context():
        with unit_of_work():
            record(PigeonFlew(company_id=company_id, code="began first"))
            with app.app_context():
                fly(company_id, "committed first")
                assert close_open_entries() == 1
        assert close_open_entries() == 1
        assert codes_in_chain(company_id) == ["committed first", "began first"]
        assert_whole(company_id, 2)


def test_backlog_is_added_in_batches(app: Flask, company_ids: list[UUID], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closing, "BATCH", 3)
    with app.app_context():
        for company_id in company_ids:
            fly(company_id, *"abcde")
        assert close_open_entries() == 15
        for company_id in company_ids:
            assert codes_in_chain(company_id) == [*"abcde"]
            assert_whole(company_id, 5)


def test_batch_costs_few_statements_however_many_entries(app: Flask, company_ids: list[UUID]) -> None:
    with app.app_context():
        with queries(app) as idle:
            assert close_open_entries() == 0
        assert len(idle) == 1, "looks for open entries"
        numbers = []
        for times in (1, 50):
            for company_id in company_ids:
                fly(company_id, *["a"] * times)
            with queries(app) as sent:
                assert close_open_entries() == times * len(company_ids)
            numbers.append(len(sent))
        assert numbers == [8, 8], "looks twice; the lock, entries and ends; chain, ends and open rows"


def test_another_process_that_adds_entries_is_not_waited_for(app: Flask, company_ids: list[UUID]) -> None:
    with app.app_context():
        if db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite has one writer")
        fly(company_ids[0], "a")
        with transactional(db.engine).begin() as another:
            assert another.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(closing.LOCK)))
            assert close_open_entries() == 0
            fly(company_ids[0], "b")
        assert close_open_entries() == 2
        assert_whole(company_ids[0], 2)


@pytest.mark.parametrize("kills", [10, pytest.param(100, marks=pytest.mark.prove)])
def test_killed_closer_loses_and_doubles_nothing(app: Flask, company_ids: list[UUID], kills: int) -> None:
    """Killed before each of its statements in turn, before its commit, and after it."""
    with app.app_context():
        for number in range(kills):
            for company_id in company_ids:
                fly(company_id, str(number))
            assert closed_by_a_process_that_is_killed_at(number % 10) == -signal.SIGKILL
        close_open_entries()
        for company_id in company_ids:
            assert_whole(company_id, kills)
            assert sorted(codes_in_chain(company_id)) == sorted(str(number) for number in range(kills))


def closed_by_a_process_that_is_killed_at(step: int) -> int:
    """The exit code of another process that adds the open entries; its steps are its statements and its commit."""
    pid = os.fork()
    if pid:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    try:
        db.session.remove()
        db.engine.dispose(close=False)
        steps = iter(range(100))

        def die(*_: object) -> None:
            if next(steps) == step:
                os.kill(os.getpid(), signal.SIGKILL)

        sa.event.listen(db.engine, "before_cursor_execute", die)
        sa.event.listen(db.engine, "commit", die)
        close_open_entries()
        os._exit(0)
    finally:
        os._exit(1)


@pytest.fixture
def closer(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[Closer]:
    monkeypatch.setattr(closing, "PAUSE_SECONDS", 0.01)
    closing.init_app(app)
    yield app.extensions[closing.EXTENSION]
    app.extensions.pop(closing.EXTENSION).stop()


def test_server_with_an_embedded_database_adds_its_entries(app: Flask, company_ids: list[UUID], closer: Closer) -> None:
    company_id = company_ids[0]
    with app.app_context():
        for code in ("first", "second"):
            fly(company_id, code)
            until(lambda: not open_entries(company_id))
        assert codes_in_chain(company_id) == ["first", "second"]


def test_entries_stay_open_while_the_database_fails(
    app: Flask, company_ids: list[UUID], closer: Closer, monkeypatch: pytest.MonkeyPatch
) -> None:
    company_id = company_ids[0]
    failures = iter([True])

    def fail_once() -> int:
        if next(failures, False):
            raise sa.exc.OperationalError("the database", {}, Exception("is gone"))
        return close_open_entries()

    monkeypatch.setattr(closing, "close_open_entries", fail_once)
    with app.app_context():
        fly(company_id, "first")
        until(lambda: not open_entries(company_id))
        assert next(failures, None) is None


def test_rolled_back_unit_wakes_no_one(app: Flask, company_ids: list[UUID], monkeypatch: pytest.MonkeyPatch) -> None:
    woken = []
    monkeypatch.setattr(closing, "wake", lambda: woken.append(True))
    with app.app_context():
        with unit_of_work():
            record(CompanyChanged(company_id=company_ids[0], changed={}))
            db.session.rollback()
        assert woken == []
        fly(company_ids[0], "a")
        assert woken == [True]
