"""“Try again” after a failed sign-in leads to the login page used and then to the requested page."""

import time

import pytest
import time_machine

from app.core.database import db
from app.core.unit_of_work import unit_of_work
from tests.accounts import PASSWORD, account, company_of, sign_in
from tests.browser import Browser, pick
from tests.cast import ALICE, Cast
from tests.login.test_two_step import EMAIL, add_app

AGAIN = 'href="/login/contoso?choose=1&amp;next=/people">'


def half_signed_in(cast: Cast) -> Browser:
    browser = cast.browser()
    given = {"email": EMAIL, "password": PASSWORD, "next": "/people"}
    response = browser.post_form("/login/contoso/password", page="/login/contoso", **given)
    assert response.headers["Location"] == "/auth/second-factor"
    return browser


@pytest.fixture
def otto(cast: Cast) -> Browser:
    account(cast.app, company_of(cast.app), EMAIL, "Otto Owner", "owner")
    browser = cast.browser()
    assert sign_in(browser, EMAIL) == 303
    return browser


def test_retry_after_rejected_id_token(cast: Cast) -> None:
    cast.directory.drill("id_token", alg="bad_signature")
    response = cast.browser().sign_in_as(ALICE, "contoso", cast.directory, next_path="/people")
    assert AGAIN in response.text


def test_retry_after_expired_transaction(cast: Cast) -> None:
    browser = cast.browser()
    back = pick(cast.directory, browser.begin("contoso", next_path="/people"), ALICE)
    with time_machine.travel(time.time() + 11 * 60):
        assert AGAIN in browser.get(back).text


def test_retry_after_unreachable_directory(cast: Cast) -> None:
    cast.directory.drill("token_down")
    response = cast.browser().sign_in_as(ALICE, "contoso", cast.directory, next_path="/people")
    assert response.status_code == 503
    assert AGAIN in response.text


def test_retry_after_rejected_password_account(cast: Cast) -> None:
    made = account(cast.app, company_of(cast.app), "otto@contoso.example")
    with cast.app.app_context(), unit_of_work():
        db.session.merge(made).is_active = False
    given = {"email": "otto@contoso.example", "password": PASSWORD, "next": "/people"}
    response = cast.browser().post_form("/login/contoso/password", page="/login/contoso", **given)
    assert AGAIN in response.text


def test_retry_after_expired_second_step(cast: Cast, otto: Browser) -> None:
    totp = add_app(otto)
    browser = half_signed_in(cast)
    with time_machine.travel(time.time() + 6 * 60):
        assert browser.get("/auth/second-factor").headers["Location"] == "/login/contoso?choose=1&next=/people"
        token = browser.csrf("/login/contoso")
        response = browser.post("/auth/second-factor", data={"csrf_token": token, "number": totp.now()})
        assert response.headers["Location"] == "/login/contoso?choose=1&next=/people"


def test_retry_after_expired_link_offer(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), "adaeze.okonkwo@contoso.example")
    browser = cast.browser()
    response = browser.sign_in_as(ALICE, "contoso", cast.directory, next_path="/people")
    assert response.headers["Location"] == "/auth/joining"
    with time_machine.travel(time.time() + 31 * 60):
        assert browser.get("/auth/joining").headers["Location"] == "/login/contoso?choose=1&next=/people"
