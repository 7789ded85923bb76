"""Limits per account: guesses and emails count for the account, and others can't lock its owner out."""

import re
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pyotp
import pytest
from werkzeug.test import TestResponse

from tests.accounts import PASSWORD, account, company_of, link, sign_in
from tests.browser import CSRF, Browser
from tests.cast import ALICE, OWNER_PASSWORD, Cast
from tests.mail_server import LocalMailServer
from tests.tasks import run_tasks

OWNER = "owner@contoso.example"
EMAIL = "rita@contoso.example"
ADAEZE = "adaeze.okonkwo@contoso.example"
PAGES = ("contoso", "contoso-lisbon")
NEW = "a wholly other phrase"
MOST = 10
"""Wrong passwords or codes a minute for one account."""
EMAILS = 5
"""Emails an hour for one account."""
AT_ONCE = 40


@pytest.fixture
def rita(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), EMAIL, "Rita Reset")


def unknown_browser(cast: Cast, number: int) -> Browser:
    """A browser never used to sign in, in its own network."""
    browser = cast.browser()
    browser.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
    return browser


def guess(browser: Browser, email: str, password: str = "guess", code: str = "contoso") -> TestResponse:
    page = f"/login/{code}"
    return browser.post_form(f"{page}/password", page=f"{page}?choose=1", email=email, password=password)


def request_reset(browser: Browser, email: str = EMAIL, code: str = "contoso") -> TestResponse:
    page = f"/login/{code}/forgot"
    return browser.post_form(page, page=page, email=email)


def concurrently(ask: Callable[[int], TestResponse], number: int = AT_ONCE) -> Counter[int]:
    """The number of responses by status."""
    with ThreadPoolExecutor(number) as many:
        return Counter(response.status_code for response in many.map(ask, range(number)))


def exhaust(cast: Cast, email: str) -> None:
    """Others guess until the account's limit is reached."""
    for number in range(MOST):
        guess(unknown_browser(cast, number), email)
    assert guess(unknown_browser(cast, MOST), email).status_code == 429


def test_wrong_passwords_count_per_account_on_all_login_pages(cast: Cast) -> None:
    statuses = [guess(unknown_browser(cast, n), OWNER, code=PAGES[n % 2]).status_code for n in range(MOST + 1)]
    assert statuses == [422] * MOST + [429]


def test_account_of_another_company_with_same_address_is_not_counted(cast: Cast) -> None:
    exhaust(cast, OWNER)
    assert guess(unknown_browser(cast, 99), OWNER, code="fabrikam").status_code == 422


def test_ten_of_40_concurrent_passwords_are_checked(cast: Cast) -> None:
    def prepared(number: int) -> Callable[[], TestResponse]:
        browser = unknown_browser(cast, number)
        token = browser.csrf("/login/contoso")
        given = {"csrf_token": token, "email": OWNER, "password": "guess"}
        return lambda: browser.post("/login/contoso/password", data=given)

    ready = [prepared(number) for number in range(AT_ONCE)]
    assert concurrently(lambda number: ready[number]()) == {422: MOST, 429: AT_ONCE - MOST}


def test_correct_concurrent_passwords_are_not_counted(cast: Cast) -> None:
    for _ in range(3):
        assert concurrently(lambda n: guess(unknown_browser(cast, n), OWNER, OWNER_PASSWORD), 5) == {303: 5}


def second_step(cast: Cast, number: int, code: str) -> Browser:
    browser = unknown_browser(cast, number)
    assert guess(browser, EMAIL, PASSWORD, code=code).location == "/auth/second-factor"
    return browser


def add_app(cast: Cast) -> None:
    browser = unknown_browser(cast, 250)
    assert sign_in(browser, EMAIL) == 303
    page = "/account/second-factor"
    browser.post_form(f"{page}/app", page=page)
    secret = re.search(r"\b[A-Z2-7]{32}\b", browser.get(page).text)
    assert secret
    number = pyotp.TOTP(secret[0]).now()
    assert browser.post_form(f"{page}/app/confirm", page=page, number=number).status_code == 303


