"""A grant with offline access outlives its session, and so do checks whether its person is still there."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

from app.applications.grants.models import Grant
from app.cli.schedule import end_expired_sessions
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.provisioning.leavers.models import UpstreamToken
from app.sessions.models import Session
from tests.applications.client import Client, register
from tests.assertions import audit_entries
from tests.browser import Browser
from tests.cast import BOB
from tests.directory import CONTOSO
from tests.provisioning.mapped import ALL_STAFF, ENGINEERING, Mapped
from tests.provisioning.test_leavers import BOB_IN_SANDBOX, checked, is_signed_in, tokens, turn

OFFLINE = "openid offline_access"


@pytest.fixture
def checking(mapped: Mapped) -> Mapped:
    assert turn(mapped, on=True).status_code == 303
    return mapped


@pytest.fixture
def client(mapped: Mapped) -> Client:
    registered = register(mapped.cast.app, "Reports", allow_offline_access=True)
    mapped.cast.app.extensions["key_ring"].forget()
    return registered


def sign_out(browser: Browser) -> None:
    assert browser.post_form("/logout", page="/account").status_code == 200
    assert not is_signed_in(browser)


def works(client: Client, received: dict[str, Any]) -> bool:
    """Whether the application still gets tokens; its next refresh token is kept in `received`."""
    response = client.refresh(received["refresh_token"])
    if response.status_code == 200:
        received.update(response.get_json())
    return response.status_code == 200


def of_grants(mapped: Mapped) -> list[UpstreamToken]:
    return [one for one in tokens(mapped) if one.grant_id]


def test_each_grant_has_an_encrypted_token_of_its_own(checking: Mapped, client: Client) -> None:
    browser = checking.sign_in()
    for _ in range(2):
        client.tokens(browser, scope=OFFLINE)
    client.tokens(browser)
    bobs = [one for one in tokens(checking) if one.person_id == checking.cast.person_id(BOB)]
    assert sorted(one.grant_id is None for one in bobs) == [False, False, True], "the third ends with its session"
    with checking.cast.app.app_context():
        assert len({one.refresh_token for one in bobs}) == 1
        assert len({one.refresh_token_sealed for one in bobs}) == 3
        assert len(db.session.scalars(sa.select(Grant.id).where(Grant.is_watched)).all()) == 2


def test_it_is_checked_once_the_session_has_ended(checking: Mapped, client: Client) -> None:
    browser = checking.sign_in()
    received = client.tokens(browser, scope=OFFLINE)
    (before,) = of_grants(checking)
    checked(checking)
    assert of_grants(checking)[0].refresh_token_sealed == before.refresh_token_sealed, "its session is checked"
    sign_out(browser)
    checked(checking)
    (after,) = of_grants(checking)
    assert after.refresh_token_sealed != before.refresh_token_sealed, "replaced at each refresh"
    assert works(client, received)


@pytest.mark.parametrize(("how", "code"), [("disabled", 50057), ("deleted", 50034)])
def test_who_leaves_after_signing_out_loses_offline_access_and_other_sessions(
    checking: Mapped, client: Client, how: str, code: int
) -> None:
    browser, other = checking.sign_in(), checking.sign_in()
    received = client.tokens(browser, scope=OFFLINE)
    sign_out(browser)
    with checking.cast.app.app_context(), unit_of_work():
        # Only the grant's token is left to tell.
        db.session.execute(sa.delete(UpstreamToken).where(UpstreamToken.grant_id.is_(None)))
    if how == "disabled":
        checking.cast.directory.person(CONTOSO, BOB.oid, disabled=True)
    else:
        checking.cast.directory.call("DELETE", BOB_IN_SANDBOX)
    checked(checking)
    assert not works(client, received)
    assert not is_signed_in(other)
    assert tokens(checking) == []
    (entry,) = audit_entries(checking.cast.app, "leaver.found")
    assert entry.detail["code"] == code


def test_revoked_grant_ends_and_a_later_one_stays(checking: Mapped, client: Client) -> None:
    browser = checking.sign_in()
    received = client.tokens(browser, scope=OFFLINE)
    sign_out(browser)
    checking.cast.directory.call("POST", f"{BOB_IN_SANDBOX}/revoke")
    later = client.tokens(checking.sign_in(), scope=OFFLINE)
    checked(checking)
    assert [works(client, received), works(client, later)] == [False, True]
    assert len(audit_entries(checking.cast.app, "leaver.grant_revoked")) == 1


def test_revoked_session_has_its_grants_checked_next(checking: Mapped, client: Client) -> None:
    browser = checking.sign_in()
    received = client.tokens(browser, scope=OFFLINE)
    checking.cast.directory.call("POST", f"{BOB_IN_SANDBOX}/revoke")
    checked(checking)
    assert not is_signed_in(browser)
    assert works(client, received)
    checked(checking)
    assert not works(client, received)


@pytest.mark.parametrize("drill", ["token_busy", "token_down", "token_malformed"])
def test_outages_change_nothing(checking: Mapped, client: Client, drill: str) -> None:
    browser = checking.sign_in()
    received = client.tokens(browser, scope=OFFLINE)
    sign_out(browser)
    checking.cast.directory.drill(drill, tenant=CONTOSO)
    checked(checking)
    checking.cast.directory.clear_drills()
    assert len(of_grants(checking)) == 1
    assert works(client, received)


def test_roles_follow_the_directory_after_the_session(checking: Mapped, client: Client) -> None:
    checking.map_group("editor", ENGINEERING)
    checking.map_group("reader", ALL_STAFF)
    browser = checking.sign_in()
    client.tokens(browser, scope=OFFLINE)
    sign_out(browser)
    checking.put_in(ENGINEERING, BOB)
    checked(checking)
    assert checking.roles_of() == ["editor", "reader"]


def revoke_by_application(mapped: Mapped, client: Client, received: dict[str, Any]) -> None:
    client.post("/oauth/revoke", token=received["refresh_token"])


def turn_off(mapped: Mapped, client: Client, received: dict[str, Any]) -> None:
    turn(mapped, on=False)


def deactivate_connection(mapped: Mapped, client: Client, received: dict[str, Any]) -> None:
    path = f"/account/advanced/active-directory/{mapped.connection_id}"
    mapped.cast.alice().post_form(f"{path}/enabled", page=path, enabled="no")


def deactivate_person(mapped: Mapped, client: Client, received: dict[str, Any]) -> None:
    path = f"/people/{mapped.cast.person_id(BOB)}"
    mapped.cast.alice().post_form(f"{path}/active", page=path, active="no")


@pytest.mark.parametrize("end", [revoke_by_application, turn_off, deactivate_person])
def test_token_is_deleted_with_the_grant_the_setting_and_the_person(checking: Mapped, client: Client, end: Any) -> None:
    browser = checking.sign_in()
    received = client.tokens(browser, scope=OFFLINE)
    sign_out(browser)
    assert len(of_grants(checking)) == 1
    end(checking, client, received)
    assert of_grants(checking) == []
    with checking.cast.app.app_context():
        assert db.session.scalars(sa.select(Grant.id).where(Grant.is_watched, Grant.revoked_at.is_(None))).all() == []


def later(hours: int) -> time_machine.travel:
    from app.core.database import now

    return time_machine.travel(now() + timedelta(hours=hours), tick=True)


@pytest.mark.parametrize("is_on", [False, True], ids=["without checks", "with checks"])
def test_offline_access_ends_with_the_longest_session_unless_it_is_checked(
    mapped: Mapped, client: Client, is_on: bool
) -> None:
    if is_on:
        turn(mapped, on=True)
    received = client.tokens(mapped.sign_in(), scope=OFFLINE)
    with later(hours=7 * 24 - 1):
        assert works(client, received)
    with later(hours=7 * 24 + 1):
        assert works(client, received) is is_on
        with mapped.cast.app.app_context():
            end_expired_sessions()
            assert not db.session.scalars(sa.select(Session.id).where(Session.ended_at.is_(None))).all()
        assert works(client, received) is is_on
    with later(hours=91 * 24):
        assert not works(client, received)


def test_grant_whose_token_expired_ends_with_the_longest_session(checking: Mapped, client: Client) -> None:
    """Nothing is certain about the person, so nothing ends at once; but no one watches it any longer."""
    browser = checking.sign_in()
    received = client.tokens(browser, scope=OFFLINE)
    sign_out(browser)
    checking.cast.directory.drill("refresh_expired", tenant=CONTOSO)
    checked(checking)
    checking.cast.directory.clear_drills()
    assert of_grants(checking) == []
    assert works(client, received)
    with later(hours=7 * 24 + 1):
        assert not works(client, received)
