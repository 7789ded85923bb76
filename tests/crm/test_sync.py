"""Syncing contacts: first all, then changes only; resumed if a worker dies; never two syncs at once."""

import re
import threading
import uuid
from datetime import timedelta

import pytest

from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.crm import queries
from app.crm.sync import sync, sync_store
from app.crm.sync.prefetch import PagePrefetcher
from app.crm.sync.sync_store import LostLease
from app.entra import dataverse
from app.entra.errors import InvalidResponse
from tests.assertions import audit_entries
from tests.crm.admin import Admin

A_CONTACT = "/contacts/aaaaaaaa-0000-4000-8000-000000000001"


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ten rows a page instead of two thousand."""
    monkeypatch.setattr(dataverse, "PREFER", dataverse.PREFER.replace("maxpagesize=2000", "maxpagesize=10"))


def again(admin: Admin) -> None:
    """The next hour's run."""
    admin.make_due()
    with admin.cast.app.app_context():
        sync.enqueue_due()
    admin.run_worker()


def claimed(admin: Admin, worker: str) -> uuid.UUID:
    """The id of the company's connection, whose run this worker has claimed."""
    with unit_of_work():
        connection_id = admin.connection().id
        assert sync_store.claim(connection_id, worker)
    return connection_id


def sync_one_page(connection_id: uuid.UUID, worker: str) -> bool:
    """A worker that reads a single page. The page fetched ahead has been answered when this returns."""
    with PagePrefetcher() as ahead:
        return sync._sync_page(connection_id, worker, ahead)


def test_contact_has_all_its_fields(connected: Admin) -> None:
    values = {
        "fullname": "Zoë van der Berg",
        "jobtitle": "Buyer",
        "emailaddress1": "Zoe@Customers.example",
        "telephone1": None,
        "mobilephone": "+31 6 1234",
        "company": "Litware",
        "modifiedon": "2026-11-01T10:00:00Z",
    }
    connected.call("PUT", A_CONTACT, values)
    again(connected)
    row = connected.contacts()[A_CONTACT.rpartition("/")[2]]
    assert (row.full_name, row.job_title, row.email) == ("Zoë van der Berg", "Buyer", "Zoe@Customers.example")
    assert (row.phone, row.company_name) == ("+31 6 1234", "Litware")
    assert row.modified_at is not None
    assert row.modified_at.isoformat() == "2026-11-01T10:00:00+00:00"


def test_next_run_syncs_only_changes_including_deletions(connected: Admin) -> None:
    first, second = connected.call("GET", "/contacts?count=2")
    connected.call("PUT", f"/contacts/{first['id']}", {"fullname": "Another Name"})
    connected.call("DELETE", f"/contacts/{second['id']}")
    connected.call("PUT", A_CONTACT, {"fullname": "New Here"})
    connected.cast.directory.forget_requests()
    again(connected)
    contacts = connected.contacts()
    assert contacts[first["id"]].full_name == "Another Name"
    assert second["id"] not in contacts
    assert len(contacts) == 60
    assert len(connected.cast.directory.requests("contacts")) == 1
    assert "60" in connected.page()


def test_no_request_is_sent_before_an_hour_has_passed(connected: Admin) -> None:
    connected.cast.directory.forget_requests()
    with connected.cast.app.app_context():
        sync.enqueue_due()
        sync.sync(connected.connection().id)
        next_at = connected.connection().sync_state.next_at
    connected.run_worker()
    assert connected.cast.directory.requests() == []
    assert next_at is not None
    assert timedelta(minutes=59) < next_at - now() <= timedelta(hours=1)


def test_sync_now_does_not_wait_for_the_hour(connected: Admin) -> None:
    connected.call("PUT", A_CONTACT, {"fullname": "New Here"})
    connected.press("bring")
    assert "Starting…" in connected.page()
    connected.run_worker()
    assert "New Here" in connected.page("/crm?q=new")


@pytest.mark.usefixtures("small_pages")
def test_interrupted_run_resumes_at_its_page(admin: Admin) -> None:
    admin.connect()
    with admin.cast.app.app_context():
        connection_id = claimed(admin, "a worker that dies")
        for _ in range(3):
            assert sync_one_page(connection_id, "a worker that dies")
        page = admin.page()
        assert "30 of about 60." in page
        assert queries.due(now()) == [], "its lease hasn't expired yet"
        with unit_of_work():
            admin.connection().sync_state.lease_until = now()
        assert queries.due(now()) == [connection_id]
        sync.enqueue_due()
    admin.cast.directory.forget_requests()
    admin.run_worker()
    assert len(admin.contacts()) == 60
    assert len(admin.cast.directory.requests("contacts")) == 3
    with admin.cast.app.app_context():
        assert admin.connection().sync_state.done == 60