def test_ten_of_40_concurrent_codes_are_checked(cast: Cast, rita: None) -> None:
    add_app(cast)
    pending = [second_step(cast, number, PAGES[number % 2]) for number in range(AT_ONCE)]
    tokens = [browser.csrf("/auth/second-factor") for browser in pending]

    def check(number: int) -> TestResponse:
        given = {"csrf_token": tokens[number], "number": "000000"}
        return pending[number].post("/auth/second-factor", data=given)

    assert concurrently(check) == {422: MOST, 429: AT_ONCE - MOST}


def test_password_for_linking_shares_the_accounts_limit(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), ADAEZE, "Adaeze from before")
    browser = unknown_browser(cast, 200)
    assert browser.sign_in_as(ALICE, "contoso", cast.directory).location == "/auth/joining"
    exhaust(cast, ADAEZE)
    response = browser.post_form("/auth/joining/password", page="/auth/joining", password=PASSWORD)
    assert response.status_code == 429


def test_reset_emails_count_per_account_on_all_login_pages(
    cast: Cast, rita: None, mail_server: LocalMailServer
) -> None:
    for number in range(EMAILS + 3):
        request_reset(unknown_browser(cast, number), code=PAGES[number % 2])
    run_tasks(cast.app)
    assert len(mail_server.emails) == EMAILS


def test_linking_emails_are_limited_per_account(cast: Cast, mail_server: LocalMailServer) -> None:
    account(cast.app, company_of(cast.app), ADAEZE, "Adaeze from before")
    for number in range(EMAILS + 1):
        browser = unknown_browser(cast, number)
        browser.sign_in_as(ALICE, "contoso", cast.directory)
        browser.post_form("/auth/joining/mail", page="/auth/joining")
    run_tasks(cast.app)
    assert len(mail_server.emails) == EMAILS


# Others and the account's owner


def test_known_browser_can_sign_in_while_others_guess(cast: Cast) -> None:
    known = cast.browser()
    assert sign_in(known, OWNER, OWNER_PASSWORD) == 303
    known.post_form("/logout", page="/account")
    exhaust(cast, OWNER)
    assert guess(known, OWNER).status_code == 422
    assert guess(known, OWNER, OWNER_PASSWORD).status_code == 303


def test_known_browser_has_its_own_limit(cast: Cast) -> None:
    known = cast.browser()
    sign_in(known, OWNER, OWNER_PASSWORD)
    statuses = [guess(known, OWNER).status_code for _ in range(MOST + 1)]
    assert statuses == [422] * MOST + [429]
    assert guess(unknown_browser(cast, 1), OWNER, OWNER_PASSWORD).status_code == 303, "the others' limit is unaffected"


def test_browser_is_known_only_for_its_own_account(cast: Cast, rita: None) -> None:
    browser = cast.browser()
    sign_in(browser, EMAIL)
    exhaust(cast, OWNER)
    assert guess(browser, OWNER, OWNER_PASSWORD).status_code == 429


def test_password_without_second_step_makes_no_browser_known(cast: Cast, rita: None) -> None:
    add_app(cast)
    browser = second_step(cast, 1, "contoso")
    assert not any("device" in cookie.key for cookie in browser.cookies())


def test_forged_device_cookie_is_ignored(cast: Cast) -> None:
    known = cast.browser()
    sign_in(known, OWNER, OWNER_PASSWORD)
    (kept,) = [cookie for cookie in known.cookies() if "device" in cookie.key]
    assert kept.http_only
    exhaust(cast, OWNER)
    for value in ("", "x", kept.value[:-3] + "AAA", "." + kept.value):
        browser = unknown_browser(cast, 120)
        browser.set_cookie(kept.key, value, domain="localhost")
        assert guess(browser, OWNER, OWNER_PASSWORD).status_code == 429
    browser.set_cookie(kept.key, kept.value, domain="localhost")
    assert guess(browser, OWNER, OWNER_PASSWORD).status_code == 303


def test_reset_request_beyond_limit_gets_same_response_and_sends_nothing(
    cast: Cast, rita: None, mail_server: LocalMailServer
) -> None:
    def plain(page: str) -> str:
        return re.sub(r'nonce="[^"]+"|name="csrf_token" value="[^"]+"', "", page)

    responses = [request_reset(unknown_browser(cast, number)) for number in range(EMAILS + 2)]
    assert {(response.status_code, plain(response.text)) for response in responses} == {(200, plain(responses[0].text))}
    run_tasks(cast.app)
    assert len(mail_server.emails) == EMAILS


