"""The token contains the requested company, or no token is issued."""

import json
from urllib.parse import unquote
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from app.applications import actions, queries
from app.companies.models import Company
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from tests.accounts import company_of, person
from tests.applications.client import Client, register, returned
from tests.applications.people import OWNER, sign_in, signed_in_with_password
from tests.cast import ALICE, CHARLIE, Cast


@pytest.mark.parametrize("named", ["id", "code", "another page's code"])
def test_organization_is_found_by_id_or_login_code(cast: Cast, client: Client, named: str) -> None:
    contoso = org_id_of(cast.app, "Contoso")
    given = {"id": contoso, "code": "CONTOSO", "another page's code": "contoso-lisbon"}[named]
    asked = client.page(cast.browser(), organization=given)
    assert asked.startswith("/login/contoso?next=")


def test_unknown_organization_is_an_error_of_the_request(cast: Cast, client: Client) -> None:
    assert returned(client.authorize(cast.browser(), organization="nowhere"))["error"] == "invalid_request"


def test_session_at_another_company_is_not_used(cast: Cast, client: Client) -> None:
    charlie = cast.charlie()
    silent = returned(client.authorize(charlie, organization="contoso", prompt="none"))
    assert silent["error"] == "login_required"
    asked = client.page(charlie, organization="contoso")
    assert asked.startswith("/login/contoso?")
    got = returned(charlie.get(sign_in(charlie, asked)))
    claims = client.verified(client.redeem(got["code"]).get_json()["id_token"])
    assert claims["org_id"] == org_id_of(cast.app, "Contoso")


def test_sign_in_at_another_company_leads_back_to_the_organization(cast: Cast, client: Client) -> None:
    browser = cast.browser()
    asked = client.page(browser, organization="contoso")
    waiting = asked.partition("next=")[2]
    back = browser.sign_in_as(CHARLIE, "fabrikam", cast.directory, next_path=unquote(waiting))
    assert browser.get(back.location).location == asked


def test_request_selects_one_of_the_browser_sessions(cast: Cast, client: Client) -> None:
    browser = cast.browser()
    tokens = {}
    for account, code in ((ALICE, "contoso"), (CHARLIE, "fabrikam")):
        browser.sign_in_as(account, code, cast.directory)
        tokens[code] = client.verified(client.tokens(browser)["id_token"])
    assert tokens["contoso"]["org_id"] != tokens["fabrikam"]["org_id"]
    for code in ("contoso", "fabrikam"):
        got = returned(client.authorize(browser, organization=code, prompt="none"))
        assert client.verified(client.redeem(got["code"]).get_json()["id_token"])["sub"] == tokens[code]["sub"]
        hinted = returned(client.authorize(browser, prompt="none", claims=json.dumps(_subject(tokens[code]["sub"]))))
        assert client.verified(client.redeem(hinted["code"]).get_json()["id_token"])["sub"] == tokens[code]["sub"]
    unknown = returned(client.authorize(browser, prompt="none", claims=json.dumps(_subject("no one here"))))
    assert unknown["error"] == "login_required"


def _subject(sub: str) -> dict[str, object]:
    return {"id_token": {"sub": {"value": sub}}}


def org_id_of(app: Flask, name: str) -> str:
    with app.app_context():
        return db.session.scalars(sa.select(Company.public_id).where(Company.name == name)).one()


def test_application_of_one_company_uses_only_its_login_page(cast: Cast) -> None:
    contoso = company_of(cast.app)
    assert isinstance(contoso, UUID)
    own = register(cast.app, "Contoso’s own", company_id=contoso)
    assert own.page(cast.browser()).startswith("/login/contoso?next=")
    charlie = cast.charlie()
    assert own.page(charlie).startswith("/login/contoso?next=")
    assert "app.example" in own.refused(charlie, organization="fabrikam")
    assert "code" in returned(own.authorize(cast.alice()))


def test_application_is_limited_to_listed_companies(cast: Cast) -> None:
    contoso = company_of(cast.app)
    assert isinstance(contoso, UUID)
    listed = register(cast.app, "For Contoso", companies=[contoso])
    assert "code" in returned(listed.authorize(cast.alice()))
    denied = returned(listed.authorize(cast.charlie(), organization="fabrikam"))
    assert denied["error"] == "access_denied"


def test_access_ends_immediately_when_company_is_removed(cast: Cast) -> None:
    contoso = company_of(cast.app)
    assert isinstance(contoso, UUID)
    listed = register(cast.app, "For Contoso", companies=[contoso])
    tokens = listed.tokens(cast.alice())
    with cast.app.app_context(), unit_of_work():
        found = queries.by_client_id(listed.client_id)
        assert found
        actions.set_companies(found, [])
    assert listed.userinfo(tokens["access_token"]).status_code == 401
    assert listed.refresh(tokens["refresh_token"]).status_code == 400


def test_roles_are_those_of_the_person_in_this_application(cast: Cast) -> None:
    one, other = (register(cast.app, name, roles=("reader", "editor")) for name in ("One", "Other"))
    owner = signed_in_with_password(cast)
    with cast.app.app_context(), unit_of_work():
        found = queries.by_client_id(one.client_id)
        assert found
        actions.assign_roles(db.session.merge(person(cast.app, OWNER)), found, ["editor", "reader"])
    assert one.verified(one.tokens(owner.browser)["id_token"])["roles"] == ["editor", "reader"]
    assert other.verified(other.tokens(owner.browser)["id_token"])["roles"] == []
    assert one.verified(one.tokens(cast.bob())["id_token"])["roles"] == []


def test_application_is_limited_to_people_with_a_role(cast: Cast) -> None:
    restricted = register(cast.app, "Editors", roles=("reader", "editor"), allowed_roles=["editor"])
    alice = cast.alice()
    assert returned(restricted.authorize(alice, prompt="none"))["error"] == "access_denied"
    for roles, outcome in ((["reader"], "error"), (["editor"], "code")):
        with cast.app.app_context(), unit_of_work():
            found = queries.by_client_id(restricted.client_id)
            assert found
            actions.assign_roles(cast.person(ALICE), found, roles)
        assert outcome in returned(restricted.authorize(alice, prompt="none"))


def test_pairwise_subjects_differ_between_applications(cast: Cast) -> None:
    one, other = (register(cast.app, name, subject_type="pairwise") for name in ("One", "Other"))
    alice = cast.alice()
    subjects = [client.verified(client.tokens(alice)["id_token"])["sub"] for client in (one, one, other)]
    assert subjects[0] == subjects[1] != subjects[2]
    assert str(cast.person_id(ALICE)) not in subjects
    tokens = one.tokens(alice)
    assert one.userinfo(tokens["access_token"]).get_json()["sub"] == subjects[0]
