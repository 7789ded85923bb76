"""A sign-in that starts and ends on the application's own host."""

from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
import time_machine

from app.applications.grants.models import Grant
from app.core.database import db
from app.sessions.models import Session
from tests.applications.protected import ORIGIN, Protected, protect
from tests.cast import Cast


@pytest.fixture
def wiki(cast: Cast) -> Protected:
    return protect(cast.app)


def test_session_cookie_has_safe_attributes(cast: Cast, wiki: Protected) -> None:
    browser, alice = cast.browser(), cast.alice()
    done = wiki.get(browser, wiki.ticket(alice, wiki.start(browser, "/a?b=c")))
    assert done.location == f"{ORIGIN}/a?b=c"
    kept, forgotten = done.headers.getlist("Set-Cookie")
    assert kept.startswith("portico=")
    assert "HttpOnly" in kept
    assert "SameSite=Lax" in kept
    assert "Path=/" in kept
    assert "Domain" not in kept
    assert forgotten.startswith("portico-state.")
    token = kept.partition("=")[2].partition(";")[0]
    with cast.app.app_context():
        assert token not in str(db.session.execute(sa.select(Grant.__table__)).all())
    assert cast.browser().get("/account", headers={"Cookie": f"session={token}"}).status_code == 302


def test_ticket_works_once(cast: Cast, wiki: Protected) -> None:
    browser = cast.browser()
    ticket = wiki.ticket(cast.alice(), wiki.start(browser))
    second = browser.copied()
    assert wiki.get(browser, ticket).status_code == 303
    assert wiki.check(browser).status_code == 204
    assert wiki.get(second, ticket).status_code == 400
    # A replay ends the session of the first request.
    assert wiki.check(browser).status_code == 401


def test_ticket_works_only_in_the_browser_that_started(cast: Cast, wiki: Protected) -> None:
    victim, attacker = cast.browser(), cast.browser()
    ticket = wiki.ticket(cast.alice(), wiki.start(attacker))
    wiki.start(victim)
    response = wiki.get(victim, ticket)
    assert response.status_code == 400
    assert "This sign-in expired" in response.text
    assert wiki.check(victim).status_code == 401


def test_ticket_of_another_sign_in_opens_nothing(cast: Cast, wiki: Protected) -> None:
    browser, alice = cast.browser(), cast.alice()
    mine = wiki.ticket(alice, wiki.start(browser))
    other = wiki.ticket(alice, wiki.start(cast.browser()))
    mixed = mine.replace(_code(mine), _code(other))
    assert wiki.get(browser, mixed).status_code == 400
    assert wiki.check(browser).status_code == 401


def test_ticket_expires_after_a_minute(cast: Cast, wiki: Protected) -> None:
    browser = cast.browser()
    ticket = wiki.ticket(cast.alice(), wiki.start(browser))
    with time_machine.travel(_now() + timedelta(seconds=61)):
        assert wiki.get(browser, ticket).status_code == 400


def test_ticket_opens_only_its_own_application(cast: Cast, wiki: Protected) -> None:
    other = protect(cast.app, "Other", "https://other.example")
    browser, alice = cast.browser(), cast.alice()
    ticket = wiki.ticket(alice, wiki.start(browser))
    there = parse_qs(urlsplit(other.start(browser)).query)["state"][0]
    path = f"{other.path('callback')}?code={_code(ticket)}&state={there}"
    assert other.get(browser, path).status_code == 400
    assert other.check(browser).status_code == 401


def test_ticket_cannot_be_redeemed_for_tokens(cast: Cast, wiki: Protected) -> None:
    code = _code(wiki.ticket(cast.alice(), wiki.start(cast.browser())))
    fields = {
        "grant_type": "authorization_code",
        "client_id": wiki.client_id,
        "code": code,
        "redirect_uri": f"{ORIGIN}{wiki.path('callback')}",
        "code_verifier": "a" * 43,
    }
    response = cast.browser().post("/oauth/token", data=fields)
    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_client")


