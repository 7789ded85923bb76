"""Sessions: new at every sign-in, ended for many reasons, and stored only as a row."""

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
import time_machine

from app.cli import schedule
from app.companies.models import DEFAULT_IDLE_MINUTES, DEFAULT_SESSION_HOURS, Company
from app.core.database import db, min_uuid7, now
from app.core.unit_of_work import unit_of_work
from app.people.models import Role
from app.sessions import actions
from app.sessions.limits import TOUCH_EVERY, token_hash
from app.sessions.models import Session
from tests.assertions import queries, rows
from tests.browser import Browser
from tests.cast import ALICE, BOB, OWNER_PASSWORD, Cast


def is_signed_in(browser: Browser) -> bool:
    response = browser.get("/account")
    response.close()  # runs what is done after the response
    return response.status_code == 200


def change(cast: Cast, what: Callable[[], Any]) -> None:
    with cast.app.app_context(), unit_of_work():
        what()


def test_session_changes_at_every_sign_in(cast: Cast) -> None:
    browser = cast.browser()
    planted = "A" * 43
    browser.present(cast.org_id(), planted)
    browser.sign_in_as(ALICE, "contoso", cast.directory)
    first = browser.session_token
    browser.sign_in_as(ALICE, "contoso", cast.directory)
    assert len({planted, first, browser.session_token}) == 3
    assert not is_signed_in(cast.with_token(planted))
    assert not is_signed_in(cast.with_token(first))


def test_session_changes_at_password_sign_in(cast: Cast) -> None:
    browser = cast.alice()
    before = browser.session_token
    given = {"email": "owner@contoso.example", "password": OWNER_PASSWORD}
    assert browser.post_form("/login/contoso/password", page="/login/contoso", **given).status_code == 303
    assert browser.session_token != before
    assert "Olivia Owner" in browser.get("/account").text


def test_csrf_token_from_before_sign_in_is_rejected_afterwards(cast: Cast) -> None:
    browser = cast.browser()
    token = browser.csrf("/login/contoso")
    browser.sign_in_as(ALICE, "contoso", cast.directory)
    assert browser.post("/account/sessions/end-others", data={"csrf_token": token}).status_code == 403
    assert browser.post("/account/sync", data={"csrf_token": token}).status_code == 403
    assert is_signed_in(browser)


def test_cookie_replayed_after_sign_out_is_invalid(cast: Cast) -> None:
    browser = cast.alice()
    kept = browser.session_token
    assert is_signed_in(cast.with_token(kept))
    browser.post_form("/logout", page="/account")
    assert not is_signed_in(browser)
    assert not is_signed_in(cast.with_token(kept))


def test_database_stores_only_token_hashes(cast: Cast) -> None:
    browser = cast.alice()
    token = browser.session_token
    with cast.app.app_context():
        row = db.session.scalars(sa.select(Session)).one()
        assert row.token_hash == token_hash(token) != token


def test_idle_session_expires(cast: Cast) -> None:
    browser = cast.alice()
    idle = DEFAULT_IDLE_MINUTES * 60
    with time_machine.travel(time.time() + idle - 60):
        assert is_signed_in(cast.with_token(browser.session_token))
    with time_machine.travel(time.time() + 2 * idle + 60):
        assert not is_signed_in(cast.with_token(browser.session_token))


def test_active_session_lasts_until_its_absolute_limit(cast: Cast) -> None:
    browser = cast.alice()
    began = time.time()
    hours = DEFAULT_SESSION_HOURS
    for hour in range(6, hours, 6):
        with time_machine.travel(began + hour * 3600):
            assert is_signed_in(browser), hour
    with time_machine.travel(began + hours * 3600 + 1):
        assert not is_signed_in(cast.with_token(browser.session_token))


def test_last_use_is_stored_occasionally_and_after_the_response(cast: Cast) -> None:
    browser = cast.alice()

    def last_seen() -> Any:
        with cast.app.app_context():
            return db.session.scalar(sa.select(Session.last_seen_at))

    first = last_seen()
    browser.get("/account")
    assert last_seen() == first
    with time_machine.travel(time.time() + TOUCH_EVERY.total_seconds() + 1):
        browser.get("/account").close()
        assert last_seen() > first


ODD_COOKIES = (
    "",
    "x",
    ".",
    "..",
    "é",
    "x|é",
    "|",
    "a|b",
    "eyJfdXNlcl9pZCI6IngifQ.aSE.x",
    "a" * 4000,
    '"',
    "%00",
    ".eJx.x",
)


