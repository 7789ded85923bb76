"""A sync that keeps failing for an internal reason stops after a number of tries."""

import time
from typing import Any

import pytest
import time_machine

from app.core.database import db
from app.core.tasks import MOST_TRIES
from app.crm.sync import sync, sync_store
from tests.assertions import audit_entries
from tests.crm.admin import Admin
from tests.mail_server import LocalMailServer


def hours_pass(admin: Admin, hours: int) -> int:
    """Runs the check for due syncs once an hour; returns the number of tasks."""
    began, done = time.time(), 0
    for hour in range(1, hours + 1):
        with time_machine.travel(began + 3660 * hour):
            with admin.cast.app.app_context():
                db.session.rollback()
                sync.enqueue_due()
            try:
                done += admin.run_worker()
            except SystemExit:
                done += 1
    return done


@pytest.mark.parametrize("error", [RuntimeError, SystemExit], ids=["exception", "worker exits"])
def test_sync_that_keeps_failing_stops_after_5_tries_with_a_reason(
    connected: Admin, monkeypatch: pytest.MonkeyPatch, mail_server: LocalMailServer, error: type[BaseException]
) -> None:
    tries = []

    def fail(*_args: Any) -> None:
        tries.append(1)
        raise error

    with monkeypatch.context() as failing:
        failing.setattr(sync_store, "upsert_contacts", fail)
        connected.call("PUT", "/contacts/aaaaaaaa-0000-4000-8000-000000000001", {"fullname": "Breaks Us"})
        hours_pass(connected, hours=7)
        assert len(tries) == MOST_TRIES
        assert hours_pass(connected, hours=2) == 0
    with connected.cast.app.app_context():
        connection = connected.connection()
        assert (connection.trouble, connection.sync_state.next_at) == ("failed", None)
    assert "Contact sync stopped" in connected.page()
    assert [entry.detail["reason"] for entry in audit_entries(connected.cast.app, "crm.trouble")] == ["failed"]
    assert "Contact sync stopped" in mail_server.subjects()


def test_admin_restarts_a_stopped_sync(connected: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as failing:
        failing.setattr(sync_store, "upsert_contacts", lambda *_args: 1 / 0)
        connected.call("PUT", "/contacts/aaaaaaaa-0000-4000-8000-000000000001", {"fullname": "New Here"})
        hours_pass(connected, hours=7)
    started = connected.press("reauthenticate")
    connected.follow(started)
    connected.run_worker()
    assert "New Here" in {row.full_name for row in connected.contacts().values()}
    with connected.cast.app.app_context():
        connection = connected.connection()
        assert (connection.trouble, connection.sync_state.tries) == (None, 0)
