"""With checks on, someone who is disabled, deleted or revoked at Microsoft is signed out here."""

from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from app.cli.schedule import check_for_leavers
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.provisioning.leavers import rules
from app.provisioning.leavers.models import UpstreamToken
from app.provisioning.leavers.rules import Verdict, verdict
from tests.applications.client import register
from tests.assertions import audit_entries
from tests.browser import Browser
from tests.cast import ALICE, BOB, Cast
from tests.directory import CONTOSO
from tests.provisioning.mapped import ENGINEERING, PAGE, Mapped
from tests.tasks import run_tasks

BOB_IN_SANDBOX = f"tenants/{CONTOSO}/people/{BOB.oid}"


def turn(mapped: Mapped, *, on: bool) -> Any:
    path = f"/account/advanced/leavers/{mapped.connection_id}"
    return mapped.cast.alice().post_form(path, page="/account", enabled="yes" if on else "no")


def tokens(mapped: Mapped) -> list[UpstreamToken]:
    with mapped.cast.app.app_context():
        return list(db.session.scalars(sa.select(UpstreamToken).execution_options(populate_existing=True)))


def checked(mapped: Mapped) -> None:
    """Ten minutes later."""
    with mapped.cast.app.app_context():
        with unit_of_work():
            for one in db.session.scalars(sa.select(UpstreamToken)):
                one.next_check_at -= timedelta(minutes=10)
        check_for_leavers()
    run_tasks(mapped.cast.app)


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/account").status_code == 200


@pytest.fixture
def checking(mapped: Mapped) -> Mapped:
    assert turn(mapped, on=True).status_code == 303
    return mapped


def test_without_checks_no_offline_access_is_asked_for(mapped: Mapped) -> None:
    assert "offline_access" not in mapped.cast.browser().begin("contoso")
    mapped.sign_in()
    assert tokens(mapped) == []


def test_checks_keep_an_encrypted_refresh_token_for_each_session(checking: Mapped) -> None:
    assert "offline_access" in checking.cast.browser().begin("contoso")
    checking.sign_in()
    checking.sign_in()
    kept = tokens(checking)
    assert len(kept) == 2
    assert all(one.refresh_token_sealed.startswith("v1.") for one in kept)


def test_nothing_changes_while_the_person_is_there(checking: Mapped) -> None:
    browser = checking.sign_in()
    (before,) = tokens(checking)
    for _ in range(3):
        checked(checking)
        assert is_signed_in(browser)
    (after,) = tokens(checking)
    assert after.refresh_token_sealed != before.refresh_token_sealed, "replaced at each refresh"


@pytest.mark.parametrize("how", ["disabled", "deleted"])
def test_disabled_and_deleted_people_lose_all_sessions_and_grants(checking: Mapped, how: str) -> None:
    client = register(checking.cast.app, "Reports", allow_offline_access=True)
    checking.cast.app.extensions["key_ring"].forget()
    first, second, other = checking.sign_in(), checking.sign_in(), checking.cast.alice()
    received = client.tokens(first, scope="openid offline_access")
    if how == "disabled":
        checking.cast.directory.person(CONTOSO, BOB.oid, disabled=True)
    else:
        checking.cast.directory.call("DELETE", BOB_IN_SANDBOX)
    checked(checking)
    assert [is_signed_in(one) for one in (first, second, other)] == [False, False, True]
    assert client.refresh(received["refresh_token"]).status_code == 400
    found = audit_entries(checking.cast.app, "leaver.found")[0]
    assert found.subject_id == checking.cast.person_id(BOB)
    assert found.detail["code"] == (50057 if how == "disabled" else 50034)
    with checking.cast.app.app_context():
        bob = checking.cast.person(BOB).id
        left = db.session.scalars(sa.select(UpstreamToken.person_id)).all()
        assert bob not in left


def test_revoked_session_ends_and_a_new_one_stays(checking: Mapped) -> None:
    old = checking.sign_in()
    checking.cast.directory.call("POST", f"{BOB_IN_SANDBOX}/revoke")
    new = checking.sign_in()
    checked(checking)
    assert [is_signed_in(old), is_signed_in(new)] == [False, True]
    assert "Microsoft ended your session" in old.get("/account", follow_redirects=True).text
    assert len(audit_entries(checking.cast.app, "leaver.session_revoked")) == 1


