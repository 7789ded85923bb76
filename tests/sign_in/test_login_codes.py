"""Login codes: found however they are typed, and not to be guessed."""

import re

import pytest
import sqlalchemy as sa

from app.companies.models import Company, LoginPage
from app.database import db
from app.provisioning import actions
from app.provisioning.file import CompaniesFile
from app.web.limits import MISSED_CODES
from tests.accounts import account, company_of, sign_in
from tests.cast import ALICE, CHARLIE, COMPANIES, Cast
from tests.directory import CONTOSO
from tests.spa import sign_in_on_page
from tests.visitor import Visitor

MOST = MISSED_CODES.most


def switch_off(cast: Cast) -> None:
    with cast.app.app_context():
        changed = {**COMPANIES["companies"][0], "active": False}
        actions.apply(CompaniesFile.model_validate({"companies": [changed]}))
        db.session.commit()


@pytest.mark.parametrize(
    "typed",
    [
        *("CONTOSO", "ConToso", "%20contoso%20", "contoso%20", "contoso%E2%80%8B", "%EF%BB%BFcontoso", "contoso%C2%AD"),
        *("contoso%0A", "%EF%BD%83ontoso", "contoso/", "%E2%80%AEcontoso", "Contoso%20/"),
    ],
)
def test_a_code_typed_or_pasted_in_another_way_is_led_to_its_page(cast: Cast, typed: str) -> None:
    visitor = cast.visitor()
    assert visitor.opened(f"/login/{typed}?next=/people&choose=1") == "/login/contoso?next=/people&choose=1"
    assert "Use your Contoso account." in visitor.get(f"/login/{typed}", follow_redirects=True).text
    assert visitor.get("/login/contoso").status_code == 200


@pytest.mark.parametrize(
    ("typed", "right"), [("/login/", "/login"), ("/signup/?a=b", "/signup?a=b"), ("/login//", "/login")]
)
def test_a_slash_at_the_end_leads_to_the_page_without_it(cast: Cast, typed: str, right: str) -> None:
    assert cast.visitor().opened(typed) == right
    assert cast.alice().opened("/account/") == "/account"
    assert cast.visitor().get("/nowhere/").status_code == 404


def test_a_code_of_no_company_leads_on(cast: Cast) -> None:
    answer = cast.visitor().get("/login/nobody-here?next=/people")
    assert answer.status_code == 404
    assert "No company uses this login code." in answer.text
    assert 'value="nobody-here"' in answer.text
    assert 'name="next" value="/people"' in answer.text


def test_a_location_has_a_door_of_its_own_to_the_same_company(cast: Cast) -> None:
    visitor = cast.visitor()
    page = visitor.get("/login/contoso-lisbon").text
    assert "Bem-vindo!" in page
    assert "Lisbon office" in page
    assert "Use your Contoso account." not in page
    assert visitor.sign_in_as(ALICE, "contoso-lisbon", cast.directory).status_code == 303
    assert "Contoso" in visitor.get("/account").text


def test_a_refusal_leads_back_to_the_door_that_was_used(cast: Cast) -> None:
    cast.directory.drill("id_token", alg="bad_signature")
    response = cast.visitor().sign_in_as(ALICE, "contoso-lisbon", cast.directory)
    assert 'href="/login/contoso-lisbon' in response.text


def test_the_code_of_the_first_page_is_remembered_where_none_was(cast: Cast) -> None:
    visitor = cast.visitor()
    assert 'value="contoso"' not in visitor.get("/login").text
    visitor.get("/login/Contoso", follow_redirects=True)
    assert 'value="contoso"' in visitor.get("/login").text


def test_looking_at_another_companys_page_changes_nothing_that_is_remembered(cast: Cast) -> None:
    visitor = cast.alice()
    visitor.post_form("/logout", page="/account")
    visitor.get("/login/fabrikam")
    assert 'value="contoso"' in visitor.get("/login").text
    visitor.begin("fabrikam")
    assert 'value="contoso"' in visitor.get("/login").text
    assert visitor.sign_in_as(CHARLIE, "fabrikam", cast.directory).status_code == 303
    assert 'value="fabrikam"' in visitor.get("/login").text


