"""Staying signed in on a device: only where the company allows it and the person chose it, and ended like any other."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine
from werkzeug.http import parse_cookie
from werkzeug.test import TestResponse

from app.cli import schedule
from app.companies.models import Company, PasswordSignIn
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.sessions.limits import limits
from app.sessions.models import Session
from tests.applications.client import register, returned
from tests.applications.protected import protect
from tests.assertions import audit_entries
from tests.browser import Browser, pick
from tests.cast import BOB, CHARLIE, OWNER_PASSWORD, Cast
from tests.directory import CONTOSO
from tests.recent import add_app, signed_in_long_ago, signed_in_recently
from tests.spa import open_page

DAYS = 14
OWNER = {"email": "owner@contoso.example", "password": OWNER_PASSWORD}
OFFER = "Stay signed in on this device for 14 days"


def allow(cast: Cast, days: int | None = DAYS, name: str = "Contoso") -> None:
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Company).where(Company.name == name).values(remember_days=days))


@pytest.fixture
def allowing(cast: Cast) -> Cast:
    """Contoso allows 14 days."""
    allow(cast)
    return cast


def by_redirect(cast: Cast, browser: Browser, *, remember: bool) -> TestResponse:
    return browser.sign_in_as(BOB, "contoso", cast.directory, **({"remember": "1"} if remember else {}))


def by_popup(cast: Cast, browser: Browser, *, remember: bool) -> TestResponse:
    cast.switch(CONTOSO, "spa")
    page = open_page(browser, "contoso")
    return page.post_tokens({**page.tokens(cast.directory, BOB), "remember": remember})


def by_password(cast: Cast, browser: Browser, *, remember: bool) -> TestResponse:
    fields = OWNER | ({"remember": "1"} if remember else {})
    return browser.post_form("/login/contoso/password", page="/login/contoso", **fields)


def by_two_steps(cast: Cast, browser: Browser, *, remember: bool) -> TestResponse:
    own = cast.browser()
    by_password(cast, own, remember=False)
    signed_in_recently(cast.app)
    totp = add_app(own)
    assert by_password(cast, browser, remember=remember).location == "/auth/second-factor"
    return browser.post_form("/auth/second-factor", page="/auth/second-factor", number=totp.now())


METHODS = (by_redirect, by_popup, by_password, by_two_steps)
SignIn = Callable[..., TestResponse]


def lasting(response: TestResponse) -> dict[str, bool]:
    """Whether the session's cookies outlive the browser."""
    names = ("session.", "active")
    set_here = [one for one in response.headers.getlist("Set-Cookie") if one.startswith(names)]
    assert len(set_here) == 2
    return {one.partition("=")[0].partition(".")[0]: "Max-Age" in parse_cookie(one) for one in set_here}


def remembered(cast: Cast) -> list[bool]:
    with cast.app.app_context():
        return list(db.session.scalars(sa.select(Session.remembered).where(Session.ended_at.is_(None))))


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/account").status_code == 200


@pytest.mark.parametrize("sign_in", METHODS)
def test_chosen_session_outlives_the_browser(allowing: Cast, sign_in: SignIn) -> None:
    response = sign_in(allowing, allowing.browser(), remember=True)
    assert response.status_code in (200, 303), response.text
    assert lasting(response) == {"session": True, "active": True}
    assert audit_entries(allowing.app, "sign_in.admitted")[-1].detail["remembered"] is True


@pytest.mark.parametrize("sign_in", METHODS)
def test_session_that_was_not_chosen_ends_with_the_browser(allowing: Cast, sign_in: SignIn) -> None:
    assert lasting(sign_in(allowing, allowing.browser(), remember=False)) == {"session": False, "active": False}
    assert "remembered" not in audit_entries(allowing.app, "sign_in.admitted")[-1].detail


@pytest.mark.parametrize("sign_in", [by_redirect, by_password])
def test_company_that_does_not_allow_it_offers_and_grants_nothing(cast: Cast, sign_in: SignIn) -> None:
    browser = cast.browser()
    assert "Stay signed in" not in browser.get("/login/contoso").text
    assert lasting(sign_in(cast, browser, remember=True)) == {"session": False, "active": False}
    assert remembered(cast) == [False]


