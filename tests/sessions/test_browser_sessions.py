"""One browser with a session at each of several companies, one of them active."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from werkzeug.test import TestResponse

from app.companies import actions as companies
from app.companies.models import Company
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people import actions as people
from app.sessions import browser_sessions
from app.sessions.limits import MOST_PER_BROWSER
from app.sessions.models import EndReason, Session
from tests.accounts import PASSWORD, sign_in
from tests.assertions import audit_entries, json_of, last_failure_reason, queries, rows, written
from tests.at_once import at_once
from tests.browser import CSRF, Browser, pick
from tests.cast import ALICE, BOB, CHARLIE, Cast
from tests.conftest import BASE_URL
from tests.recent import signed_in_long_ago

SWITCH = "/sessions/switch"
GIVEN = {"email": "ines@contoso.example", "name": "Ines", "role": "member", "method": "any"}


@pytest.fixture
def both(cast: Cast) -> Browser:
    """A browser that is signed in as Contoso's owner, and then as Fabrikam's, which is active."""
    cast.charlie()
    browser = cast.alice()
    assert browser.sign_in_as(CHARLIE, "fabrikam", cast.directory).status_code == 303
    return browser


def token_of(page: str) -> str:
    found = CSRF.search(page)
    assert found
    return found[1]


def send(browser: Browser, path: str, page: str, token: str, **fields: Any) -> TestResponse:
    """Posts a form like a browser, with the page as Referer."""
    headers = {"Origin": BASE_URL, "Referer": BASE_URL + page, "Sec-Fetch-Site": "same-origin"}
    return browser.post(path, data={"csrf_token": token, **fields}, headers=headers)


def switch(browser: Browser, org_id: str, page: str = "/login") -> TestResponse:
    return browser.post_form(SWITCH, page=page, company=org_id)


def at(browser: Browser) -> str | None:
    """The company whose pages the browser sees; None if it is signed out."""
    found = re.search(r'class="sidebar-brand".*?<strong>(.*?)</strong>', browser.get("/account").text, re.DOTALL)
    return found[1] if found else None


def active_rows(cast: Cast) -> list[Session]:
    with cast.app.app_context():
        return list(db.session.scalars(sa.select(Session).where(Session.ended_at.is_(None)).order_by(Session.id)))


def open_company(cast: Cast, name: str) -> str:
    """A company with an owner who has a password; returns its public ID."""
    with cast.app.app_context(), unit_of_work():
        company = companies.create(name, name.lower())
        people.make(company.id, email=f"owner@{name.lower()}.example", name="O", role="owner", password=PASSWORD)
        return company.public_id


def enter(browser: Browser, name: str) -> None:
    assert sign_in(browser, f"owner@{name.lower()}.example", code=name.lower()) == 303


def test_sign_in_at_another_company_keeps_old_session_and_activates_new(cast: Cast, both: Browser) -> None:
    assert at(both) == "Fabrikam"
    assert len(active_rows(cast)) == 3, "with that of Charlie's own browser"
    assert audit_entries(cast.app, "session.ended") == []
    assert switch(both, cast.org_id()).location == "/home"
    assert at(both) == "Contoso"
    assert "Adaeze Okonkwo" in both.get("/account").text


def test_every_page_offers_other_companies_and_shows_the_switch(cast: Cast, both: Browser) -> None:
    page = both.get("/people").text
    assert f'name="company" value="{cast.org_id()}"' in page
    assert f'value="{both.org_id}"' not in page, "the current company is not offered"
    switched = switch(both, cast.org_id())
    assert "You’re now at Contoso." in both.get(switched.location).text


def test_browser_with_one_session_is_offered_no_switch(cast: Cast) -> None:
    assert "Switch company" not in cast.bob().get("/account").text


def test_two_sessions_cost_as_many_queries_as_one(cast: Cast, both: Browser) -> None:
    switch(both, cast.org_id())
    with queries(cast.app) as of_two:
        assert both.get("/account/data").status_code == 200
    assert len([one for one in of_two if "session.token_hash IN" in one]) == 1
    both.delete_cookie(f"session.{cast.org_id('Fabrikam')}", domain="localhost")
    with queries(cast.app) as of_one:
        assert both.get("/account/data").status_code == 200
    assert len(of_two) == len(of_one)


def test_same_company_has_one_session_with_new_token_per_sign_in(cast: Cast) -> None:
    browser = cast.bob()
    first, org_id = browser.session_token, browser.org_id
    browser.sign_in_as(ALICE, "contoso", cast.directory)
    (row,) = active_rows(cast)
    assert row.person_id == cast.person_id(ALICE)
    assert browser.org_id == org_id
    assert browser.session_token != first
    (ended,) = audit_entries(cast.app, "session.ended")
    assert ended.actor_id == cast.person_id(BOB)


@pytest.mark.parametrize("path", ["/people/invite", "/account/advanced/login-page/new"])
def test_form_of_other_company_page_is_rejected_with_current_company(cast: Cast, both: Browser, path: str) -> None:
    token = token_of(both.get("/people/invite").text)
    switch(both, cast.org_id())
    before = rows(cast.app)
    response = send(both, path, "/people/invite", token, code="new-code", location="Bonn", **GIVEN)
    assert response.status_code == 403
    assert written(before, rows(cast.app)) == {}
    assert "nothing was sent. You’re now at Contoso." in response.text
    if path == "/people/invite":
        assert 'value="ines@contoso.example"' in response.text
        again = send(both, path, path, token_of(response.text), **GIVEN)
        assert again.status_code == 200, "works when it is sent again"


def test_form_for_object_of_other_company_gets_404_with_current_company(cast: Cast, both: Browser) -> None:
    switch(both, cast.org_id())
    path = f"/people/{cast.bob() and cast.person_id(BOB)}"
    token = token_of(both.get(path).text)
    switch(both, cast.org_id("Fabrikam"))
    response = send(both, f"{path}/role", path, token, role="admin")
    assert response.status_code == 404
    assert "You’re now at Fabrikam." in response.text
    assert "Björn" not in response.text
    with cast.app.app_context():
        assert cast.person(BOB).role == "member"


def test_fetch_from_other_company_page_is_rejected_with_current_company(cast: Cast, both: Browser) -> None:
    page = "/account/advanced/login-page/code?code=bonn"
    (named,) = re.findall(r'data-session="(\w+)"', both.get("/account").text)
    headers = {"X-Session": named}
    assert json_of(both.get(page, headers=headers))["free"] is True
    switch(both, cast.org_id())
    response = both.get(page, headers=headers)
    assert response.status_code == 403
    assert "You’re now at Contoso" in json_of(response)["person"]
    both.lose_cookies()
    assert "signed in or out" in json_of(both.get(page, headers=headers))["person"]


def test_people_selected_at_other_company_are_not_carried_over(cast: Cast, both: Browser) -> None:
    (named,) = re.findall(r'name="session" value="(\w+)"', both.get("/people").text)
    question = f"/people/selected/deactivate?scope=all&session={named}"
    assert both.get(question).status_code == 200
    switch(both, cast.org_id())
    response = both.get(question, headers={"Referer": f"{BASE_URL}/people?q=x"})
    assert (response.status_code, response.location) == (303, "/people")
    assert "nothing was sent. You’re now at Contoso." in both.get(response.location).text


def test_session_has_random_public_id_unlike_its_token_and_key(cast: Cast, both: Browser) -> None:
    page = both.get("/account").text
    (named,) = re.findall(r'data-session="(\w+)"', page)
    assert both.session_token not in page
    (row,) = [row for row in active_rows(cast) if row.public_id == named]
    assert row.id.hex not in page.replace("-", "")
    assert named not in row.token_hash


def test_sign_out_ends_the_session_and_offers_the_other(cast: Cast, both: Browser) -> None:
    page = both.post_form("/logout", page="/account")
    assert "You’ve signed out of Fabrikam" in page.text
    assert 'href="/login/fabrikam?choose=1&amp;next=/account"' not in page.text
    assert 'href="/login/fabrikam?choose=1"' in page.text
    assert at(both) is None
    assert f'value="{cast.org_id()}"' in page.text
    assert send(both, SWITCH, "/logout", token_of(page.text), company=cast.org_id()).status_code == 303
    assert at(both) == "Contoso"
    assert "Switch company" not in both.get("/account").text


def test_sign_out_on_other_company_page_ends_that_session_and_stays(cast: Cast, both: Browser) -> None:
    token = token_of(both.get("/account").text)
    switch(both, cast.org_id())
    page = send(both, "/logout", "/account", token)
    assert "You’ve signed out of Fabrikam" in page.text
    assert at(both) == "Contoso"
    assert [entry.actor_id for entry in audit_entries(cast.app, "session.ended")] == [cast.person_id(CHARLIE)]


def test_sign_out_on_page_of_replaced_session_ends_its_successor(cast: Cast, both: Browser) -> None:
    token = token_of(both.get("/account").text)
    both.sign_in_as(CHARLIE, "fabrikam", cast.directory)
    switch(both, cast.org_id())
    assert "You’ve signed out of Fabrikam" in send(both, "/logout", "/account", token).text
    assert at(both) == "Contoso"


def test_second_sign_out_is_no_error_and_ends_no_other_session(cast: Cast, both: Browser) -> None:
    token = token_of(both.get("/account").text)
    switch(both, cast.org_id())
    send(both, "/logout", "/account", token)
    again = send(both, "/logout", "/account", token)
    assert (again.status_code, again.location) == (303, "/login/fabrikam?choose=1&why=signed_out")
    assert at(both) == "Contoso"


def test_ended_session_leads_to_company_login_page_with_the_reason(cast: Cast, both: Browser) -> None:
    with cast.app.app_context(), unit_of_work():
        db.session.execute(
            sa.update(Session)
            .where(Session.person_id == cast.person(ALICE).id)
            .values(ended_at=sa.func.now(), end_reason=EndReason.ADMIN)
        )
    response = switch(both, cast.org_id())
    assert response.location == "/login/contoso?choose=1&why=admin"
    assert at(both) == "Fabrikam"


@pytest.mark.parametrize("org_id", ["", "0" * 24, "no hex", "../x"])
def test_unknown_company_is_not_found(both: Browser, org_id: str) -> None:
    assert switch(both, org_id).status_code == 404
    assert at(both) == "Fabrikam"


def test_outsider_cannot_switch_to_session_of_another_browser(cast: Cast, both: Browser) -> None:
    charlie = cast.charlie()
    assert switch(charlie, cast.org_id()).location == "/login/contoso?choose=1&why=signed_out"
    assert at(charlie) == "Fabrikam"


def test_token_works_only_as_session_of_its_company(cast: Cast, both: Browser) -> None:
    other = cast.browser()
    other.present(cast.org_id(), both.session_token)
    assert at(other) is None
    other.present(cast.org_id("Fabrikam"), both.session_token)
    assert at(other) == "Fabrikam"


def test_missing_active_cookie_signs_no_one_in_and_offers_sessions(cast: Cast, both: Browser) -> None:
    both.delete_cookie("active", domain="localhost")
    assert at(both) is None
    found = both.get("/login").text
    assert "Contoso" in found
    assert f'value="{cast.org_id()}"' in found
    switch(both, cast.org_id())
    assert at(both) == "Contoso"


def test_sixth_company_ends_the_least_recently_used_session(cast: Cast) -> None:
    names = [f"Company-{message}" for message in "abcdef"]
    org_ids = [open_company(cast, name) for name in names]
    browser = cast.browser()
    began = time.time()
    for number, name in enumerate(names[:MOST_PER_BROWSER]):
        with time_machine.travel(began + 60 * number, tick=False):
            enter(browser, name)
    with time_machine.travel(began + 600, tick=False):
        assert switch(browser, org_ids[0]).status_code == 303, "which is a use"
        assert audit_entries(cast.app, "session.ended") == []
        enter(browser, names[5])
        assert len(active_rows(cast)) == MOST_PER_BROWSER
        (ended,) = audit_entries(cast.app, "session.ended")
        with cast.app.app_context():
            company = db.session.get_one(Company, ended.company_id)
            assert company.public_id == org_ids[1]
        offered = set(re.findall(r'name="company" value="(\w+)"', browser.get("/account").text))
        assert offered == {org_ids[0], *org_ids[2:5]}
        kept = {cookie.key for cookie in browser.cookies() if cookie.key.startswith("session.")}
        assert kept == {f"session.{one}" for one in (org_ids[0], *org_ids[2:])}


def test_session_ended_by_the_limit_shows_the_reason(cast: Cast, both: Browser) -> None:
    token = both.csrf("/account")
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Session).values(ended_at=sa.func.now(), end_reason=EndReason.TOO_MANY))
    page = both.get(both.post(SWITCH, data={"csrf_token": token, "company": cast.org_id()}).location).text
    assert "You signed in to other companies in this browser" in page


def test_concurrent_sign_ins_leave_five_sessions_and_one_per_company(cast: Cast) -> None:
    names = [f"Company-{message}" for message in "abcdefg"] * 2
    for name in names[:7]:
        open_company(cast, name)
    browser = cast.browser()
    browser.csrf("/login/contoso")

    def act(name: str) -> Callable[[], None]:
        return lambda: enter(browser.copied(), name)

    at_once([act(name) for name in names])
    left = [row.company_id for row in active_rows(cast)]
    assert len(left) == len(set(left)) == MOST_PER_BROWSER


def test_reauthentication_finished_after_switching_changes_nothing(cast: Cast, both: Browser) -> None:
    signed_in_long_ago(cast.app)
    path = f"/account/reauthenticate/{cast.fabrikam_connection}"
    started = both.post_form(path, page="/account")
    back = pick(cast.directory, started.headers["Location"], CHARLIE)
    switch(both, cast.org_id())
    assert both.get(back).status_code == 400
    assert last_failure_reason(cast.app) == "other_session"


def test_switch_is_remembered_by_the_login_page(cast: Cast, both: Browser) -> None:
    """When the session ends, the company's login page is shown."""
    switch(both, cast.org_id())
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Session).values(ended_at=sa.func.now()))
    assert both.get("/login?next=/people").location == "/login/contoso?choose=1&why=signed_out&next=/people"