def test_several_tabs_sign_in(cast: Cast, wiki: Protected) -> None:
    browser, alice = cast.browser(), cast.alice()
    begun = [wiki.start(browser, f"/{number}") for number in range(3)]
    for number, authorize in enumerate(begun):
        done = wiki.get(browser, wiki.ticket(alice, authorize))
        assert done.location == f"{ORIGIN}/{number}"


@pytest.mark.parametrize(
    "given",
    [
        "https://evil.example/",
        "//evil.example/",
        "/\\evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "/.portico/app/start",
        "/" + "a" * 1000,
        "",
        "page",
    ],
)
def test_sign_in_returns_only_to_the_application(cast: Cast, wiki: Protected, given: str) -> None:
    browser = cast.browser()
    begun = browser.get(wiki.path("start"), query_string={"next": given}, base_url="https://evil.example")
    # Started at another host, without effect: the browser's state cookie is there.
    authorize = begun.location.removeprefix(cast.app.config["BASE_URL"])
    assert wiki.get(browser, wiki.ticket(cast.alice(), authorize)).status_code == 400
    begun = wiki.get(browser, f"{wiki.path('start')}?next={given}")
    authorize = begun.location.removeprefix(cast.app.config["BASE_URL"])
    assert wiki.get(browser, wiki.ticket(cast.alice(), authorize)).location == f"{ORIGIN}/start"


def test_proxy_that_loses_the_cookie_causes_no_redirect_loop(cast: Cast, wiki: Protected) -> None:
    visit = wiki.sign_in(cast.alice(), "/a")
    path = f"{wiki.path('start')}?next=/a"
    page = wiki.get(visit.browser, path)
    assert (page.status_code, "http-equiv" in page.text) == (200, False)
    assert 'href="/a"' in page.text
    assert wiki.get(visit.browser, f"{path}&prompt=select_account").status_code == 303
    with time_machine.travel(_now() + timedelta(seconds=11)):
        assert wiki.get(visit.browser, path).status_code == 303


def test_person_without_access_sees_why_after_signing_in(cast: Cast) -> None:
    wiki = protect(cast.app, roles=["editor"], allowed_roles=["editor"])
    browser = cast.browser()
    alice = cast.alice()
    page = alice.get(str(alice.get(wiki.start(browser)).location)).text
    assert "You don’t have access to Wiki" in page
    again = wiki.get(browser, f"{wiki.path('start')}?prompt=select_account")
    assert "prompt=select_account" in again.location
    assert "prompt" not in wiki.get(browser, f"{wiki.path('start')}?prompt=none").location


def test_sign_out_ends_the_session_everywhere(cast: Cast, wiki: Protected) -> None:
    alice = cast.alice()
    visit = wiki.sign_in(alice)
    other = protect(cast.app, "Other", "https://other.example").sign_in(alice)
    for headers in ({}, {"Origin": "https://evil.example"}, {"Origin": "null", "Sec-Fetch-Site": "same-site"}):
        response = visit.browser.post(wiki.path("sign-out"), base_url=ORIGIN, headers=headers)
        assert response.status_code == 403, headers
    assert visit.check().status_code == 204
    response = visit.browser.post(wiki.path("sign-out"), base_url=ORIGIN, headers={"Origin": ORIGIN})
    assert response.status_code == 200
    assert "Set-Cookie" in response.headers
    assert visit.browser.get_cookie("portico", "wiki.example") is None
    assert other.check().status_code == 401
    assert alice.get("/account").status_code == 302
    with cast.app.app_context():
        (reason,) = db.session.scalars(sa.select(Session.end_reason).where(Session.ended_at.is_not(None)))
        assert reason == "signed_out"


def test_sign_out_at_portico_ends_application_session(cast: Cast, wiki: Protected) -> None:
    alice = cast.alice()
    visit = wiki.sign_in(alice)
    alice.post_form("/logout", page="/account")
    assert visit.check().status_code == 401


def test_disabled_application_starts_no_sign_in(cast: Cast) -> None:
    wiki = protect(cast.app, is_enabled=False)
    assert wiki.get(cast.browser(), wiki.path("start")).status_code == 404


def _code(ticket: str) -> str:
    return parse_qs(urlsplit(ticket).query)["code"][0]


def _now() -> datetime:
    return datetime.now(UTC)
