"""Forms older than the session: they still sign in and out, never act for someone else, and keep typed values."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse
from wtforms import PasswordField
from wtforms.fields.core import UnboundField

from app import urls
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.http.form_filling import SECRETS, fill
from app.http.forms import Form, JsonField
from app.http.stale_forms import SENTENCE
from app.sessions.models import Session
from app.settings import ROOT
from tests import directory as seed
from tests.accounts import PASSWORD, account, company_of, person, sign_in
from tests.assertions import json_of, rows, written
from tests.browser import BUTTON, CSRF, Browser, pick
from tests.cast import ALICE, BOB, CHARLIE, OWNER_PASSWORD, Cast
from tests.conftest import BASE_URL
from tests.spa import open_page

OWNER = "owner@contoso.example"
STALE = 403


def token_of(page: str) -> str:
    found = CSRF.search(page)
    assert found
    return found[1]


def send(browser: Browser, path: str, page: str, token: str, **fields: Any) -> TestResponse:
    """Posts a form as a browser does, with Origin and Referer."""
    headers = {"Origin": BASE_URL, "Referer": BASE_URL + page, "Sec-Fetch-Site": "same-origin"}
    return browser.post(path, data={"csrf_token": token, **fields}, headers=headers)


def test_password_works_on_page_opened_before_another_sign_in(cast: Cast) -> None:
    browser = cast.browser()
    token = token_of(browser.get("/login/contoso").text)
    assert browser.sign_in_as(BOB, "contoso", cast.directory).status_code == 303
    response = send(
        browser, "/login/contoso/password", "/login/contoso", token, email=OWNER, password=OWNER_PASSWORD, next="/"
    )
    assert response.status_code == 303
    assert "Olivia" in browser.get("/account").text


def test_microsoft_button_works_on_page_opened_before_another_sign_in(cast: Cast) -> None:
    browser = cast.browser()
    page = browser.get("/login/contoso").text
    assert browser.sign_in_as(BOB, "contoso", cast.directory).status_code == 303
    started = send(browser, BUTTON.findall(page)[0], "/login/contoso", token_of(page), next="/")
    assert browser.get(pick(cast.directory, started.headers["Location"], ALICE)).status_code == 303
    assert "Adaeze" in browser.get("/account").text


def test_login_page_opened_before_signing_out_works(cast: Cast) -> None:
    browser = cast.bob()
    token = token_of(browser.get("/login/contoso?choose=1").text)
    assert send(browser, "/logout", "/account", token_of(browser.get("/account").text)).status_code == 200
    response = send(browser, "/login/contoso/password", "/login/contoso", token, email=OWNER, password=OWNER_PASSWORD)
    assert response.status_code == 303


def test_sign_out_in_an_older_tab_ends_the_current_session(cast: Cast) -> None:
    browser = cast.bob()
    token = token_of(browser.get("/account").text)
    browser.sign_in_as(ALICE, "contoso", cast.directory)
    assert send(browser, "/logout", "/account", token).status_code == 200
    assert browser.get("/account").status_code == 302
    again = send(browser, "/logout", "/account", token)
    assert again.headers["Location"].startswith("/login/contoso?choose=1&why="), "signing out twice is no error"
    with cast.app.app_context():
        assert not db.session.scalars(sa.select(Session.id).where(Session.ended_at.is_(None))).all()


def test_form_from_before_a_new_sign_in_of_same_person_does_nothing(cast: Cast) -> None:
    browser = cast.alice()
    token = token_of(browser.get("/people/invite").text)
    browser.sign_in_as(ALICE, "contoso", cast.directory)
    given = {"email": "ines@contoso.example", "name": "Ines", "role": "member", "method": "any"}
    before = rows(cast.app)
    response = send(browser, "/people/invite", "/people/invite", token, **given)
    assert (response.status_code, written(before, rows(cast.app))) == (STALE, {})
    assert 'value="Ines"' in response.text
    assert send(browser, "/people/invite", "/people/invite", token_of(response.text), **given).status_code == 200


def test_form_of_another_person_does_nothing_and_is_shown_again(cast: Cast) -> None:
    browser = cast.alice()
    token = token_of(browser.get("/people/invite").text)
    assert sign_in(browser, OWNER, OWNER_PASSWORD) == 303
    before = rows(cast.app)
    given = {"email": "ines@contoso.example", "name": "Ines “I” <i>", "role": "admin", "method": "any"}
    response = send(browser, "/people/invite", "/people/invite", token, **given)
    assert response.status_code == STALE
    assert written(before, rows(cast.app)) == {}
    assert "out of date, so nothing was sent. You’re now at Contoso." in response.text
    assert 'value="ines@contoso.example"' in response.text
    assert 'value="Ines “I” &lt;i&gt;"' in response.text
    assert re.search(r'<option value="admin" selected>', response.text)
    assert token_of(response.text) != token
    again = send(browser, "/people/invite", "/people/invite", token_of(response.text), **given)
    assert again.status_code == 200, "sending it again works"


def test_form_of_another_company_does_nothing_and_reveals_nothing(cast: Cast) -> None:
    browser = cast.alice()
    path = f"/people/{cast.bob() and cast.person_id(BOB)}"
    token = token_of(browser.get(path).text)
    cast.charlie()
    browser.sign_in_as(CHARLIE, "fabrikam", cast.directory)
    response = send(browser, f"{path}/role", path, token, role="admin")
    assert response.status_code in (STALE, 404)
    assert "Björn" not in response.text
    with cast.app.app_context():
        assert cast.person(BOB).role == "member"


def test_login_form_without_cookie_is_shown_again_without_the_password(cast: Cast) -> None:
    browser = cast.browser()
    token = token_of(browser.get("/login/contoso?next=/people").text)
    browser.lose_cookies()
    given = {"email": OWNER, "password": OWNER_PASSWORD, "next": "/people"}
    response = send(browser, "/login/contoso/password", "/login/contoso?next=/people", token, **given)
    assert response.status_code == STALE
    assert SENTENCE in response.text
    assert f'value="{OWNER}"' in response.text
    assert OWNER_PASSWORD not in response.text
    again = send(browser, "/login/contoso/password", "/login/contoso", token_of(response.text), **given)
    assert (again.status_code, again.headers["Location"]) == (303, "/people")


def test_form_without_referer_is_shown_on_the_parent_page(cast: Cast) -> None:
    browser = cast.browser()
    headers = {"Origin": BASE_URL}
    response = browser.post("/login/contoso/password", data={"email": OWNER}, headers=headers)
    assert response.status_code == STALE
    assert f'value="{OWNER}"' in response.text


@pytest.mark.parametrize("how", ["the session ended", "the cookie is lost", "signed out in another tab"])
def test_typed_values_survive_an_ended_session(cast: Cast, how: str) -> None:
    browser = cast.alice()
    token = token_of(browser.get("/people/invite").text)
    if how == "the session ended":
        with cast.app.app_context(), unit_of_work():
            db.session.execute(sa.delete(Session))
    elif how == "the cookie is lost":
        browser.lose_cookies()
    else:
        send(browser, "/logout", "/people/invite", token)
    given = {"email": "ines@contoso.example", "name": "Ines", "role": "admin", "method": "any"}
    response = send(browser, "/people/invite", "/people/invite", token, **given)
    assert response.status_code == 401
    assert "/login?next=/people/invite" in response.text
    kept = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', response.text))
    assert kept == given
    browser.sign_in_as(ALICE, "contoso", cast.directory)
    shown = browser.post(
        "/people/invite", data=kept, headers={"Origin": BASE_URL, "Referer": f"{BASE_URL}/people/invite"}
    )
    assert shown.status_code == STALE
    assert 'value="Ines"' in shown.text
    assert send(browser, "/people/invite", "/people/invite", token_of(shown.text), **given).status_code == 200


def test_page_for_signed_out_person_contains_no_secret(cast: Cast) -> None:
    browser = cast.browser()
    account(cast.app, company_of(cast.app), "pat@contoso.example")
    sign_in(browser, "pat@contoso.example")
    token = token_of(browser.get("/account/password").text)
    browser.lose_cookies()
    given = {"old": PASSWORD, "password": "another long enough password"}
    response = send(browser, "/account/password", "/account/password", token, **given)
    assert response.status_code == 401
    assert not any(secret in response.text for secret in given.values())


def test_script_gets_error_as_json(cast: Cast) -> None:
    cast.switch(seed.CONTOSO, "spa")
    page = open_page(cast.browser(), "contoso")
    headers = {"Origin": BASE_URL, "X-CSRFToken": "stale"}
    response = page.browser.post(page.settings["tokenUrl"], json={}, headers=headers)
    assert (response.status_code, json_of(response)["error"]) == (403, "http_403")
    assert "expired" in json_of(response)["title"]
    assert "Reload" in json_of(response)["person"]
    fetched = page.browser.post("/logout", headers={**headers, "Sec-Fetch-Mode": "cors"})
    assert json_of(fetched)["title"] == json_of(response)["title"]


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Referer": "https://evil.example/"}],
    ids=str,
)
def test_cross_site_form_is_rejected_and_not_echoed(cast: Cast, headers: dict[str, str]) -> None:
    response = cast.browser().post("/login/contoso/password", data={"email": "typed@evil.example"}, headers=headers)
    assert response.status_code == 403
    assert "evil.example" not in response.text


def test_token_of_another_browser_is_invalid(cast: Cast) -> None:
    token = token_of(cast.browser().get("/login/contoso").text)
    browser = cast.browser()
    browser.get("/login/contoso")
    given = {"email": OWNER, "password": OWNER_PASSWORD}
    assert send(browser, "/login/contoso/password", "/login/contoso", token, **given).status_code == STALE
    assert browser.get("/account").status_code == 302


def test_token_reveals_neither_browser_nor_person(cast: Cast) -> None:
    browser = cast.bob()
    page = browser.get("/account").text
    with browser.session_transaction() as kept:
        payload = base64.urlsafe_b64decode(token_of(page).partition(".")[0] + "==").decode()
        assert kept["browser"] not in payload
    assert browser.session_token not in payload
    assert str(cast.person_id(BOB)) not in payload


@pytest.mark.parametrize("flow", ["server", "spa"])
def test_stale_account_linking_page_links_nothing_for_next_person(cast: Cast, flow: str) -> None:
    cast.switch(seed.CONTOSO, flow)
    account(cast.app, company_of(cast.app), "victim@contoso.example", role="owner")
    browser = cast.browser()
    sign_in(browser, "victim@contoso.example")
    left_open = browser.get("/account/microsoft").text
    page = open_page(browser, path="/account/microsoft") if flow == "spa" else None
    assert sign_in(browser, OWNER, OWNER_PASSWORD) == 303
    if page:
        page.post_tokens(page.tokens(cast.directory, BOB))
    else:
        (action,) = re.findall(r'action="(/account/microsoft/[^"]+)"', left_open)
        assert send(browser, action, "/account/microsoft", token_of(left_open)).status_code == 403
    assert person(cast.app, "victim@contoso.example").oid is None


def test_original_version_is_kept_to_detect_concurrent_changes() -> None:
    page = (
        '<form action="/save"><input type="hidden" name="version" value="{}"><input type="hidden" name="x" value="1">'
        "</form>"
    )
    assert fill(page.format(9), "/", "/save", MultiDict({"version": "7", "x": "2"})) == page.format(7)


def test_page_without_matching_form_stays_unchanged(cast: Cast) -> None:
    browser = cast.alice()
    for path in ("/login/contoso", "/account", "/people", "/account/advanced/active-directory", "/audit"):
        page = browser.get(path).text
        assert fill(page, path, "/nowhere", MultiDict({"q": "x"})) == page


@pytest.mark.parametrize(
    ("field", "typed", "filled"),
    [
        ('<input name="a" value="old">', {"a": 'n"ew'}, '<input name="a" value="n&#34;ew">'),
        ('<input name="a" disabled>', {"a": ""}, '<input name="a" disabled value="">'),
        ('<input type="checkbox" name="a" value="1" checked>', {}, '<input type="checkbox" name="a" value="1">'),
        ('<input type="checkbox" name="a">', {"a": "on"}, '<input type="checkbox" name="a" checked>'),
        ('<input type="radio" name="a" value="2">', {"a": "2"}, '<input type="radio" name="a" value="2" checked>'),
        ("<textarea name=a>old &amp; <b>x</b></textarea>", {"a": "</textarea>"}, None),
        ('<input type="password" name="b">', {"b": "s3cret"}, '<input type="password" name="b">'),
        ('<input type="file" name="b">', {"b": "x"}, '<input type="file" name="b">'),
        ('<input name="number">', {"number": "123456"}, '<input name="number">'),
        ('<input name="other" value="&lt;">', {"a": "x"}, '<input name="other" value="&lt;">'),
        (
            '<select name="a"><option value="1" selected>One</option><option value="2">Two</option></select>',
            {"a": "2"},
            '<select name="a"><option value="1">One</option><option value="2" selected>Two</option></select>',
        ),
    ],
    ids=str,
)
def test_field_is_filled_with_typed_value(field: str, typed: dict[str, str], filled: str | None) -> None:
    page = (
        '<!DOCTYPE html><form action="/other"><input name="a"></form><form method="post" action="/here">{}</form>&copy;'
    )
    expected = filled or "<textarea name=a>\n&lt;/textarea&gt;</textarea>"
    assert fill(page.format(field), "/page", "/here", MultiDict(typed)) == page.format(expected)


def test_form_without_action_posts_to_its_page_and_fields_may_be_outside() -> None:
    page = '<form id="f"><input name="a"></form><input form="f" name="b"><input name="c">'
    given = MultiDict({"a": "1", "b": "2", "c": "3"})
    assert fill(page, "/here", "/here", given) == (
        '<form id="f"><input name="a" value="1"></form><input form="f" name="b" value="2"><input name="c">'
    )


def forms_below(base: type[Form]) -> Iterator[type[Form]]:
    for form in base.__subclasses__():
        yield form
        yield from forms_below(form)


def test_every_secret_field_is_known() -> None:
    assert urls.ROUTES, "all packages' forms are imported"
    found = {
        name
        for form in forms_below(Form)
        if form.__module__.startswith("app.")
        for name, field in vars(form).items()
        if isinstance(field, UnboundField) and issubclass(field.field_class, (PasswordField, JsonField))
    }
    for path in Path(ROOT / "templates").rglob("*.html"):
        found |= set(re.findall(r'field\(form\.(\w+),[^}]*autocomplete="one-time-code"', path.read_text()))
    assert {"password", "old", "secret", "number", "credential"} <= found
    assert found <= SECRETS