def test_page_offers_it_and_keeps_the_choice_after_a_wrong_password(allowing: Cast) -> None:
    browser = allowing.browser()
    assert OFFER in browser.get("/login/contoso").text
    wrong = {"email": OWNER["email"], "password": "wrong", "remember": "1"}
    again = browser.post_form("/login/contoso/password", page="/login/contoso", **wrong)
    assert again.status_code == 422
    assert 'id="remember" type="checkbox" checked' in again.text
    assert "checked" not in browser.get("/login/contoso").text


def test_it_lasts_as_long_as_the_company_allows_whether_it_is_used_or_not(allowing: Cast) -> None:
    browser, other = allowing.browser(), allowing.browser()
    by_redirect(allowing, browser, remember=True)
    by_password(allowing, other, remember=False)
    began = now()
    with time_machine.travel(began + timedelta(days=DAYS, seconds=-60)):
        assert is_signed_in(browser)
        assert not is_signed_in(other)
        with allowing.app.app_context():
            schedule.end_expired_sessions()
        assert remembered(allowing) == [True]
    with time_machine.travel(began + timedelta(days=DAYS, seconds=60)):
        assert not is_signed_in(browser)
        with allowing.app.app_context():
            schedule.end_expired_sessions()
        assert remembered(allowing) == []
    assert {one.detail["session"] for one in audit_entries(allowing.app, "session.expired")}


def test_turning_it_off_applies_to_current_sessions(allowing: Cast) -> None:
    browser = allowing.browser()
    by_redirect(allowing, browser, remember=True)
    allow(allowing, None)
    with time_machine.travel(now() + timedelta(hours=12, seconds=5)):
        assert not is_signed_in(browser)
        with allowing.app.app_context():
            schedule.end_expired_sessions()
        assert remembered(allowing) == []


@pytest.mark.parametrize(
    ("usual", "days", "idle", "longest"),
    [
        ((30, 8), None, timedelta(minutes=30), timedelta(hours=8)),
        ((30, 8), 7, timedelta(days=7), timedelta(days=7)),
        ((3 * 24 * 60, 30 * 24), 7, timedelta(days=7), timedelta(days=30)),
    ],
)
def test_it_never_shortens_a_limit(
    usual: tuple[int, int], days: int | None, idle: timedelta, longest: timedelta
) -> None:
    found = limits(*usual, days)
    assert (found.idle, found.longest) == (idle, longest)


def test_every_end_ends_it(allowing: Cast) -> None:
    browser = allowing.browser()
    by_redirect(allowing, browser, remember=True)
    stolen = allowing.with_token(browser.session_token)
    assert is_signed_in(stolen)
    browser.post_form("/logout", page="/account")
    assert not is_signed_in(stolen)
    by_redirect(allowing, browser, remember=True)
    with allowing.app.app_context(), unit_of_work():
        allowing.person(BOB).is_active = False
    assert not is_signed_in(browser)


def test_each_sign_in_has_a_new_token_and_its_own_choice(allowing: Cast) -> None:
    browser = allowing.browser()
    by_redirect(allowing, browser, remember=True)
    first = browser.session_token
    assert lasting(by_redirect(allowing, browser, remember=False)) == {"session": False, "active": False}
    assert browser.session_token != first
    assert not is_signed_in(allowing.with_token(first))
    assert remembered(allowing) == [False]


def test_switching_companies_keeps_each_sessions_choice(allowing: Cast) -> None:
    browser = allowing.browser()
    by_redirect(allowing, browser, remember=True)
    browser.sign_in_as(CHARLIE, "fabrikam", allowing.directory)

    def switched_to(name: str) -> bool:
        response = browser.post_form("/sessions/switch", page="/login", company=allowing.org_id(name))
        (active,) = [one for one in response.headers.getlist("Set-Cookie") if one.startswith("active=")]
        return "Max-Age" in parse_cookie(active)

    assert switched_to("Contoso")
    assert not switched_to("Fabrikam")