def test_every_way_of_signing_in_remembers_its_login_page(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), "otto@contoso.example")
    with_password, on_page = cast.visitor(), cast.visitor()
    for visitor in (with_password, on_page):
        visitor.get("/login/fabrikam")
    assert sign_in(with_password, "otto@contoso.example", code="contoso-lisbon") == 303
    assert 'value="contoso-lisbon"' in with_password.get("/login").text
    cast.switch(CONTOSO, "spa")
    assert sign_in_on_page(on_page, ALICE, "contoso-lisbon", cast.directory).status_code == 200
    assert 'value="contoso-lisbon"' in on_page.get("/login").text


def test_a_code_is_asked_for_and_led_to(cast: Cast) -> None:
    response = cast.visitor().get("/login", query_string={"code": " Contoso ", "next": "/people"})
    assert response.headers["Location"] == "/login/contoso?next=/people"


@pytest.mark.parametrize("typed", ["a", "..", "con toso", "<script>", "contoso/../x", "é", "x" * 41, "admin", "-a"])
def test_what_can_be_no_code_is_said_so(cast: Cast, typed: str) -> None:
    response = cast.visitor().get("/login", query_string={"code": typed})
    assert response.status_code == 422
    assert "<script>" not in response.text.replace("<script ", "")


def page_of(visitor: Visitor, code: str) -> str:
    response = visitor.get(f"/login/{code}")
    assert response.status_code == 404
    return re.sub(r'nonce="[^"]+"', "", response.text).replace(code, "")


def test_an_unknown_code_and_a_disabled_company_look_the_same(cast: Cast) -> None:
    unknown = page_of(cast.visitor(), "nobody-here")
    switch_off(cast)
    assert page_of(cast.visitor(), "contoso") == unknown
    assert page_of(cast.visitor(), "contoso-lisbon") == unknown
    assert cast.visitor().get("/login/fabrikam").status_code == 200


def test_a_disabled_company_takes_no_sign_in_begun_before(cast: Cast) -> None:
    from tests.visitor import pick

    visitor = cast.visitor()
    back = pick(cast.directory, visitor.begin("contoso"), ALICE)
    switch_off(cast)
    assert visitor.get(back).status_code == 404
    assert visitor.get("/account").status_code == 302


def test_guessing_codes_is_stopped(cast: Cast) -> None:
    visitor = cast.visitor()
    statuses = [visitor.get(f"/login/guess-{number}").status_code for number in range(MOST + 1)]
    assert statuses == [404] * MOST + [429]
    assert int(visitor.get("/login/guess").headers["Retry-After"]) > 0


def test_guessing_codes_through_the_password_form_is_stopped(cast: Cast) -> None:
    visitor = cast.visitor()
    token = visitor.csrf("/login/contoso")
    statuses = [
        visitor.post(f"/login/guess-{number}/password", data={"csrf_token": token}).status_code
        for number in range(MOST + 1)
    ]
    assert statuses == [404] * MOST + [429]


def test_those_who_know_their_code_are_not_stopped(cast: Cast) -> None:
    visitor = cast.visitor()
    assert {visitor.get("/login/contoso").status_code for _ in range(2 * MOST)} == {200}


def test_pages_of_one_shape_show_each_company_its_own_texts_escaped(cast: Cast) -> None:
    """What is kept of a page is its frame; see `app/web/templates.py`."""
    odd = 'Fab & "Rikam" <b>'
    with cast.app.app_context():
        for code, name, note in (
            ("contoso", odd, "Ask <us> & them"),
            ("fabrikam", "Zoë's", "https://help.example/a?b=1"),
        ):
            page = db.session.scalar(sa.select(LoginPage).where(LoginPage.code == code))
            assert page is not None
            page.note = note
            db.session.get_one(Company, page.company_id).name = name
        db.session.commit()
    for _ in range(2):
        mine = cast.visitor().get("/login/contoso").text
        theirs = cast.visitor().get("/login/fabrikam").text
        assert "<h1>Sign in to Fab &amp; &#34;Rikam&#34; &lt;b&gt;</h1>" in mine
        assert "<p>Ask &lt;us&gt; &amp; them</p>" in mine
        assert "<h1>Sign in to Zoë&#39;s</h1>" in theirs
        assert 'href="https://help.example/a?b=1"' in theirs
        assert 'action="/login/contoso/' in mine
        assert 'action="/login/fabrikam/' in theirs
