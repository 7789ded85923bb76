"""The company in the token is the one that was asked for, or there is none."""

from urllib.parse import unquote
from uuid import UUID

import pytest

from app.applications import actions, queries
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from tests.accounts import company_of, person
from tests.applications.client import Client, register, returned
from tests.applications.people import OWNER, sign_in, signed_in_with_password
from tests.assertions import history
from tests.cast import ALICE, CHARLIE, Cast


@pytest.mark.parametrize("named", ["id", "code", "another page's code"])
def test_the_organization_is_found_by_id_or_login_code(cast: Cast, client: Client, named: str) -> None:
    contoso = str(company_of(cast.app))
    given = {"id": contoso, "code": "CONTOSO", "another page's code": "contoso-lisbon"}[named]
    asked = client.page(cast.browser(), organization=given)
    assert asked.startswith("/login/contoso?next=")


def test_an_unknown_organization_is_an_error_of_the_request(cast: Cast, client: Client) -> None:
    assert returned(client.authorize(cast.browser(), organization="nowhere"))["error"] == "invalid_request"


def test_a_session_at_another_company_is_no_answer(cast: Cast, client: Client) -> None:
    charlie = cast.charlie()
    silent = returned(client.authorize(charlie, organization="contoso", prompt="none"))
    assert silent["error"] == "login_required"
    asked = client.page(charlie, organization="contoso")
    assert asked.startswith("/login/contoso?")
    got = returned(charlie.get(sign_in(charlie, asked)))
    claims = client.verified(client.redeem(got["code"]).get_json()["id_token"])
    assert claims["org_id"] == str(company_of(cast.app))


def test_who_signs_in_elsewhere_gets_an_error(cast: Cast, client: Client) -> None:
    browser = cast.browser()
    asked = client.page(browser, organization="contoso")
    waiting = asked.partition("next=")[2]
    back = browser.sign_in_as(CHARLIE, "fabrikam", cast.directory, next_path=unquote(waiting))
    got = returned(browser.get(back.location))
    assert got["error"] == "access_denied"
    reference = history(cast.app, "application.authorization_failed")[-1].reference
    assert f"(reference {reference})" in got["error_description"]


def test_an_application_of_one_company_leads_there_and_nowhere_else(cast: Cast) -> None:
    contoso = company_of(cast.app)
    assert isinstance(contoso, UUID)
    own = register(cast.app, "Contoso’s own", company_id=contoso)
    assert own.page(cast.browser()).startswith("/login/contoso?next=")
    charlie = cast.charlie()
    assert own.page(charlie).startswith("/login/contoso?next=")
    assert "app.example" in own.refused(charlie, organization="fabrikam")
    assert "code" in returned(own.authorize(cast.alice()))


def test_an_application_for_listed_companies(cast: Cast) -> None:
    contoso = company_of(cast.app)
    assert isinstance(contoso, UUID)
    listed = register(cast.app, "For Contoso", companies=[contoso])
    assert "code" in returned(listed.authorize(cast.alice()))
    denied = returned(listed.authorize(cast.charlie(), organization="fabrikam"))
    assert denied["error"] == "access_denied"


def test_access_ends_at_once_when_the_company_is_removed(cast: Cast) -> None:
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


def test_an_application_for_people_with_a_role(cast: Cast) -> None:
    restricted = register(cast.app, "Editors", roles=("reader", "editor"), allowed_roles=["editor"])
    alice = cast.alice()
    assert returned(restricted.authorize(alice))["error"] == "access_denied"
    for roles, outcome in ((["reader"], "error"), (["editor"], "code")):
        with cast.app.app_context(), unit_of_work():
            found = queries.by_client_id(restricted.client_id)
            assert found
            actions.assign_roles(cast.person(ALICE), found, roles)
        assert outcome in returned(restricted.authorize(alice))


def test_pairwise_subjects_differ_between_applications(cast: Cast) -> None:
    one, other = (register(cast.app, name, subject_type="pairwise") for name in ("One", "Other"))
    alice = cast.alice()
    subjects = [client.verified(client.tokens(alice)["id_token"])["sub"] for client in (one, one, other)]
    assert subjects[0] == subjects[1] != subjects[2]
    assert str(cast.person_id(ALICE)) not in subjects
    tokens = one.tokens(alice)
    assert one.userinfo(tokens["access_token"]).get_json()["sub"] == subjects[0]
