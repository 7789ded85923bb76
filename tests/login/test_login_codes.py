"""Login codes: found in any spelling, and protected against guessing."""

import re

import pytest
import sqlalchemy as sa

from app.cli.companies_file import actions
from app.cli.companies_file.schema import CompaniesFile
from app.companies.models import Company, LoginPage
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.http.rate_limits import UNKNOWN_LOGIN_CODE_LIMIT
from tests.accounts import account, company_of, sign_in
from tests.browser import Browser
from tests.cast import ALICE, CHARLIE, COMPANIES, Cast
from tests.directory import CONTOSO
from tests.spa import sign_in_on_page

MOST = UNKNOWN_LOGIN_CODE_LIMIT.most


def deactivate(cast: Cast) -> None:
    with cast.app.app_context(), unit_of_work():
        changed = {**COMPANIES["companies"][0], "active": False}
        actions.apply(CompaniesFile.model_validate({"companies": [changed]}))


@pytest.mark.parametrize(
    "typed",
    [
        *("CONTOSO", "ConToso", "%20contoso%20", "contoso%20", "contoso%E2%80%8B", "%EF%BB%BFcontoso", "contoso%C2%AD"),
        *("contoso%0A", "%EF%BD%83ontoso", "contoso/", "%E2%80%AEcontoso", "Contoso%20/"),
    ],
)
def test_code_in_another_spelling_redirects_to_its_page(cast: Cast, typed: str) -> None:
    browser = cast.browser()
    assert browser.opened(f"/login/{typed}?next=/people&choose=1") == "/login/contoso?next=/people&choose=1"
    assert "Use your Contoso account." in browser.get(f"/login/{typed}", follow_redirects=True).text
    assert browser.get("/login/contoso").status_code == 200


@pytest.mark.parametrize(
    ("typed", "right"), [("/login/", "/login"), ("/signup/?a=b", "/signup?a=b"), ("/login//", "/login")]
)
def test_trailing_slash_redirects_to_page_without_it(cast: Cast, typed: str, right: str) -> None:
    assert cast.browser().opened(typed) == right
    assert cast.alice().opened("/account/") == "/account"
    assert cast.browser().get("/nowhere/").status_code == 404


def test_unknown_code_shows_form_for_another(cast: Cast) -> None:
    response = cast.browser().get("/login/unknown-code?next=/people")
    assert response.status_code == 404
    assert "No company uses this login code." in response.text
    assert 'value="unknown-code"' in response.text
    assert re.search(r'name="next"[^>]* value="/people"', response.text)


def test_location_has_its_own_login_page_for_the_same_company(cast: Cast) -> None:
    browser = cast.browser()
    page = browser.get("/login/contoso-lisbon").text
    assert "Bem-vindo!" in page
    assert "Lisbon office" in page
    assert "Use your Contoso account." not in page
    assert browser.sign_in_as(ALICE, "contoso-lisbon", cast.directory).status_code == 303
    assert "Contoso" in browser.get("/account").text


def test_failed_sign_in_links_back_to_the_login_page_used(cast: Cast) -> None:
    cast.directory.drill("id_token", alg="bad_signature")
    response = cast.browser().sign_in_as(ALICE, "contoso-lisbon", cast.directory)
    assert 'href="/login/contoso-lisbon' in response.text


def test_viewing_another_companys_page_does_not_change_remembered_code(cast: Cast) -> None:
    browser = cast.alice()
    browser.post_form("/logout", page="/account")
    browser.get("/login/fabrikam")
    assert 'value="contoso"' in browser.get("/login").text
    browser.begin("fabrikam")
    assert 'value="contoso"' in browser.get("/login").text
    assert browser.sign_in_as(CHARLIE, "fabrikam", cast.directory).status_code == 303
    assert 'value="fabrikam"' in browser.get("/login").text


