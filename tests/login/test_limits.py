"""Limits of an account: guesses and mails are counted for the account, and strangers don't lock its owner out."""

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
from tests.post_office import PostOffice
from tests.tasks import run_tasks

OWNER = "owner@contoso.example"
EMAIL = "rita@contoso.example"
ADAEZE = "adaeze.okonkwo@contoso.example"
PAGES = ("contoso", "contoso-lisbon")
NEW = "a wholly other phrase"
MOST = 10
"""Wrong answers a minute, for one account."""
MAILS = 5
"""An hour, for one account."""
AT_ONCE = 40


@pytest.fixture
def rita(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), EMAIL, "Rita Reset")


def stranger(cast: Cast, number: int) -> Browser:
    """A browser that was never used to sign in, in a network of its own."""
    browser = cast.browser()
    browser.environ_base["REMOTE_ADDR"] = f"192.0.2.{number}"
    return browser


def guess(browser: Browser, email: str, password: str = "guess", code: str = "contoso") -> TestResponse:
    page = f"/login/{code}"
    return browser.post_form(f"{page}/password", page=f"{page}?choose=1", email=email, password=password)


def ask_for_mail(browser: Browser, email: str = EMAIL, code: str = "contoso") -> TestResponse:
    page = f"/login/{code}/forgot"
    return browser.post_form(page, page=page, email=email)


def all_at_once(ask: Callable[[int], TestResponse], number: int = AT_ONCE) -> Counter[int]:
    """How often each status was answered."""
    with ThreadPoolExecutor(number) as many:
        return Counter(answer.status_code for answer in many.map(ask, range(number)))


def exhaust(cast: Cast, email: str) -> None:
    """Strangers guess until the account's limit is reached."""
    for number in range(MOST):
        guess(stranger(cast, number), email)
    assert guess(stranger(cast, MOST), email).status_code == 429


def test_wrong_passwords_count_for_the_account_whatever_the_login_page(cast: Cast) -> None:
    statuses = [guess(stranger(cast, n), OWNER, code=PAGES[n % 2]).status_code for n in range(MOST + 1)]
    assert statuses == [422] * MOST + [429]


def test_other_companies_accounts_of_the_same_address_are_not_counted(cast: Cast) -> None:
    exhaust(cast, OWNER)
    assert guess(stranger(cast, 99), OWNER, code="fabrikam").status_code == 422


def test_of_40_guesses_at_once_ten_are_looked_at(cast: Cast) -> None:
    def prepared(number: int) -> Callable[[], TestResponse]:
        browser = stranger(cast, number)
        token = browser.csrf("/login/contoso")
        given = {"csrf_token": token, "email": OWNER, "password": "guess"}
        return lambda: browser.post("/login/contoso/password", data=given)

    ready = [prepared(number) for number in range(AT_ONCE)]
    assert all_at_once(lambda number: ready[number]()) == {422: MOST, 429: AT_ONCE - MOST}


def test_right_passwords_at_once_are_given_back(cast: Cast) -> None:
    for _ in range(3):
        assert all_at_once(lambda n: guess(stranger(cast, n), OWNER, OWNER_PASSWORD), 5) == {303: 5}


def second_step(cast: Cast, number: int, code: str) -> Browser:
    browser = stranger(cast, number)
    assert guess(browser, EMAIL, PASSWORD, code=code).location == "/auth/second-factor"
    return browser


def add_app(cast: Cast) -> None:
    browser = stranger(cast, 250)
    assert sign_in(browser, EMAIL) == 303
    page = "/account/second-factor"
    browser.post_form(f"{page}/app", page=page)
    secret = re.search(r"\b[A-Z2-7]{32}\b", browser.get(page).text)
    assert secret
    number = pyotp.TOTP(secret[0]).now()
    assert browser.post_form(f"{page}/app/confirm", page=page, number=number).status_code == 303


def test_of_40_codes_at_once_ten_are_looked_at(cast: Cast, rita: None) -> None:
    add_app(cast)
    begun = [second_step(cast, number, PAGES[number % 2]) for number in range(AT_ONCE)]
    tokens = [browser.csrf("/auth/second-factor") for browser in begun]

    def check(number: int) -> TestResponse:
        given = {"csrf_token": tokens[number], "number": "000000"}
        return begun[number].post("/auth/second-factor", data=given)

    assert all_at_once(check) == {422: MOST, 429: AT_ONCE - MOST}


