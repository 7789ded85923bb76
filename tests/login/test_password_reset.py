"""Resetting and changing passwords."""

import time

import pytest
import time_machine

from app.http.rate_limits import NETWORK_EMAILS
from tests.accounts import PASSWORD, account, company_of, link, sign_in
from tests.assertions import audit_entries
from tests.browser import Browser
from tests.cast import ALICE, Cast
from tests.mail_server import LocalMailServer
from tests.recent import signed_in_recently
from tests.tasks import run_tasks

EMAIL = "rita@contoso.example"
NEW = "a wholly other phrase"


@pytest.fixture
def rita(cast: Cast) -> Browser:
    account(cast.app, company_of(cast.app), EMAIL, "Rita Reset")
    browser = cast.browser()
    assert sign_in(browser, EMAIL) == 303
    return browser


def ask(cast: Cast, email: str = EMAIL) -> Browser:
    browser = cast.browser()
    response = browser.post_form("/login/contoso/forgot", page="/login/contoso/forgot", email=email)
    assert response.status_code == 200
    assert "Check your email" in response.text
    return browser


def choose(browser: Browser, path: str, password: str = NEW) -> int:
    """Opens the link and submits its form, if any."""
    page = browser.opened(path)
    shown = browser.get(page)
    if shown.status_code != 200:
        return shown.status_code
    return browser.post_form(page, page=page, password=password).status_code


def test_emailed_link_sets_new_password_and_ends_all_sessions(
    cast: Cast, rita: Browser, mail_server: LocalMailServer
) -> None:
    browser = ask(cast)
    assert choose(browser, link(mail_server, cast.app, EMAIL)) == 303
    assert rita.get("/account").status_code == 302
    assert sign_in(cast.browser(), EMAIL) == 422
    assert sign_in(cast.browser(), EMAIL, NEW) == 303
    assert len(audit_entries(cast.app, "password.changed")) == 1


def test_reset_link_works_once_within_30_minutes(cast: Cast, rita: Browser, mail_server: LocalMailServer) -> None:
    path = link(mail_server, ask(cast).application, EMAIL)
    with time_machine.travel(time.time() + 31 * 60):
        assert choose(cast.browser(), path) == 410
    assert choose(cast.browser(), path) == 303
    assert choose(cast.browser(), path, "yet another phrase") == 410
    assert sign_in(cast.browser(), EMAIL, NEW) == 303


def test_viewing_link_or_rejected_password_does_not_use_it_up(
    cast: Cast, rita: Browser, mail_server: LocalMailServer
) -> None:
    ask(cast)
    path = link(mail_server, cast.app, EMAIL)
    browser = cast.browser()
    assert browser.get(path, follow_redirects=True).status_code == 200
    assert choose(browser, path, "password1234") == 422
    assert choose(browser, path) == 303


def test_reset_does_not_reveal_who_has_an_account(cast: Cast, rita: Browser, mail_server: LocalMailServer) -> None:
    cast.alice()
    for email in ("unknown@contoso.example", "adaeze.okonkwo@contoso.example", "", "x" * 500):
        ask(cast, email)
    run_tasks(cast.app)
    assert mail_server.emails == []


def test_queue_contains_no_secret_in_plain_text(cast: Cast, rita: Browser, mail_server: LocalMailServer) -> None:
    ask(cast)
    held = cast.app.extensions["queue"]
    held.execute(held.dequeue())
    waiting = b"".join(held.storage.enqueued_items())
    assert waiting
    key = link(mail_server, cast.app, EMAIL).partition("key=")[2]
    assert key.encode() not in waiting
    assert EMAIL.encode() not in waiting


def test_reset_emails_are_limited_per_network(cast: Cast) -> None:
    browser, page = cast.browser(), "/login/contoso/forgot"
    for number in range(NETWORK_EMAILS.most):
        assert browser.post_form(page, page=page, email=f"{number}@contoso.example").status_code == 200
    response = browser.post_form(page, page=page, email=EMAIL)
    assert response.status_code == 429
    assert "Too many emails were requested from your network." in response.text
    assert 60 < int(response.headers["Retry-After"]) <= 3600


def test_change_requires_current_password_and_keeps_only_this_session(cast: Cast, rita: Browser) -> None:
    elsewhere = cast.browser()
    sign_in(elsewhere, EMAIL)
    page = "/account/password"
    assert rita.post_form(page, page=page, old="wrong", password=NEW).status_code == 422
    assert rita.post_form(page, page=page, old=PASSWORD, password="short").status_code == 422
    assert rita.post_form(page, page=page, old=PASSWORD, password=NEW).status_code == 303
    assert rita.get("/account").status_code == 200
    assert elsewhere.get("/account").status_code == 302
    assert sign_in(cast.browser(), EMAIL, NEW) == 303


def test_reset_is_forbidden_where_passwords_are_disabled(cast: Cast, rita: Browser) -> None:
    alice = cast.alice()
    alice.post_form("/account/advanced/login-page/passwords", page="/account", policy="nobody")
    assert cast.browser().get("/login/contoso/forgot").status_code == 403


def test_person_without_password_cannot_change_it(cast: Cast) -> None:
    alice = cast.alice()
    signed_in_recently(cast.app)
    assert alice.get("/account/password").status_code == 404
    assert cast.person_id(ALICE)
