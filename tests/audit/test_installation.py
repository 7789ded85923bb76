"""The installation's log: entries get their places with their transaction, and are never changed."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit import log
from app.audit.chain import first_fault
from app.audit.events.base import INSTALLATION
from app.audit.log import record
from app.audit.models import InstallationEntry
from app.audit.queries import chain, extent
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from tests.assertions import queries
from tests.audit.chains import open_entries
from tests.events import PigeonFlew

WRITERS = 20


def fly(*codes: str) -> None:
    for code in codes:
        record(PigeonFlew(company_id=INSTALLATION, code=code))


def chained() -> list[str]:
    """The codes of the events in the chain, which has no fault."""
    found = extent(INSTALLATION)
    entries = list(chain(INSTALLATION, found.last_number))
    assert first_fault(entries, found.end) is None
    return [entry["detail"]["code"] for entry in entries]


def test_concurrent_writers_make_one_chain_without_gaps(app: Flask) -> None:
    def write(writer: int) -> None:
        with app.app_context():
            for turn in range(3):
                with unit_of_work():
                    fly(f"{writer}-{turn}-a", f"{writer}-{turn}-b")

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    with app.app_context():
        expected = [f"{writer}-{turn}-{part}" for writer in range(WRITERS) for turn in range(3) for part in "ab"]
        assert sorted(chained()) == sorted(expected)


def test_rollback_leaves_no_entry(app: Flask) -> None:
    with app.app_context():
        with unit_of_work():
            fly("first")
        with unit_of_work():
            fly("undone")
            db.session.rollback()
            fly("kept")
            with db.session.begin_nested() as undone:
                fly("undone, too")
                undone.rollback()
        assert chained() == ["first", "kept"]


def test_end_of_the_chain_is_locked_at_the_commit_only(
    app: Flask, company_ids: list[UUID], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log, "MOST_PENDING", 2)
    with app.app_context():
        with queries(app) as sent, unit_of_work():
            for code in ("a", "b", "c"):
                fly(code)
                record(PigeonFlew(company_id=company_ids[0], code=code))
            assert "audit_entry" in "".join(sent)
            assert "audit_installation" not in "".join(sent)
        assert chained() == ["a", "b", "c"]
        assert [entry.detail["code"] for entry in open_entries(company_ids[0])] == ["a", "b", "c"]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_installation SET event = 'a.b'", "DELETE FROM audit_installation", "TRUNCATE audit_installation"],
)
def test_database_rejects_changes(app: Flask, statement: str) -> None:
    with app.app_context():
        if statement.startswith("TRUNCATE") and db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite has no TRUNCATE")
        with unit_of_work():
            fly("a")
        with pytest.raises(sa.exc.DBAPIError, match="history is written once"), unit_of_work():
            db.session.execute(sa.text(statement))
        assert db.session.scalars(sa.select(InstallationEntry.event)).all() == ["pigeon.flew"]