def test_the_password_that_links_an_account_shares_its_limit(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), ADAEZE, "Adaeze from before")
    browser = stranger(cast, 200)
    assert browser.sign_in_as(ALICE, "contoso", cast.directory).location == "/auth/joining"
    exhaust(cast, ADAEZE)
    answer = browser.post_form("/auth/joining/password", page="/auth/joining", password=PASSWORD)
    assert answer.status_code == 429


def test_reset_mails_count_for_the_account_whatever_the_login_page(
    cast: Cast, rita: None, post_office: PostOffice
) -> None:
    for number in range(MAILS + 3):
        ask_for_mail(stranger(cast, number), code=PAGES[number % 2])
    run_tasks(cast.app)
    assert len(post_office.letters) == MAILS


def test_mails_that_prove_an_account_are_limited_for_it(cast: Cast, post_office: PostOffice) -> None:
    account(cast.app, company_of(cast.app), ADAEZE, "Adaeze from before")
    for number in range(MAILS + 1):
        browser = stranger(cast, number)
        browser.sign_in_as(ALICE, "contoso", cast.directory)
        browser.post_form("/auth/joining/mail", page="/auth/joining")
    run_tasks(cast.app)
    assert len(post_office.letters) == MAILS


# Strangers and the account's owner


def test_a_browser_that_was_signed_in_gets_through_while_strangers_guess(cast: Cast) -> None:
    known = cast.browser()
    assert sign_in(known, OWNER, OWNER_PASSWORD) == 303
    known.post_form("/logout", page="/account")
    exhaust(cast, OWNER)
    assert guess(known, OWNER).status_code == 422
    assert guess(known, OWNER, OWNER_PASSWORD).status_code == 303


def test_a_known_browser_has_a_budget_of_its_own_and_no_more(cast: Cast) -> None:
    known = cast.browser()
    sign_in(known, OWNER, OWNER_PASSWORD)
    statuses = [guess(known, OWNER).status_code for _ in range(MOST + 1)]
    assert statuses == [422] * MOST + [429]
    assert guess(stranger(cast, 1), OWNER, OWNER_PASSWORD).status_code == 303, "strangers' budget is untouched"


def test_a_browser_is_known_for_its_own_account_alone(cast: Cast, rita: None) -> None:
    browser = cast.browser()
    sign_in(browser, EMAIL)
    exhaust(cast, OWNER)
    assert guess(browser, OWNER, OWNER_PASSWORD).status_code == 429


def test_a_password_alone_makes_no_browser_known_where_a_second_step_is_due(cast: Cast, rita: None) -> None:
    add_app(cast)
    browser = second_step(cast, 1, "contoso")
    assert not any("device" in cookie.key for cookie in browser.cookies())


def test_a_made_up_device_cookie_is_no_device(cast: Cast) -> None:
    known = cast.browser()
    sign_in(known, OWNER, OWNER_PASSWORD)
    (kept,) = [cookie for cookie in known.cookies() if "device" in cookie.key]
    assert kept.http_only
    exhaust(cast, OWNER)
    for value in ("", "x", kept.value[:-3] + "AAA", "." + kept.value):
        browser = stranger(cast, 120)
        browser.set_cookie(kept.key, value, domain="localhost")
        assert guess(browser, OWNER, OWNER_PASSWORD).status_code == 429
    browser.set_cookie(kept.key, kept.value, domain="localhost")
    assert guess(browser, OWNER, OWNER_PASSWORD).status_code == 303


def test_a_reset_request_beyond_the_limit_is_answered_alike_and_sends_nothing(
    cast: Cast, rita: None, post_office: PostOffice
) -> None:
    def plain(page: str) -> str:
        return re.sub(r'nonce="[^"]+"|name="csrf_token" value="[^"]+"', "", page)

    answers = [ask_for_mail(stranger(cast, number)) for number in range(MAILS + 2)]
    assert {(answer.status_code, plain(answer.text)) for answer in answers} == {(200, plain(answers[0].text))}
    run_tasks(cast.app)
    assert len(post_office.letters) == MAILS