@pytest.mark.usefixtures("small_pages")
def test_run_longer_than_its_time_slice_continues_as_another_task(
    admin: Admin, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sync, "TIME_SLICE", timedelta(0))
    admin.connect()
    assert admin.run_worker() == 6, "a page each"
    assert len(admin.contacts()) == 60
    with admin.cast.app.app_context():
        assert admin.connection().sync_state.started_at is None


@pytest.mark.usefixtures("small_pages")
def test_worker_that_lost_its_lease_writes_nothing(admin: Admin) -> None:
    admin.connect()
    with admin.cast.app.app_context():
        connection_id = claimed(admin, "slow")
        sync_one_page(connection_id, "slow")
        with unit_of_work():
            admin.connection().sync_state.lease_until = now()
        with unit_of_work():
            assert sync_store.claim(connection_id, "quick")
        with pytest.raises(LostLease):
            sync_one_page(connection_id, "slow")
        db.session.rollback()
        assert admin.connection().sync_state.done == 10


@pytest.mark.usefixtures("small_pages")
def test_only_one_of_several_concurrent_workers_syncs(admin: Admin) -> None:
    admin.connect()
    with admin.cast.app.app_context():
        connection_id = admin.connection().id
    admin.cast.directory.forget_requests()
    started = threading.Barrier(4)

    def run() -> None:
        with admin.cast.app.app_context():
            started.wait(10)
            sync.sync(connection_id)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(admin.cast.directory.requests("contacts")) == 6
    assert len(admin.contacts()) == 60


@pytest.mark.usefixtures("small_pages")
def test_rate_limit_is_waited_for_before_continuing(admin: Admin) -> None:
    admin.connect()
    with admin.cast.app.app_context():
        connection_id = claimed(admin, "first")
        sync_one_page(connection_id, "first")
        with unit_of_work():
            sync_store.release_lease(admin.connection().sync_state, "first", again_at=now())
    admin.cast.directory.drill("dataverse_busy", retry_after=90, times=1)
    with admin.cast.app.app_context():
        sync.sync(connection_id)
        held = admin.connection().sync_state
        assert held.next_at is not None
        assert timedelta(seconds=80) < held.next_at - now() <= timedelta(seconds=90)
        assert held.done == 10
        assert admin.connection().trouble == "unreachable"
        assert [task.eta is not None for task in admin.cast.app.extensions["queue"].scheduled()] in ([True], [])
    page = admin.page()
    assert "Dynamics 365 isn’t responding" in page
    assert "Re-authenticate" not in page
    admin.cast.directory.forget_requests()
    admin.press("bring")
    admin.run_worker()
    assert "asked us to wait" in admin.page()
    assert admin.cast.directory.requests("contacts") == [], "no one can shorten the wait"
    again(admin)
    assert len(admin.contacts()) == 60
    with admin.cast.app.app_context():
        assert admin.connection().trouble is None


@pytest.mark.parametrize(("drill", "trouble"), [("dataverse_malformed", "broken"), ("dataverse_down", "unreachable")])
def test_temporary_problem_is_retried_without_losing_changes(connected: Admin, drill: str, trouble: str) -> None:
    connected.call("PUT", A_CONTACT, {"fullname": "New Here"})
    connected.cast.directory.drill(drill)
    again(connected)
    with connected.cast.app.app_context():
        assert connected.connection().trouble == trouble
        assert connected.connection().sync_state.next_at is not None
    connected.cast.directory.clear_drills()
    again(connected)
    assert len(connected.contacts()) == 61


def test_expired_delta_link_triggers_full_sync_with_deletions(connected: Admin) -> None:
    connected.call("DELETE", "/contacts?count=5")
    with connected.cast.app.app_context(), unit_of_work():
        connected.connection().sync_state.delta_link = f"{connected.connection().sync_state.delta_link}broken"
    again(connected)
    assert len(connected.contacts()) == 55


@pytest.mark.usefixtures("small_pages")
def test_no_request_outlives_its_task(admin: Admin) -> None:
    admin.connect()
    with admin.cast.app.app_context():
        connection_id = claimed(admin, "first")
        assert sync_one_page(connection_id, "first")
    assert [thread.name for thread in threading.enumerate() if thread.name.startswith("crm-ahead")] == []