def test_every_sign_in_method_remembers_its_login_page(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), "otto@contoso.example")
    with_password, on_page = cast.browser(), cast.browser()
    for browser in (with_password, on_page):
        browser.get("/login/fabrikam")
    assert sign_in(with_password, "otto@contoso.example", code="contoso-lisbon") == 303
    assert 'value="contoso-lisbon"' in with_password.get("/login").text
    cast.switch(CONTOSO, "spa")
    assert sign_in_on_page(on_page, ALICE, "contoso-lisbon", cast.directory).status_code == 200
    assert 'value="contoso-lisbon"' in on_page.get("/login").text


def test_entered_code_redirects_to_its_page(cast: Cast) -> None:
    response = cast.browser().get("/login", query_string={"code": " Contoso ", "next": "/people"})
    assert response.headers["Location"] == "/login/contoso?next=/people"


@pytest.mark.parametrize("typed", ["a", "..", "con toso", "<script>", "contoso/../x", "é", "x" * 41, "admin", "-a"])
def test_impossible_code_is_rejected(cast: Cast, typed: str) -> None:
    response = cast.browser().get("/login", query_string={"code": typed})
    assert response.status_code == 422
    assert "<script>" not in response.text.replace("<script ", "")


def page_of(browser: Browser, code: str) -> str:
    response = browser.get(f"/login/{code}")
    assert response.status_code == 404
    return re.sub(r'nonce="[^"]+"|name="csrf_token" value="[^"]+"', "", response.text).replace(f'value="{code}"', "")


def test_unknown_code_and_inactive_company_look_the_same(cast: Cast) -> None:
    unknown = page_of(cast.browser(), "unknown-code")
    deactivate(cast)
    assert page_of(cast.browser(), "contoso") == unknown
    assert page_of(cast.browser(), "contoso-lisbon") == unknown
    assert cast.browser().get("/login/fabrikam").status_code == 200


def test_inactive_company_rejects_sign_in_started_before(cast: Cast) -> None:
    from tests.browser import pick

    browser = cast.browser()
    back = pick(cast.directory, browser.begin("contoso"), ALICE)
    deactivate(cast)
    assert browser.get(back).status_code == 404
    assert browser.get("/account").status_code == 302


def test_guessing_codes_is_rate_limited(cast: Cast) -> None:
    browser = cast.browser()
    statuses = [browser.get(f"/login/guess-{number}").status_code for number in range(MOST + 1)]
    assert statuses == [404] * MOST + [429]
    assert int(browser.get("/login/guess").headers["Retry-After"]) > 0


def test_guessing_codes_through_password_form_is_rate_limited(cast: Cast) -> None:
    browser = cast.browser()
    token = browser.csrf("/login/contoso")
    statuses = [
        browser.post(f"/login/guess-{number}/password", data={"csrf_token": token}).status_code
        for number in range(MOST + 1)
    ]
    assert statuses == [404] * MOST + [429]


def test_visits_to_a_valid_code_are_not_limited(cast: Cast) -> None:
    browser = cast.browser()
    assert {browser.get("/login/contoso").status_code for _ in range(2 * MOST)} == {200}


def test_cached_page_frame_shows_each_company_its_own_escaped_texts(cast: Cast) -> None:
    """Only a page's frame is cached; see `app/http/templates.py`."""
    odd = 'Fab & "Rikam" <b>'
    with cast.app.app_context(), unit_of_work():
        for code, name, note in (
            ("contoso", odd, "Ask <us> & them"),
            ("fabrikam", "Zoë's", "https://help.example/a?b=1"),
        ):
            page = db.session.scalar(sa.select(LoginPage).where(LoginPage.code == code))
            assert page is not None
            page.note = note
            db.session.get_one(Company, page.company_id).name = name
    for _ in range(2):
        mine = cast.browser().get("/login/contoso").text
        theirs = cast.browser().get("/login/fabrikam").text
        assert "<h1>Sign in to Fab &amp; &#34;Rikam&#34; &lt;b&gt;</h1>" in mine
        assert "<p>Ask &lt;us&gt; &amp; them</p>" in mine
        assert "<h1>Sign in to Zoë&#39;s</h1>" in theirs
        assert 'href="https://help.example/a?b=1"' in theirs
        assert 'action="/login/contoso/' in mine
        assert 'action="/login/fabrikam/' in theirs
