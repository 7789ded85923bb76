"""Sign-up: a company that works immediately, and an address confirmed by email."""

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from app.companies.models import Company
from app.core.database import db
from app.http.rate_limits import SIGN_UP_LIMIT
from tests.accounts import link, sign_in
from tests.browser import Browser
from tests.cast import Cast
from tests.mail_server import LocalMailServer

GOOD = {
    "company": "Tailspin Toys",
    "code": "tailspin",
    "name": "Tessa Toys",
    "email": "Tessa@Tailspin.example",
    "password": "four words make one",
}


def sign_up(browser: Browser, **changed: str) -> TestResponse:
    return browser.post_form("/signup", page="/signup", **{**GOOD, **changed})


def test_new_company_works_immediately(app: Flask, browser: Browser) -> None:
    assert sign_up(browser).status_code == 303
    assert "Owner" in browser.get("/account").text
    assert "Tailspin Toys" in browser.get("/login/tailspin").text
    again = app.test_client()
    assert isinstance(again, Browser)
    assert sign_in(again, "tessa@tailspin.example", GOOD["password"], "tailspin") == 303
    assert browser.get("/account/advanced/active-directory").status_code == 200
    entries = re.sub(r"<[^>]+>", "", browser.get("/audit").text)
    assert "Tessa Toys signed up with the role owner" in entries
    assert "Tessa Toys created the company Tailspin Toys" in entries


def test_address_is_confirmed_once_through_emailed_link(
    app: Flask, browser: Browser, mail_server: LocalMailServer
) -> None:
    sign_up(browser)
    assert "We sent a link to tessa@tailspin.example" in browser.get("/account").text
    refused = browser.post_form("/people/invite", page="/people/invite", email="a@b.example", name="A", role="member")
    assert refused.status_code == 422
    path = link(mail_server, app, "tessa@tailspin.example")
    page = browser.opened(path)
    assert browser.get(page).status_code == 200
    assert "We sent a link to tessa@tailspin.example" in browser.get("/account").text, "viewing confirms nothing"
    browser.post_form(page, page=page)
    assert "We sent a link to tessa@tailspin.example" not in browser.get("/account").text
    again = browser.post_form(page, page="/account")
    assert again.status_code == 410
    assert "Your email address is confirmed." in again.text


def test_resent_confirmation_confirms_address(app: Flask, browser: Browser, mail_server: LocalMailServer) -> None:
    sign_up(browser)
    first = link(mail_server, app, "tessa@tailspin.example")
    assert browser.post_form("/account/confirmation", page="/account").status_code == 303
    second = link(mail_server, app, "tessa@tailspin.example")
    assert second != first
    page = browser.opened(second)
    browser.post_form(page, page=page)
    assert "We sent a link to tessa@tailspin.example" not in browser.get("/account").text


def test_link_of_someone_else_confirms_nothing(cast: Cast, mail_server: LocalMailServer) -> None:
    tessa = cast.browser()
    sign_up(tessa)
    path = link(mail_server, cast.app, "tessa@tailspin.example")
    bob = cast.bob()
    page = bob.opened(path)
    assert bob.get(page).status_code == 404
    assert bob.post_form(page, page="/account").status_code == 404
    assert "We sent a link to tessa@tailspin.example" in tessa.get("/account").text


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("company", " ", "company’s name"),
        ("code", "-x", "2–40 letters"),
        ("code", "login", "reserved"),
        ("code", "contoso", "taken"),
        ("name", "", "your name"),
        ("email", "no address", "Enter a valid email address."),
        ("email", "a@b.example\r\nBcc: c@d.example", "Enter a valid email address."),
        ("password", "short", "12–128"),
        ("password", "x" * 129, "12–128"),
        ("password", "password1234", "too easy to guess"),
        ("password", "tailspin toys", "too easy to guess"),
        ("password", "tessatoystessatoys", "too easy to guess"),
    ],
)
def test_invalid_field_is_explained_and_input_is_kept(cast: Cast, field: str, value: str, words: str) -> None:
    browser = cast.browser()
    response = sign_up(browser, **{field: value})
    assert response.status_code == 422
    assert words in response.text
    kept = {**GOOD, field: value, "email": GOOD["email"].lower()}
    for name in {"company", "code", "name", "email"} - {field}:
        assert kept[name] in response.text
    assert GOOD["password"] not in response.text


def test_only_one_of_concurrent_sign_ups_gets_the_code(app: Flask) -> None:
    def take(_: int) -> int:
        browser = app.test_client()
        assert isinstance(browser, Browser)
        return sign_up(browser).status_code

    with ThreadPoolExecutor(5) as many:
        codes = sorted(many.map(take, range(5)))
    assert codes == [303, 422, 422, 422, 422]
    with app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Company.id))) == 1


def test_sign_ups_per_network_are_limited(app: Flask) -> None:
    most = SIGN_UP_LIMIT.most
    codes = []
    for number in range(most + 1):
        browser = app.test_client()
        assert isinstance(browser, Browser)
        codes.append(sign_up(browser, code=f"tailspin-{number}").status_code)
    assert codes == [303] * most + [429]
