"""A passkey's answer counts once: at the second step, and when a passkey is added. Also on another node."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
import time_machine
from flask import Flask

from app import create_app
from app.cli import schedule
from app.core.database import db, now
from app.people.two_step import challenges
from app.people.two_step.models import Passkey, SpentChallenge
from app.settings import Settings
from tests.accounts import PASSWORD, account, company_of, sign_in
from tests.assertions import history, last_refusal
from tests.browser import Browser
from tests.cast import Cast
from tests.passkey import SoftPasskey

EMAIL = "otto@contoso.example"
PAGE, STEP = "/account/second-factor", "/auth/second-factor"


@pytest.fixture
def otto(cast: Cast) -> Browser:
    account(cast.app, company_of(cast.app), EMAIL, "Otto Owner", "owner")
    browser = cast.browser()
    assert sign_in(browser, EMAIL) == 303
    return browser


@pytest.fixture
def passkey(cast: Cast, otto: Browser) -> SoftPasskey:
    made = SoftPasskey(cast.app.config["BASE_URL"])
    answer = otto.post_form(
        f"{PAGE}/passkeys", page="/account", credential=made.create(otto.get(PAGE).text), name="Synced"
    )
    assert answer.status_code == 303
    assert passkeys(cast) == 1
    return made


def passkeys(cast: Cast) -> int:
    with cast.app.app_context():
        return db.session.scalar(sa.select(sa.func.count(Passkey.id))) or 0


def begun(cast: Cast, browser: Browser | None = None) -> Browser:
    browser = browser or cast.browser()
    assert sign_in(browser, EMAIL, PASSWORD) == 303
    return browser


def answer_with(browser: Browser, token: str, credential: str) -> int:
    return browser.post(STEP, data={"csrf_token": token, "credential": credential}).status_code


def copy(cast: Cast, browser: Browser, app: Flask | None = None) -> Browser:
    """A browser with the same cookies, perhaps at another node."""
    other = (app or cast.app).test_client()
    assert isinstance(other, Browser)
    for cookie in browser.cookies():
        other.set_cookie(cookie.key, cookie.value)
    return other


def test_a_passkeys_answer_signs_in_once(cast: Cast, passkey: SoftPasskey) -> None:
    browser = begun(cast)
    token, credential = browser.csrf(STEP), passkey.get(browser.get(STEP).text)
    replayer = copy(cast, browser)
    assert answer_with(browser, token, credential) == 303
    assert browser.get("/account").status_code == 200
    assert answer_with(replayer, token, credential) == 422
    assert replayer.get("/account").status_code == 302
    assert last_refusal(cast.app) == "wrong_second_factor"


def test_a_passkeys_answer_signs_in_once_also_at_another_node(
    cast: Cast, passkey: SoftPasskey, settings: Settings
) -> None:
    node = create_app(settings)
    node.test_client_class = Browser
    browser = begun(cast)
    token, credential = browser.csrf(STEP), passkey.get(browser.get(STEP).text)
    replayer = copy(cast, browser, node)
    assert answer_with(browser, token, credential) == 303
    assert answer_with(replayer, token, credential) == 422
    with node.app_context():
        db.engine.dispose()


def test_of_20_answers_at_once_one_signs_in(cast: Cast, passkey: SoftPasskey) -> None:
    browser = begun(cast)
    token, credential = browser.csrf(STEP), passkey.get(browser.get(STEP).text)
    copies = [copy(cast, browser) for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda one: answer_with(one, token, credential), copies))
    assert answers.count(303) == 1
    assert set(answers) <= {303, 422, 429}


def test_the_next_sign_in_has_a_challenge_of_its_own(cast: Cast, passkey: SoftPasskey) -> None:
    for _ in range(2):
        browser = begun(cast)
        token, credential = browser.csrf(STEP), passkey.get(browser.get(STEP).text)
        assert answer_with(browser, token, credential) == 303
    assert [entry.detail["method"] for entry in history(cast.app, "sign_in.admitted")][-2:] == [
        "Password and passkey"
    ] * 2


def test_an_answer_that_adds_a_passkey_adds_it_once(cast: Cast, otto: Browser) -> None:
    page = otto.get(PAGE).text
    token, credential = otto.csrf("/account"), SoftPasskey(cast.app.config["BASE_URL"]).create(page)
    replayer = copy(cast, otto)
    given = {"csrf_token": token, "credential": credential, "name": "Phone"}
    otto.post(f"{PAGE}/passkeys", data=given)
    assert passkeys(cast) == 1
    with cast.app.app_context():
        passkey_id = db.session.scalars(sa.select(Passkey.id)).one()
    assert otto.post_form(f"{PAGE}/passkeys/{passkey_id}/remove", page=PAGE).status_code == 303
    replayer.post(f"{PAGE}/passkeys", data=given)
    assert passkeys(cast) == 0, "what was removed does not come back by an old answer"


def test_an_answer_to_a_page_of_long_ago_adds_no_passkey(cast: Cast, otto: Browser) -> None:
    token, credential = otto.csrf("/account"), SoftPasskey(cast.app.config["BASE_URL"]).create(otto.get(PAGE).text)
    with time_machine.travel(time.time() + challenges.LIFE_SECONDS + 1):
        otto.post(f"{PAGE}/passkeys", data={"csrf_token": token, "credential": credential, "name": "Phone"})
    assert passkeys(cast) == 0


def test_spent_challenges_are_forgotten_when_they_could_not_be_used_any_more(cast: Cast, passkey: SoftPasskey) -> None:
    def spent() -> int:
        return db.session.scalar(sa.select(sa.func.count(SpentChallenge.id))) or 0

    with cast.app.app_context():
        assert spent() == 1
        schedule.forget_spent_challenges()
        assert spent() == 1
        with time_machine.travel(now().timestamp() + challenges.KEPT_SECONDS + 1):
            schedule.forget_spent_challenges()
        assert spent() == 0