@pytest.mark.parametrize("drill", ["token_busy", "token_down", "token_malformed"])
def test_outages_change_nothing(checking: Mapped, drill: str) -> None:
    browser = checking.sign_in()
    checking.cast.directory.drill(drill, tenant=CONTOSO)
    checked(checking)
    checking.cast.directory.clear_drills()
    assert is_signed_in(browser)
    assert len(tokens(checking)) >= 1


def test_retry_after_postpones_the_whole_connection(checking: Mapped) -> None:
    checking.sign_in()
    checking.sign_in(ALICE)
    checking.cast.directory.drill("token_busy", tenant=CONTOSO, retry_after=1800)
    checked(checking)
    with checking.cast.app.app_context():
        earliest = min(one.next_check_at for one in tokens(checking))
        assert earliest > now() + timedelta(seconds=1700)


def test_refreshed_token_gives_roles_without_a_sign_in(checking: Mapped) -> None:
    checking.map_group("editor")
    checking.sign_in()
    assert checking.roles_of() == []
    checking.put_in(ENGINEERING, BOB)
    checked(checking)
    assert checking.roles_of() == ["editor"]
    checking.put_in(ENGINEERING)
    checked(checking)
    assert checking.roles_of() == []


def test_tokens_are_deleted_with_their_session_and_the_setting(checking: Mapped) -> None:
    browser = checking.sign_in()
    number = len(tokens(checking))
    browser.post_form("/logout", page="/account")
    assert len(tokens(checking)) == number - 1
    checking.sign_in()
    assert turn(checking, on=False).status_code == 303
    assert tokens(checking) == []


def test_session_kept_at_the_end_of_its_connection_is_not_checked_any_more(checking: Mapped) -> None:
    alice = checking.sign_in(ALICE)
    settings = f"/account/advanced/active-directory/{checking.connection_id}"
    alice.post_form(f"{settings}/enabled", page=settings, enabled="", confirmed="yes")
    assert is_signed_in(alice)
    assert len(tokens(checking)) == 1
    checking.cast.directory.forget_requests()
    checked(checking)
    assert tokens(checking) == []
    assert checking.cast.directory.requests("token") == []


def test_each_check_is_made_once_however_many_workers_there_are(checking: Mapped) -> None:
    checking.sign_in()
    with checking.cast.app.app_context():
        with unit_of_work():
            for one in db.session.scalars(sa.select(UpstreamToken)):
                one.next_check_at -= timedelta(minutes=10)
        check_for_leavers()
        check_for_leavers()
    checking.cast.directory.forget_requests()
    run_tasks(checking.cast.app)
    refreshes = [one for one in checking.cast.directory.requests("token") if one["grant_type"] == "refresh_token"]
    assert len(refreshes) == len(tokens(checking))


def test_page_offers_checks_for_the_redirect_flow_only(mapped: Mapped) -> None:
    browser, button = mapped.cast.alice(), "Contoso staff: Session checks</span></button>"
    assert button in browser.get(PAGE).text
    mapped.cast.switch(CONTOSO, "spa")
    assert button not in browser.get(PAGE).text
    path = f"/account/advanced/leavers/{mapped.connection_id}"
    assert browser.post_form(path, page="/account", enabled="yes").status_code == 404


def test_outsider_changes_nothing(mapped: Mapped, cast: Cast) -> None:
    path = f"/account/advanced/leavers/{mapped.connection_id}"
    assert cast.charlie().post_form(path, page="/account", enabled="yes").status_code == 404


@pytest.mark.parametrize(
    ("error", "codes", "expected"),
    [
        ("invalid_grant", (50057,), Verdict.GONE),
        ("invalid_grant", (50034, 1), Verdict.GONE),
        ("invalid_grant", (50173,), Verdict.REVOKED),
        ("invalid_grant", (700082,), Verdict.NONE),
        ("invalid_grant", (), Verdict.NONE),
        ("interaction_required", (50057,), Verdict.NONE),
        ("invalid_client", (50173,), Verdict.NONE),
    ],
    ids=str,
)
def test_only_certain_numbers_count(error: str, codes: tuple[int, ...], expected: Verdict) -> None:
    assert verdict(error, codes) is expected


def test_intervals_are_spread() -> None:
    intervals = {rules.interval() for _ in range(50)}
    assert len(intervals) > 10
    assert all(timedelta(minutes=9) <= one <= timedelta(minutes=10) for one in intervals)
