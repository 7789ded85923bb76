"""A refusal's “Try again” leads to the login page that was used, and on to where the person wanted to go."""

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
    answer = browser.post_form("/login/contoso/password", page="/login/contoso", **given)
    assert answer.headers["Location"] == "/auth/second-factor"
    return browser


@pytest.fixture
def otto(cast: Cast) -> Browser:
    account(cast.app, company_of(cast.app), EMAIL, "Otto Owner", "owner")
    browser = cast.browser()
    assert sign_in(browser, EMAIL) == 303
    return browser


def test_after_an_id_token_that_was_not_believed(cast: Cast) -> None:
    cast.directory.drill("id_token", alg="bad_signature")
    answer = cast.browser().sign_in_as(ALICE, "contoso", cast.directory, next_path="/people")
    assert AGAIN in answer.text


def test_after_an_attempt_that_took_too_long(cast: Cast) -> None:
    browser = cast.browser()
    back = pick(cast.directory, browser.begin("contoso", next_path="/people"), ALICE)
    with time_machine.travel(time.time() + 11 * 60):
        assert AGAIN in browser.get(back).text


def test_after_a_directory_that_did_not_answer(cast: Cast) -> None:
    cast.directory.drill("token_down")
    answer = cast.browser().sign_in_as(ALICE, "contoso", cast.directory, next_path="/people")
    assert answer.status_code == 503
    assert AGAIN in answer.text


def test_after_a_password_that_does_not_let_in(cast: Cast) -> None:
    made = account(cast.app, company_of(cast.app), "otto@contoso.example")
    with cast.app.app_context(), unit_of_work():
        db.session.merge(made).is_active = False
    given = {"email": "otto@contoso.example", "password": PASSWORD, "next": "/people"}
    answer = cast.browser().post_form("/login/contoso/password", page="/login/contoso", **given)
    assert AGAIN in answer.text


def test_after_a_second_step_that_took_too_long(cast: Cast, otto: Browser) -> None:
    totp = add_app(otto)
    browser = half_signed_in(cast)
    with time_machine.travel(time.time() + 6 * 60):
        assert browser.get("/auth/second-factor").headers["Location"] == "/login/contoso?choose=1&next=/people"
        token = browser.csrf("/login/contoso")
        answer = browser.post("/auth/second-factor", data={"csrf_token": token, "number": totp.now()})
        assert answer.headers["Location"] == "/login/contoso?choose=1&next=/people"


def test_after_an_account_question_that_took_too_long(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), "adaeze.okonkwo@contoso.example")
    browser = cast.browser()
    answer = browser.sign_in_as(ALICE, "contoso", cast.directory, next_path="/people")
    assert answer.headers["Location"] == "/auth/joining"
    with time_machine.travel(time.time() + 31 * 60):
        assert browser.get("/auth/joining").headers["Location"] == "/login/contoso?choose=1&next=/people"