def test_application_may_still_ask_for_a_new_sign_in(allowing: Cast) -> None:
    browser, client = allowing.browser(), register(allowing.app)
    by_password(allowing, browser, remember=True)
    with time_machine.travel(now() + timedelta(days=3)):
        assert client.tokens(browser)["id_token"]
        for asked in ({"prompt": "login"}, {"max_age": "86400"}):
            assert client.page(browser, **asked).startswith("/account/reauthenticate")
        silent = client.authorize(browser, prompt="none", max_age="86400")
        assert returned(silent)["error"] == "login_required"


@pytest.mark.parametrize("remember", [True, False])
def test_forward_auth_lasts_like_its_session(allowing: Cast, remember: bool) -> None:
    browser, application = allowing.browser(), protect(allowing.app)
    by_redirect(allowing, browser, remember=remember)
    visit = application.sign_in(browser)
    cookie = next(one for one in visit.browser.cookies() if one.key == "portico")
    assert (cookie.max_age is not None) is remember
    with time_machine.travel(now() + timedelta(days=3)):
        assert visit.check().status_code == (204 if remember else 401)


def test_owner_chooses_and_it_is_recorded(cast: Cast) -> None:
    page, alice = "/account/advanced/sessions", cast.alice()
    fields = {"idle_minutes": "720", "session_hours": "168"}
    assert alice.post_form(page, page=page, **fields, remember_days="15").status_code == 400
    assert alice.post_form(page, page=page, **fields, remember_days="14").status_code == 303
    assert '<option selected value="14">' in alice.get(page).text
    assert OFFER in cast.browser().get("/login/contoso").text
    assert audit_entries(cast.app, "company.changed")[-1].detail["changed"] == {"remember_days": [None, 14]}
    assert alice.post_form(page, page=page, **fields, remember_days="0").status_code == 303
    assert "Stay signed in" not in cast.browser().get("/login/contoso").text


REMEMBER = "/account/sessions/remember"


def test_person_whose_login_page_offers_nothing_chooses_after_the_sign_in(allowing: Cast) -> None:
    with allowing.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Company).values(password_sign_in=PasswordSignIn.NO_ONE))
    browser = allowing.browser()
    straight_on = browser.get("/login/contoso").headers["Location"]
    signed_in = browser.get(pick(allowing.directory, straight_on, BOB))
    assert lasting(signed_in) == {"session": False, "active": False}
    assert REMEMBER in browser.get("/account").text
    signed_in_recently(allowing.app)
    page = browser.get(REMEMBER).text
    assert "It ends 14 days after you signed in." in page
    assert lasting(browser.post_form(REMEMBER, page=REMEMBER)) == {"session": True, "active": True}
    page = browser.get("/account").text
    assert "Stays signed in" in page
    assert REMEMBER not in page
    (entry,) = audit_entries(allowing.app, "session.remembered")
    assert entry.actor_id == allowing.person_id(BOB)
    browser.post_form(REMEMBER, page="/account")
    assert len(audit_entries(allowing.app, "session.remembered")) == 1
    with time_machine.travel(now() + timedelta(days=DAYS, seconds=-60)):
        assert is_signed_in(browser)


def test_stolen_or_old_session_is_not_made_longer(allowing: Cast) -> None:
    browser = allowing.browser()
    by_redirect(allowing, browser, remember=False)
    signed_in_long_ago(allowing.app)
    response = browser.post_form(REMEMBER, page="/account")
    assert response.location.startswith("/account/reauthenticate?next=")
    assert remembered(allowing) == [False]


def test_company_that_does_not_allow_it_offers_nothing_after_the_sign_in(cast: Cast) -> None:
    browser = cast.browser()
    by_redirect(cast, browser, remember=False)
    signed_in_recently(cast.app)
    assert REMEMBER not in browser.get("/account").text
    for response in (browser.get(REMEMBER), browser.post_form(REMEMBER, page="/account")):
        assert (response.status_code, response.location) == (303, "/account")
    assert remembered(cast) == [False]
