"""A sync that fails for a reason of ours, each time: not for ever."""

import time
from typing import Any

import pytest
import time_machine

from app.core.database import db
from app.core.tasks import MOST_TRIES
from app.crm.sync import sync, sync_store
from tests.assertions import history
from tests.crm.admin import Admin
from tests.post_office import PostOffice


def hours_pass(admin: Admin, hours: int) -> int:
    """What looks each minute for what is due, once in each hour; how many tasks that made."""
    began, done = time.time(), 0
    for hour in range(1, hours + 1):
        with time_machine.travel(began + 3660 * hour):
            with admin.cast.app.app_context():
                db.session.rollback()
                sync.enqueue_due()
            try:
                done += admin.work()
            except SystemExit:
                done += 1
    return done


@pytest.mark.parametrize("way", [RuntimeError, SystemExit], ids=["it raises", "its worker dies"])
def test_a_sync_that_fails_each_time_stops_after_5_tries_and_says_why(
    connected: Admin, monkeypatch: pytest.MonkeyPatch, post_office: PostOffice, way: type[BaseException]
) -> None:
    tries = []

    def fail(*_args: Any) -> None:
        tries.append(1)
        raise way

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
    assert [entry.detail["reason"] for entry in history(connected.cast.app, "crm.trouble")] == ["failed"]
    assert "Contact sync stopped" in post_office.subjects()


def test_after_it_was_given_up_an_admin_starts_it_again(connected: Admin, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as failing:
        failing.setattr(sync_store, "upsert_contacts", lambda *_args: 1 / 0)
        connected.call("PUT", "/contacts/aaaaaaaa-0000-4000-8000-000000000001", {"fullname": "New Here"})
        hours_pass(connected, hours=7)
    started = connected.press("reauthenticate")
    connected.follow(started)
    connected.work()
    assert "New Here" in {row.full_name for row in connected.contacts().values()}
    with connected.cast.app.app_context():
        connection = connected.connection()
        assert (connection.trouble, connection.sync_state.tries) == (None, 0)