@pytest.mark.usefixtures("small_pages")
def test_rejected_page_link_restarts_sync_later(admin: Admin) -> None:
    admin.connect()
    with admin.cast.app.app_context():
        connection_id = claimed(admin, "first")
        sync_one_page(connection_id, "first")
        with unit_of_work():
            held = admin.connection().sync_state
            held.link = f"{held.link}broken"
            sync_store.release_lease(held, "first", again_at=now())
        admin.cast.directory.forget_requests()
        sync.sync(connection_id)
        assert len(admin.cast.directory.requests("contacts")) == 1
        assert admin.connection().trouble == "broken"
    again(admin)
    assert len(admin.contacts()) == 60


def test_weeks_without_sync_trigger_full_sync(connected: Admin) -> None:
    connected.call("DELETE", "/contacts?count=5")
    # By then Dataverse would send all contacts without mentioning deletions.
    connected.call("PUT", "", {"forget_changes": True})
    with connected.cast.app.app_context(), unit_of_work():
        state = connected.connection().sync_state
        assert state.finished_at
        state.finished_at -= timedelta(days=26)
    again(connected)
    assert len(connected.contacts()) == 55


@pytest.mark.parametrize("how", [True, "refused"])
def test_changes_dynamics_no_longer_has_trigger_full_sync_and_are_reported(admin: Admin, how: object) -> None:
    """An organization may keep changes for only a few days or less, so this can happen at any time."""
    admin.call("PATCH", "/contacts", {"count": 100, "values": {"modifiedon": "2026-01-02T03:04:05Z"}})
    assert admin.connect().status_code == 303
    admin.run_worker()
    connected = admin
    connected.call("DELETE", "/contacts?count=5")
    connected.call("PUT", "", {"forget_changes": how})
    again(connected)
    assert len(connected.contacts()) == 55
    assert len(audit_entries(connected.cast.app, "crm.changes_lost")) == 1
    assert "no longer had the changes since the last sync" in connected.page()
    assert "all contacts are synced again" in connected.browser.get("/audit").text
    connected.call("PATCH", "/contacts", {"count": 1, "values": {"jobtitle": "Buyer"}})
    again(connected)
    assert len(audit_entries(connected.cast.app, "crm.changes_lost")) == 1, "later changes are synced as changes again"


def test_link_to_another_host_is_not_followed(connected: Admin) -> None:
    with connected.cast.app.app_context():
        bound = connected.connection().environment
    with pytest.raises(InvalidResponse):
        dataverse._link({"@odata.nextLink": "https://evil.example/api/data/v9.2/contacts?"}, "@odata.nextLink", bound)


def test_contact_without_name_is_named_by_email_address(connected: Admin) -> None:
    other = f"/contacts/{uuid.uuid4()}"
    connected.call("PUT", A_CONTACT, {"emailaddress1": "info@customers.example"})
    connected.call("PUT", other, {"fullname": None})
    again(connected)
    names = {row.full_name for row in connected.contacts().values()}
    assert {"info@customers.example", "Unnamed contact"} <= names


def test_inactive_company_does_not_sync(connected: Admin) -> None:
    with connected.cast.app.app_context():
        with unit_of_work():
            connection = connected.connection()
            connection.company.is_active = False
            connection.sync_state.next_at = now()
        assert queries.due(now()) == []


def test_disconnecting_stops_running_sync(admin: Admin) -> None:
    admin.connect()
    with admin.cast.app.app_context():
        connection_id = admin.connection().id
    admin.press("disconnect", contacts="keep")
    with admin.cast.app.app_context():
        sync.sync(connection_id)
    assert "Amara" not in admin.page()


def test_sync_now_says_what_happens_next(connected: Admin) -> None:
    assert "Sync started." in connected.browser.get(connected.press("bring").location or "").text
    with connected.cast.app.app_context(), unit_of_work():
        connected.connection().sync_state.started_at = now()
    connected.press("bring")
    assert "A sync is already running." in connected.page()
    with connected.cast.app.app_context(), unit_of_work():
        connected.connection().sync_state.not_before = now() + timedelta(minutes=5)
    connected.press("bring")
    assert re.search(r"starts by itself in \d+ minutes", connected.page())
    with connected.cast.app.app_context(), unit_of_work():
        connected.connection().sync_state.next_at = None
    connected.press("bring")
    assert "until you re-authenticate" in connected.page()
