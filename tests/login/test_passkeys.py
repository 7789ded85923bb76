"""A passkey response counts once: in two-step verification and when adding a passkey, across nodes."""

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
from tests.assertions import audit_entries, last_failure_reason
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
    response = otto.post_form(
        f"{PAGE}/passkeys", page="/account", credential=made.create(otto.get(PAGE).text), name="Synced"
    )
    assert response.status_code == 303
    assert passkeys(cast) == 1
    return made


def passkeys(cast: Cast) -> int:
    with cast.app.app_context():
        return db.session.scalar(sa.select(sa.func.count(Passkey.id))) or 0


def at_second_step(cast: Cast, browser: Browser | None = None) -> Browser:
    browser = browser or cast.browser()
    assert sign_in(browser, EMAIL, PASSWORD) == 303
    return browser


def post_response(browser: Browser, token: str, credential: str) -> int:
    return browser.post(STEP, data={"csrf_token": token, "credential": credential}).status_code


def copy(cast: Cast, browser: Browser, app: Flask | None = None) -> Browser:
    """A browser with the same cookies, optionally at another node."""
    other = (app or cast.app).test_client()
    assert isinstance(other, Browser)
    for cookie in browser.cookies():
        other.set_cookie(cookie.key, cookie.value)
    return other


def test_passkey_response_signs_in_once(cast: Cast, passkey: SoftPasskey) -> None:
    browser = at_second_step(cast)
    token, credential = browser.csrf(STEP), passkey.get(browser.get(STEP).text)
    replayer = copy(cast, browser)
    assert post_response(browser, token, credential) == 303
    assert browser.get("/account").status_code == 200
    assert post_response(replayer, token, credential) == 422
    assert replayer.get("/account").status_code == 302
    assert last_failure_reason(cast.app) == "wrong_second_factor"


def test_passkey_response_signs_in_once_across_nodes(cast: Cast, passkey: SoftPasskey, settings: Settings) -> None:
    node = create_app(settings)
    node.test_client_class = Browser
    browser = at_second_step(cast)
    token, credential = browser.csrf(STEP), passkey.get(browser.get(STEP).text)
    replayer = copy(cast, browser, node)
    assert post_response(browser, token, credential) == 303
    assert post_response(replayer, token, credential) == 422
    with node.app_context():
        db.engine.dispose()


def test_one_of_20_concurrent_passkey_responses_signs_in(cast: Cast, passkey: SoftPasskey) -> None:
    browser = at_second_step(cast)
    token, credential = browser.csrf(STEP), passkey.get(browser.get(STEP).text)
    copies = [copy(cast, browser) for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        responses = list(pool.map(lambda one: post_response(one, token, credential), copies))
    assert responses.count(303) == 1
    assert set(responses) <= {303, 422, 429}


def test_next_sign_in_has_its_own_challenge(cast: Cast, passkey: SoftPasskey) -> None:
    for _ in range(2):
        browser = at_second_step(cast)
        token, credential = browser.csrf(STEP), passkey.get(browser.get(STEP).text)
        assert post_response(browser, token, credential) == 303
    assert [entry.detail["method"] for entry in audit_entries(cast.app, "sign_in.admitted")][-2:] == [
        "Password and passkey"
    ] * 2


def test_registration_response_adds_passkey_once(cast: Cast, otto: Browser) -> None:
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
    assert passkeys(cast) == 0, "an old response doesn't restore a removed passkey"


def test_expired_registration_response_adds_no_passkey(cast: Cast, otto: Browser) -> None:
    token, credential = otto.csrf("/account"), SoftPasskey(cast.app.config["BASE_URL"]).create(otto.get(PAGE).text)
    with time_machine.travel(time.time() + challenges.LIFE_SECONDS + 1):
        otto.post(f"{PAGE}/passkeys", data={"csrf_token": token, "credential": credential, "name": "Phone"})
    assert passkeys(cast) == 0


def test_used_challenges_are_purged_after_they_expire(cast: Cast, passkey: SoftPasskey) -> None:
    def used() -> int:
        return db.session.scalar(sa.select(sa.func.count(SpentChallenge.id))) or 0

    with cast.app.app_context():
        assert used() == 1
        schedule.forget_spent_challenges()
        assert used() == 1
        with time_machine.travel(now().timestamp() + challenges.KEPT_SECONDS + 1):
            schedule.forget_spent_challenges()
        assert used() == 0
