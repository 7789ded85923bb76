"""With an application permission Portico reads whom a directory disabled or deleted, and signs them out."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.cli.schedule import read_changes_of_users
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.provisioning.leavers import watch
from app.provisioning.leavers.models import UserChanges
from tests.accounts import sign_in
from tests.applications.client import register
from tests.assertions import audit_entries
from tests.browser import Browser
from tests.cast import BOB, CHARLIE, NO_PHOTO, OWNER_PASSWORD, Cast
from tests.directory import CONTOSO, Account
from tests.overview.test_audit_log import sentences
from tests.provisioning.mapped import PAGE, Mapped
from tests.provisioning.test_leavers import is_signed_in
from tests.tasks import run_tasks

GRANT = {"app_permissions": ["User.Read.All"]}


def turn(mapped: Mapped, *, on: bool, browser: Browser | None = None) -> Any:
    path = f"/account/advanced/leavers/{mapped.connection_id}/users"
    return (browser or mapped.cast.alice()).post_form(path, page="/account", enabled="yes" if on else "no")


@pytest.fixture
def reading(mapped: Mapped) -> Mapped:
    """Contoso's users have been read once."""
    mapped.register(**GRANT)
    assert turn(mapped, on=True).status_code == 303
    read(mapped)
    return mapped


def read(mapped: Mapped) -> None:
    """Ten minutes later."""
    with mapped.cast.app.app_context():
        with unit_of_work():
            for one in db.session.scalars(sa.select(UserChanges)):
                one.next_read_at = now() - timedelta(minutes=1)
        read_changes_of_users()
    run_tasks(mapped.cast.app)


def state(mapped: Mapped) -> UserChanges:
    with mapped.cast.app.app_context():
        return db.session.scalars(sa.select(UserChanges).execution_options(populate_existing=True)).one()


def asked(mapped: Mapped) -> list[dict[str, Any]]:
    return [one for one in mapped.cast.directory.requests() if one["path"].endswith("/users/delta")]


def leave(mapped: Mapped, how: str, account: Account = BOB) -> None:
    if how == "disabled":
        mapped.cast.directory.person(CONTOSO, account.oid, disabled=True)
    else:
        mapped.cast.directory.call("DELETE", f"tenants/{CONTOSO}/people/{account.oid}")


@pytest.mark.parametrize("how", ["disabled", "deleted"])
def test_who_leaves_loses_sessions_and_grants(reading: Mapped, how: str) -> None:
    client = register(reading.cast.app, "Reports", allow_offline_access=True)
    reading.cast.app.extensions["key_ring"].forget()
    first, other = reading.sign_in(), reading.sign_in(NO_PHOTO)
    received = client.tokens(first, scope="openid offline_access")
    leave(reading, how)
    read(reading)
    assert [is_signed_in(one) for one in (first, other)] == [False, True]
    assert client.refresh(received["refresh_token"]).status_code == 400
    (entry,) = audit_entries(reading.cast.app, "leaver.listed")
    assert entry.subject_id == reading.cast.person_id(BOB)
    assert entry.detail == {"title": "Contoso staff", "deleted": how == "deleted", "sessions": 1}
    log = "".join(sentences(reading.cast.alice().get("/audit").text))
    assert f"was {how} at Microsoft, so their sessions with Contoso staff were ended" in log


def test_offline_access_alone_ends_as_well(reading: Mapped) -> None:
    client = register(reading.cast.app, "Reports", allow_offline_access=True)
    reading.cast.app.extensions["key_ring"].forget()
    browser = reading.sign_in()
    received = client.tokens(browser, scope="openid offline_access")
    browser.post_form("/logout", page="/account")
    leave(reading, "disabled")
    read(reading)
    assert client.refresh(received["refresh_token"]).status_code == 400


def test_who_was_disabled_before_the_first_reading_is_found(mapped: Mapped) -> None:
    browser = mapped.sign_in()
    leave(mapped, "disabled")
    mapped.register(**GRANT)
    turn(mapped, on=True)
    read(mapped)
    assert not is_signed_in(browser)


def test_sessions_of_other_sign_in_methods_and_connections_stay(reading: Mapped, cast: Cast) -> None:
    """The directory decides about what began through its connection, for its own people."""
    charlie, by_password = cast.charlie(), cast.browser()
    assert sign_in(by_password, "owner@contoso.example", OWNER_PASSWORD) == 303
    namesake = {"name": "Someone", "upn": "someone@contoso.example", "disabled": True}
    cast.directory.person(CONTOSO, CHARLIE.oid, **namesake)
    leave(reading, "disabled")
    read(reading)
    assert [is_signed_in(one) for one in (charlie, by_password)] == [True, True]


def test_only_changes_are_read_afterwards(reading: Mapped) -> None:
    reading.cast.directory.forget_requests()
    read(reading)
    (one,) = asked(reading)
    assert one["delta"] == "$deltatoken"
    assert state(reading).read_at