@pytest.mark.parametrize("name", ["browser", "session", "active", "remember_token", "last_code"])
def test_malformed_cookie_is_anonymous_and_breaks_nothing(cast: Cast, name: str) -> None:
    browser = cast.app.test_client(use_cookies=False)
    org_id = cast.org_id()
    for value in ODD_COOKIES:
        line = (
            f"active={org_id}; session.{org_id}={value}; session.{value}=x" if name == "session" else f"{name}={value}"
        )
        # Browsers send bytes; WSGI shows them as Latin-1.
        header = {"Cookie": line.encode().decode("latin-1")}
        assert browser.get("/account", headers=header).status_code == 302, value
        assert browser.get("/login", headers=header).status_code == 200, value


def test_cookie_with_a_changed_character_is_anonymous(cast: Cast) -> None:
    alice = cast.alice()
    kept, active = alice.session_token, f"active={alice.org_id}; session.{alice.org_id}="
    browser = cast.app.test_client(use_cookies=False)
    assert browser.get("/account", headers={"Cookie": active + kept}).status_code == 200
    for place in range(0, len(kept) - 1, 7):
        changed = kept[:place] + ("A" if kept[place] != "A" else "B") + kept[place + 1 :]
        assert browser.get("/account", headers={"Cookie": active + changed}).status_code == 302


def test_revoked_role_takes_effect_at_the_next_request(cast: Cast) -> None:
    browser = cast.alice()
    assert "Owner" in browser.get("/account").text
    change(cast, lambda: setattr(cast.person(ALICE), "role", Role.MEMBER))
    assert ">Owner<" not in browser.get("/account").text


def test_sessions_of_a_deactivated_person_end_at_the_next_request(cast: Cast) -> None:
    browser, other = cast.alice(), cast.bob()
    change(cast, lambda: setattr(cast.person(ALICE), "is_active", False))
    assert not is_signed_in(browser)
    assert is_signed_in(other)


def test_sessions_of_an_inactive_company_end_at_the_next_request(cast: Cast) -> None:
    browser, other = cast.alice(), cast.charlie()
    change(
        cast, lambda: db.session.execute(sa.update(Company).where(Company.name == "Contoso").values(is_active=False))
    )
    assert not is_signed_in(browser)
    assert is_signed_in(other)


def test_session_can_be_signed_out_from_another(cast: Cast) -> None:
    here, there = cast.bob(), cast.bob()
    found = [part for part in here.get("/account").text.split('"') if part.startswith("/account/sessions/")]
    end = next(path for path in found if path.endswith("/end"))
    assert here.post_form(end, page="/account").status_code == 302
    assert not is_signed_in(there)
    assert is_signed_in(here)


def number_shown(page: str) -> int:
    return page.count('class="session-name"')


def test_account_shows_own_session_and_latest_others_and_all_on_request(cast: Cast) -> None:
    here = cast.bob()
    for _ in range(4):
        cast.bob()
    page = here.get("/account").text
    assert (number_shown(page), "Show all sessions" in page) == (5, False)
    for _ in range(2):
        cast.bob()
    page = here.get("/account").text
    assert (number_shown(page), page.count("This device"), "Show all sessions" in page) == (5, 1, True)
    page = here.get("/account?sessions=all").text
    assert (number_shown(page), "Show all sessions" in page) == (7, False)


def test_sessions_beyond_their_limits_are_not_listed(cast: Cast) -> None:
    here = cast.bob()
    for field, age in (("last_seen_at", DEFAULT_IDLE_MINUTES * 60), ("created_at", DEFAULT_SESSION_HOURS * 3600)):
        cast.bob()

        def age_latest(field: str = field, age: int = age) -> None:
            latest = db.session.scalars(sa.select(Session).order_by(Session.id.desc())).first()
            setattr(latest, field, now() - timedelta(seconds=age + 1))

        change(cast, age_latest)
    page = here.get("/account").text
    assert (number_shown(page), "Only this browser." in page) == (1, True)


def test_all_other_sessions_can_be_signed_out(cast: Cast) -> None:
    here, there, elsewhere, alice = cast.bob(), cast.bob(), cast.bob(), cast.alice()
    here.post_form("/account/sessions/end-others", page="/account")
    assert [is_signed_in(browser) for browser in (here, there, elsewhere, alice)] == [True, False, False, True]


def test_session_of_someone_else_cannot_be_signed_out(cast: Cast) -> None:
    bob, alice, charlie = cast.bob(), cast.alice(), cast.charlie()
    with cast.app.app_context():
        session_id = db.session.scalar(sa.select(Session.id).where(Session.person_id == cast.person(BOB).id))
    for browser in (alice, charlie):
        assert browser.post_form(f"/account/sessions/{session_id}/end", page="/account").status_code == 404
    assert is_signed_in(bob)