def reset(browser: Browser, path: str) -> int:
    """Opens an emailed link and chooses a new password; returns the status."""
    page = browser.opened(path)
    return browser.post_form(page, page=page, password=NEW).status_code


def test_sent_link_works_despite_further_requests_by_others(
    cast: Cast, rita: None, mail_server: LocalMailServer
) -> None:
    request_reset(cast.browser())
    first = link(mail_server, cast.app, EMAIL)
    for number in range(EMAILS + 2):
        request_reset(unknown_browser(cast, number))
        run_tasks(cast.app)
    assert reset(cast.browser(), first) == 303


def test_used_link_revokes_the_others(cast: Cast, rita: None, mail_server: LocalMailServer) -> None:
    request_reset(cast.browser())
    first = link(mail_server, cast.app, EMAIL)
    request_reset(cast.browser())
    second = link(mail_server, cast.app, EMAIL)
    assert reset(cast.browser(), second) == 303
    assert cast.browser().get(first, follow_redirects=True).status_code == 410


def test_known_browser_gets_one_more_email_a_day(cast: Cast, rita: None, mail_server: LocalMailServer) -> None:
    known = cast.browser()
    sign_in(known, EMAIL)
    for number in range(EMAILS + 1):
        request_reset(unknown_browser(cast, number))
    run_tasks(cast.app)
    assert len(mail_server.emails) == EMAILS
    for _ in range(2):
        assert request_reset(known).status_code == 200
        run_tasks(cast.app)
        assert len(mail_server.emails) == EMAILS + 1


def test_reset_works_while_others_guess(cast: Cast, rita: None, mail_server: LocalMailServer) -> None:
    browser = unknown_browser(cast, 200)
    request_reset(browser)
    path = link(mail_server, cast.app, EMAIL)
    exhaust(cast, EMAIL)
    assert reset(browser, path) == 303
    assert guess(unknown_browser(cast, 201), EMAIL, NEW).status_code == 303, "the lock is cleared"
    exhaust(cast, EMAIL)
    assert guess(browser, EMAIL, NEW).status_code == 303, (
        "others can't lock out a person who just used the emailed link"
    )


def test_reset_does_not_clear_limit_of_second_step(cast: Cast, rita: None, mail_server: LocalMailServer) -> None:
    add_app(cast)
    for number in range(MOST):
        browser = second_step(cast, number, "contoso")
        browser.post_form("/auth/second-factor", page="/auth/second-factor", number="000000")
    request_reset(browser)
    path = link(mail_server, cast.app, EMAIL)
    assert reset(browser, path) == 303
    assert guess(browser, EMAIL, NEW).location == "/auth/second-factor"
    response = browser.post_form("/auth/second-factor", page="/auth/second-factor", number="000000")
    assert response.status_code == 429


# What a limit says


@pytest.mark.parametrize(("by_others", "words"), [(True, "for this account"), (False, "from your network")])
def test_limit_names_its_scope_and_end(cast: Cast, by_others: bool, words: str) -> None:
    for number in range(MOST + 1):
        browser = unknown_browser(cast, number if by_others else 1)
        response = guess(browser, OWNER if by_others else f"{number}@contoso.example")
    assert response.status_code == 429
    assert f"Too many wrong passwords {words}." in response.text
    assert re.search(r"Try again in \d+ seconds?, at \d\d:\d\d UTC\.|Try again in 1 minute, at", response.text)
    assert 1 <= int(response.headers["Retry-After"]) <= 60
    assert CSRF.search(response.text), "the form is there to be sent again"
    assert (OWNER if by_others else f"{MOST}@contoso.example") in response.text, "what was typed is kept"
    assert "guess" not in response.text


def test_limit_of_a_browser_says_so(cast: Cast) -> None:
    known = cast.browser()
    sign_in(known, OWNER, OWNER_PASSWORD)
    for _ in range(MOST + 1):
        response = guess(known, OWNER)
    assert "Too many wrong passwords from this browser." in response.text


def test_limit_of_unknown_pages_says_so(cast: Cast) -> None:
    browser = cast.browser()
    for number in range(31):
        response = browser.get(f"/login/missing-{number}")
    assert response.status_code == 429
    assert "Too many addresses that don’t exist were opened from your network." in response.text
    assert 1 <= int(response.headers["Retry-After"]) <= 60