def reset(browser: Browser, path: str) -> int:
    """Opens a mailed link and chooses the new password behind it; the answer's status."""
    page = browser.opened(path)
    return browser.post_form(page, page=page, password=NEW).status_code


def test_a_link_that_was_sent_works_whatever_strangers_ask_for(cast: Cast, rita: None, post_office: PostOffice) -> None:
    ask_for_mail(cast.browser())
    first = link(post_office, cast.app, EMAIL)
    for number in range(MAILS + 2):
        ask_for_mail(stranger(cast, number))
        run_tasks(cast.app)
    assert reset(cast.browser(), first) == 303


def test_a_used_link_voids_the_others(cast: Cast, rita: None, post_office: PostOffice) -> None:
    ask_for_mail(cast.browser())
    first = link(post_office, cast.app, EMAIL)
    ask_for_mail(cast.browser())
    second = link(post_office, cast.app, EMAIL)
    assert reset(cast.browser(), second) == 303
    assert cast.browser().get(first, follow_redirects=True).status_code == 410


def test_one_more_mail_a_day_is_kept_for_a_known_browser(cast: Cast, rita: None, post_office: PostOffice) -> None:
    known = cast.browser()
    sign_in(known, EMAIL)
    for number in range(MAILS + 1):
        ask_for_mail(stranger(cast, number))
    run_tasks(cast.app)
    assert len(post_office.letters) == MAILS
    for _ in range(2):
        assert ask_for_mail(known).status_code == 200
        run_tasks(cast.app)
        assert len(post_office.letters) == MAILS + 1


def test_a_reset_gets_through_while_strangers_guess(cast: Cast, rita: None, post_office: PostOffice) -> None:
    browser = stranger(cast, 200)
    ask_for_mail(browser)
    path = link(post_office, cast.app, EMAIL)
    exhaust(cast, EMAIL)
    assert reset(browser, path) == 303
    assert guess(stranger(cast, 201), EMAIL, NEW).status_code == 303, "the lock is cleared"
    exhaust(cast, EMAIL)
    assert guess(browser, EMAIL, NEW).status_code == 303, "strangers don't lock out whoever has just proven the mailbox"


def test_a_reset_clears_nothing_of_the_second_step(cast: Cast, rita: None, post_office: PostOffice) -> None:
    add_app(cast)
    for number in range(MOST):
        browser = second_step(cast, number, "contoso")
        browser.post_form("/auth/second-factor", page="/auth/second-factor", number="000000")
    ask_for_mail(browser)
    path = link(post_office, cast.app, EMAIL)
    assert reset(browser, path) == 303
    assert guess(browser, EMAIL, NEW).location == "/auth/second-factor"
    answer = browser.post_form("/auth/second-factor", page="/auth/second-factor", number="000000")
    assert answer.status_code == 429


# What a limit says


@pytest.mark.parametrize(("strangers", "words"), [(True, "for this account"), (False, "from your network")])
def test_a_limit_says_which_one_it_is_and_until_when(cast: Cast, strangers: bool, words: str) -> None:
    for number in range(MOST + 1):
        browser = stranger(cast, number if strangers else 1)
        answer = guess(browser, OWNER if strangers else f"{number}@contoso.example")
    assert answer.status_code == 429
    assert f"Too many wrong passwords {words}." in answer.text
    assert re.search(r"Try again in \d+ seconds?, at \d\d:\d\d UTC\.|Try again in 1 minute, at", answer.text)
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
    assert CSRF.search(answer.text), "the form is there to be sent again"
    assert (OWNER if strangers else f"{MOST}@contoso.example") in answer.text, "what was typed is kept"
    assert "guess" not in answer.text


def test_a_limit_of_a_browser_says_so(cast: Cast) -> None:
    known = cast.browser()
    sign_in(known, OWNER, OWNER_PASSWORD)
    for _ in range(MOST + 1):
        answer = guess(known, OWNER)
    assert "Too many wrong passwords from this browser." in answer.text


def test_a_limit_of_pages_that_do_not_exist_says_so(cast: Cast) -> None:
    browser = cast.browser()
    for number in range(31):
        answer = browser.get(f"/login/missing-{number}")
    assert answer.status_code == 429
    assert "Too many addresses that don’t exist were opened from your network." in answer.text
    assert 1 <= int(answer.headers["Retry-After"]) <= 60