@pytest.mark.parametrize("headers", [{}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}], ids=str)
def test_page_of_another_origin_cannot_switch(cast: Cast, both: Browser, headers: dict[str, str]) -> None:
    given = {"company": cast.org_id(), "csrf_token": both.csrf("/account") if headers else ""}
    if headers.get("Sec-Fetch-Site"):
        del given["csrf_token"]
    assert both.post(SWITCH, data=given, headers=headers).status_code == 403
    assert at(both) == "Fabrikam"


def test_other_packages_find_the_browser_sessions_and_activate_one(cast: Cast, both: Browser) -> None:
    cookies = "; ".join(f"{cookie.key}={cookie.value}" for cookie in both.cookies())
    contoso, fabrikam = cast.org_id(), cast.org_id("Fabrikam")
    with cast.app.test_request_context(base_url=BASE_URL, headers={"Cookie": cookies}):
        found = browser_sessions.all_sessions()
        assert [(one.company_name, one.is_active) for one in found] == [("Contoso", False), ("Fabrikam", True)]
        assert browser_sessions.at_company(contoso) == found[0]
        assert browser_sessions.at_company(fabrikam) == found[1]
        assert browser_sessions.at_company("0" * 24) is None
        assert found[0].person_id == cast.person_id(ALICE)
        assert browser_sessions.org_id_of(found[0].public_id) == contoso
        assert browser_sessions.org_id_of("0" * 32) is None
    with cast.app.test_request_context(base_url=BASE_URL, headers={"Cookie": cookies}):
        cast.app.preprocess_request()
        with unit_of_work():
            browser_sessions.make_active(found[0])
        response = cast.app.process_response(cast.app.make_response(""))
    assert any(line.startswith(f"active={contoso};") for line in response.headers.getlist("Set-Cookie"))