def test_everyone_is_read_page_by_page(reading: Mapped, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that reads as much as it may is followed by one that goes on where it ended."""
    browser = reading.sign_in()
    for number in range(120):
        oid = f"d{number:07d}-0000-4000-8000-000000000000"
        reading.cast.directory.person(CONTOSO, oid, name=f"P{number}", upn=f"p{number}@contoso.example")
    leave(reading, "disabled")
    monkeypatch.setattr(watch, "MOST_PAGES", 1)
    reading.cast.directory.forget_requests()
    read(reading)
    assert "$skiptoken" in str(state(reading).link)
    assert state(reading).next_read_at <= now()
    read(reading)
    assert len(asked(reading)) == 2
    assert "$deltatoken" in str(state(reading).link)
    assert not is_signed_in(browser)


@pytest.mark.parametrize("drill", ["graph_delta_gone", "graph_delta_expired"])
def test_lost_state_has_everyone_read_again(reading: Mapped, drill: str) -> None:
    browser = reading.sign_in()
    leave(reading, "disabled")
    reading.cast.directory.drill(drill, tenant=CONTOSO)
    read(reading)
    assert not is_signed_in(browser)
    assert "$deltatoken" in str(state(reading).link)


@pytest.mark.parametrize("drill", ["graph_busy", "graph_down", "graph_malformed", "token_busy", "token_down"])
def test_outages_change_nothing(reading: Mapped, drill: str) -> None:
    browser, before = reading.sign_in(), state(reading).link
    leave(reading, "disabled")
    reading.cast.directory.drill(drill, tenant=CONTOSO)
    read(reading)
    reading.cast.directory.clear_drills()
    assert is_signed_in(browser)
    assert (state(reading).link, state(reading).problem) == (before, None)
    read(reading)
    assert not is_signed_in(browser)


def test_retry_after_is_kept(reading: Mapped) -> None:
    reading.cast.directory.drill("graph_busy", tenant=CONTOSO, retry_after=1800)
    read(reading)
    assert state(reading).next_read_at > now() + timedelta(seconds=1700)


def test_missing_permission_is_a_line_on_the_page_and_no_loop(mapped: Mapped) -> None:
    browser = mapped.cast.alice()
    assert turn(mapped, on=True, browser=browser).status_code == 303
    page = browser.get(PAGE).text
    assert "Microsoft refused: the permission is missing." in page
    assert state(mapped).next_read_at > now() + timedelta(minutes=50)
    mapped.cast.directory.forget_requests()
    with mapped.cast.app.app_context():
        read_changes_of_users()
    run_tasks(mapped.cast.app)
    assert asked(mapped) == []
    mapped.register(**GRANT)
    turn(mapped, on=True, browser=browser)
    page = browser.get(PAGE).text
    assert "On. Microsoft lets Portico read changes of users." in page
    assert "Microsoft refused" not in page
    assert len(audit_entries(mapped.cast.app, "leaver.reading_changed")) == 1


def test_permission_that_is_withdrawn_is_noticed(reading: Mapped) -> None:
    reading.register(app_permissions=[])
    read(reading)
    assert state(reading).problem == "permission"


def test_refused_credential_is_named(reading: Mapped) -> None:
    reading.cast.directory.drill("secret_wrong", tenant=CONTOSO)
    read(reading)
    reading.cast.directory.clear_drills()
    assert state(reading).problem == "credential"
    assert "Microsoft refused the application or its credential." in reading.cast.alice().get(PAGE).text


def test_turning_it_off_forgets_everything(reading: Mapped) -> None:
    browser = reading.sign_in()
    assert turn(reading, on=False).status_code == 303
    leave(reading, "disabled")
    with reading.cast.app.app_context():
        assert db.session.scalars(sa.select(UserChanges)).all() == []
        read_changes_of_users()
    run_tasks(reading.cast.app)
    assert is_signed_in(browser)


def test_each_reading_is_done_once_however_many_workers_there_are(reading: Mapped) -> None:
    with reading.cast.app.app_context():
        with unit_of_work():
            db.session.scalars(sa.select(UserChanges)).one().next_read_at = now() - timedelta(minutes=1)
        read_changes_of_users()
        read_changes_of_users()
    reading.cast.directory.forget_requests()
    run_tasks(reading.cast.app)
    assert len(asked(reading)) == 1


def test_outsider_and_member_change_nothing(mapped: Mapped, cast: Cast) -> None:
    assert turn(mapped, on=True, browser=cast.charlie()).status_code == 404
    assert turn(mapped, on=True, browser=cast.bob()).status_code == 403
    with cast.app.app_context():
        assert db.session.scalars(sa.select(UserChanges)).all() == []


def test_page_says_for_each_way_how_quickly_it_notices_and_what_it_needs(mapped: Mapped) -> None:
    page = mapped.cast.alice().get(PAGE).text.split('id="leavers"')[1]
    for words in (
        "At the next sign-in",
        "Front-channel logout",
        "Provisioning with SCIM",
        "Session checks",
        "Changes of users",
        "Within about 40 minutes",
        "User.Read.All as an application permission",
        "offline_access",
    ):
        assert words in page, words


def test_script_adds_the_permission_once_it_is_wanted(mapped: Mapped) -> None:
    browser = mapped.cast.alice()
    path = f"/account/advanced/active-directory/{mapped.connection_id}"
    assert "df021288-bdef-4463-88db-98f22de89214" not in browser.get(path).text
    turn(mapped, on=True, browser=browser)
    page = browser.get(path).text
    assert page.count("df021288-bdef-4463-88db-98f22de89214") >= 2
    assert "User.Read.All" in page
