"""Error pages: each says what happened, and has a way on."""

import re

import pytest
import sqlalchemy as sa
from flask import Flask

from app.companies.models import Company, PasswordSignIn
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.http.errors import ERROR_TEXTS, error_page
from tests.cast import Cast

FOREIGN = {"Origin": "https://evil.example"}


def title(page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page)
    assert found
    return found[1]


def test_a_role_and_a_form_are_two_causes_with_two_pages(cast: Cast) -> None:
    bob = cast.bob()
    role = bob.get("/audit")
    form = bob.post("/account/sessions/end-others", data={"csrf_token": bob.csrf("/account")}, headers=FOREIGN)
    assert (role.status_code, form.status_code) == (403, 403)
    assert title(role.text) == "You don’t have access"
    assert title(form.text) == "This form can’t be accepted"
    assert "role" not in form.text.partition("<main")[2].partition("</main>")[0]


def test_a_form_without_a_token_is_not_blamed_on_the_role(cast: Cast) -> None:
    answer = cast.browser().post("/signup", data={"code": "new"})
    assert answer.status_code == 403
    assert title(answer.text) == "This form can’t be accepted"


@pytest.mark.parametrize("status", [*ERROR_TEXTS, 418, 502])
def test_every_error_page_has_a_way_on(app: Flask, status: int) -> None:
    with app.test_request_context("/login/contoso", base_url=app.config["BASE_URL"]):
        page = error_page(status).get_data(as_text=True)
    ((url, label),) = re.findall(r'<a class="btn btn-primary" href="([^"]*)">(.*?)</a>', page)
    assert label
    assert url in ("", "/", "/login", "/account")
    assert (label == "Try again") == (status in (429, 500, 502, 503))


def test_a_post_is_not_repeated_from_its_error_page(app: Flask) -> None:
    with app.test_request_context("/signup", method="POST", base_url=app.config["BASE_URL"]):
        assert "Try again</a>" not in error_page(500).get_data(as_text=True)


def test_passwords_that_were_turned_off_meanwhile_are_no_matter_of_the_role(cast: Cast) -> None:
    browser = cast.browser()
    token = browser.csrf("/login/contoso")
    with cast.app.app_context(), unit_of_work():
        off = sa.update(Company).where(Company.name == "Contoso").values(password_sign_in=PasswordSignIn.NOBODY)
        db.session.execute(off)
    fields = {"csrf_token": token, "email": "a@contoso.example", "password": "any"}
    for answer in (browser.get("/login/contoso/forgot"), browser.post("/login/contoso/password", data=fields)):
        assert answer.status_code == 403
        assert title(answer.text) == "You can’t use a password here"