def test_only_old_sessions_are_purged(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "BATCH", 2)
    browser = cast.alice()
    with cast.app.app_context():
        with unit_of_work():
            alice = cast.person(ALICE)
            for days in (119, 121, 122, 123):
                actions.start(
                    alice.company_id,
                    alice.id,
                    browser_id=f"browser {days}",
                    auth_label="Password",
                    amr=["pwd"],
                    auth_time=now(),
                    reauthenticated_at=None,
                    transaction_id=str(days),
                    ip_address=None,
                    user_agent=str(days),
                )
                made = db.session.scalars(sa.select(Session).where(Session.user_agent == str(days))).one()
                made.id = UUID(int=min_uuid7(now() - timedelta(days=days)).int)
        schedule.purge_expired_sessions()
    with cast.app.app_context():
        left = set(db.session.scalars(sa.select(Session.user_agent)))
    assert "119" in left
    assert len(left) == 2
    assert is_signed_in(browser)


def test_get_does_not_sign_out(cast: Cast) -> None:
    browser = cast.alice()
    assert browser.get("/logout").status_code == 405
    assert is_signed_in(browser)


def test_signing_out_offers_microsoft_sign_out_without_forcing_it(cast: Cast) -> None:
    response = cast.alice().post_form("/logout", page="/account")
    assert response.status_code == 200
    assert "/oauth2/v2.0/logout?" in response.text


def test_signing_out_again_redirects_to_own_login_page(cast: Cast) -> None:
    bob = cast.bob()
    assert bob.post_form("/logout", page="/account").status_code == 200
    response = bob.post_form("/logout", page="/login/contoso")
    assert (response.status_code, response.location) == (303, "/login/contoso?choose=1&why=signed_out")
    assert cast.browser().post_form("/logout", page="/signup").location == "/", "no login page is known"


POSTS = ("/logout", "/account/sync", "/account/sessions/end-others", "/login/contoso/password")


def test_post_without_csrf_token_is_forbidden(cast: Cast) -> None:
    browser, other = cast.alice(), cast.bob().csrf("/account")
    before = rows(cast.app)
    for path in POSTS:
        for given in ({}, {"csrf_token": "made up"}, {"csrf_token": other}):
            assert browser.post(path, data=given).status_code == 403
    assert rows(cast.app) == before
    assert is_signed_in(browser)


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost", "http://localhost:5000.evil"])
def test_post_from_another_origin_is_forbidden(cast: Cast, origin: str) -> None:
    browser = cast.alice()
    token = browser.csrf("/account")
    for path in POSTS:
        assert browser.post(path, data={"csrf_token": token}, headers={"Origin": origin}).status_code == 403
    assert is_signed_in(browser)


def test_personal_pages_are_not_cached(cast: Cast) -> None:
    browser = cast.alice()
    for path in ("/account", "/people", f"/people/{cast.person_id(ALICE)}"):
        assert browser.get(path).headers["Cache-Control"] == "no-store"


def test_identifying_the_person_needs_one_query(cast: Cast) -> None:
    browser = cast.bob()
    with queries(cast.app) as sent:
        assert browser.get("/people").status_code == 200
    assert len(sent) == 3, "the signed-in person, the count and the list"


def test_account_needs_two_queries_and_one_for_what_protects_it(cast: Cast) -> None:
    for browser, number in ((cast.bob(), 2), (cast.alice(), 3)):
        with queries(cast.app) as sent:
            assert browser.get("/account").status_code == 200
        assert len(sent) == number


def test_login_page_needs_one_query(cast: Cast) -> None:
    with queries(cast.app) as sent:
        assert cast.browser().get("/login/contoso").status_code == 200
    assert len(sent) == 1


def test_session_cookie_is_hidden_from_scripts_and_other_sites(cast: Cast) -> None:
    browser = cast.browser()
    response = browser.sign_in_as(ALICE, "contoso", cast.directory)
    cookies = response.headers.getlist("Set-Cookie")
    session = next(cookie for cookie in cookies if cookie.startswith("session."))
    assert "HttpOnly" in session
    assert "SameSite=Lax" in session
    assert "Expires" not in session, "it ends with the browser"


def test_flask_login_remember_cookie_is_ignored(cast: Cast) -> None:
    """Flask-Login would read it by default instead of Portico's session ID, and would fail on this value."""
    browser = cast.alice()
    browser.set_cookie("remember_token", "a|\u00e9".encode().decode("latin-1"), domain="localhost")
    assert is_signed_in(browser)
