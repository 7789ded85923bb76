"""What a returning person's sign-in costs: statements, round trips to PostgreSQL, bytes written by SQLite, requests to
Microsoft.
"""

import re
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app.audit.closing import close_open_entries
from app.core.database import db
from app.core.session import transactional
from app.login.microsoft import sign_in
from app.login.microsoft.sign_in import authenticate
from app.login.result import AuthResult
from tests.assertions import last_failure_reason, queries, rows, written
from tests.browser import Browser, pick
from tests.cast import ALICE, Cast
from tests.tasks import run_tasks

PRESSED = 40


@pytest.fixture
def answer(cast: Cast) -> tuple[Browser, str]:
    """A browser of a returning person, and Microsoft's answer."""
    cast.browser().sign_in_as(ALICE, "contoso", cast.directory)
    return pressed(cast)


def pressed(cast: Cast) -> tuple[Browser, str]:
    browser = cast.browser()
    return browser, pick(cast.directory, browser.begin("contoso"), ALICE)


def test_login_page_and_button_cost_a_query_each(cast: Cast) -> None:
    browser = cast.browser()
    with queries(cast.app) as sent:
        browser.get("/login/contoso")
    assert len(sent) == 1
    with queries(cast.app) as sent:
        browser.begin("contoso")
    assert len(sent) == 2, "the page again, and the connection"


def test_callback_costs_eight_statements_and_one_request(cast: Cast, answer: tuple[Browser, str]) -> None:
    browser, path = answer
    cast.directory.forget_requests()
    with queries(cast.app) as sent:
        assert browser.get(path).status_code == 303
    assert [re.match(r"[A-Z]+ (?:INTO \w+|[\w\"]+)|SELECT", statement)[0] for statement in sent] == [  # type: ignore[index]
        *("SELECT connection_draft", "SELECT person"),
        # Whether the connection maps roles: it doesn't.
        "SELECT DISTINCT",
        *("UPDATE person", "INSERT INTO session", "SELECT session", "SELECT application", "INSERT INTO audit_entry"),
    ]
    assert [one["kind"] for one in cast.directory.requests()] == ["token"]


def test_callback_costs_ten_round_trips(cast: Cast, answer: tuple[Browser, str], tmp_path: Path) -> None:
    if is_sqlite(cast.app):
        pytest.skip("SQLite has no round trips")
    browser, path = answer
    with (tmp_path / "trace").open("w") as trace:
        with cast.app.app_context(), db.engine.connect() as connection:
            driver = connection.connection.driver_connection
            assert driver
            driver.pgconn.trace(trace.fileno())
        assert browser.get(path).status_code == 303
        driver.pgconn.untrace()
    trips = re.findall(r"\tF\t\d+\t(?:Sync|Query)\b", (tmp_path / "trace").read_text())
    assert len(trips) == 10, "eight statements, BEGIN and COMMIT"


def test_sign_in_writes_at_most_forty_kilobytes(cast: Cast) -> None:
    """On SQLite, to its log, on average: with its place in the audit log's chain, and with pages that split."""
    if not is_sqlite(cast.app):
        pytest.skip("PostgreSQL decides for itself what it writes")
    cast.browser().sign_in_as(ALICE, "contoso", cast.directory)
    ready = [pressed(cast) for _ in range(PRESSED)]
    with cast.app.app_context():
        file = Path(str(db.engine.url.database))
        with db.engine.connect() as connection:
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        for browser, path in ready:
            assert browser.get(path).status_code == 303
        close_open_entries()
    written = file.with_name(f"{file.name}-wal").stat().st_size
    assert written / PRESSED < 40_000, written / PRESSED


def test_profile_after_the_answer_costs_a_query_a_request_and_a_write(cast: Cast, answer: tuple[Browser, str]) -> None:
    run_tasks(cast.app)
    browser, path = answer
    browser.get(path)
    cast.directory.forget_requests()
    with queries(cast.app) as sent:
        assert run_tasks(cast.app) == 1
    assert [statement.split()[0] for statement in sent] == ["SELECT", "UPDATE"]
    assert len(cast.directory.requests()) == 1


def is_sqlite(app: Flask) -> bool:
    with app.app_context():
        return db.engine.dialect.name == "sqlite"


@pytest.mark.parametrize(
    ("change", "status", "reason"),
    [
        ("UPDATE person SET is_active = false WHERE oid IS NOT NULL", 403, "deactivated"),
        ("UPDATE connection SET is_enabled = false", 404, ""),
        ("UPDATE company SET is_active = false", 404, ""),
        ("UPDATE person SET role = 'admin'", 303, ""),
    ],
    ids=["person deactivated", "connection deactivated", "company deactivated", "nothing that matters"],
)
def test_what_changes_until_the_session_begins_counts(
    cast: Cast, answer: tuple[Browser, str], monkeypatch: pytest.MonkeyPatch, change: str, status: int, reason: str
) -> None:
    """The person and the connection were read, and allowed, before."""

    def slowly(*arguments: Any, **options: Any) -> AuthResult:
        result = authenticate(*arguments, **options)
        with cast.app.app_context(), transactional(db.engine).begin() as connection:
            connection.exec_driver_sql(change)
        return result

    monkeypatch.setattr(sign_in, "authenticate", slowly)
    browser, path = answer
    before = rows(cast.app)
    assert browser.get(path).status_code == status
    new = written(before, rows(cast.app))
    if status == 303:
        assert new == {"session": 1, "audit_entry": 1}
    else:
        assert new == ({"audit_entry": 1} if reason else {})
    if reason:
        assert last_failure_reason(cast.app) == reason
