"""Error pages: each says what happened and links onward."""

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


def test_missing_role_and_rejected_form_have_separate_pages(cast: Cast) -> None:
    bob = cast.bob()
    role = bob.get("/audit")
    form = bob.post("/account/sessions/end-others", data={"csrf_token": bob.csrf("/account")}, headers=FOREIGN)
    assert (role.status_code, form.status_code) == (403, 403)
    assert title(role.text) == "You don’t have access"
    assert title(form.text) == "This form can’t be accepted"
    assert "role" not in form.text.partition("<main")[2].partition("</main>")[0]


def test_form_without_token_is_not_blamed_on_the_role(cast: Cast) -> None:
    response = cast.browser().post("/signup", data={"code": "new"})
    assert response.status_code == 403
    assert title(response.text) == "This form can’t be accepted"


@pytest.mark.parametrize("status", [*ERROR_TEXTS, 418, 502])
def test_every_error_page_links_onward(app: Flask, status: int) -> None:
    with app.test_request_context("/login/contoso", base_url=app.config["BASE_URL"]):
        page = error_page(status).get_data(as_text=True)
    ((url, label),) = re.findall(r'<a class="btn btn-primary" href="([^"]*)">(.*?)</a>', page)
    assert label
    assert url in ("", "/", "/login", "/account")
    assert (label == "Try again") == (status in (429, 500, 502, 503))


def test_failed_post_offers_no_retry_link(app: Flask) -> None:
    with app.test_request_context("/signup", method="POST", base_url=app.config["BASE_URL"]):
        assert "Try again</a>" not in error_page(500).get_data(as_text=True)


def test_disabled_passwords_are_not_blamed_on_the_role(cast: Cast) -> None:
    browser = cast.browser()
    token = browser.csrf("/login/contoso")
    with cast.app.app_context(), unit_of_work():
        off = sa.update(Company).where(Company.name == "Contoso").values(password_sign_in=PasswordSignIn.NO_ONE)
        db.session.execute(off)
    fields = {"csrf_token": token, "email": "a@contoso.example", "password": "any"}
    for response in (browser.get("/login/contoso/forgot"), browser.post("/login/contoso/password", data=fields)):
        assert response.status_code == 403
        assert title(response.text) == "You can’t use a password here"
