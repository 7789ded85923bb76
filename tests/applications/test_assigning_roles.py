"""Roles: declared by an owner, assigned to people by hand, and what follows for who may sign in."""

import re

import pytest
import sqlalchemy as sa

from app.applications import actions, queries
from app.applications.actions import Role
from app.applications.models import ApplicationRole, AssignedBy, PersonRole
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from tests.applications.admin import LIST, Owner, errors, owner
from tests.applications.client import Client, register, returned
from tests.assertions import audit_entries
from tests.browser import Browser
from tests.cast import ALICE, BOB, CHARLIE, Cast


def roles(client: Client, browser: Browser) -> list[str]:
    received: list[str] = client.verified(client.tokens(browser)["id_token"])["roles"]
    return received


def test_assigned_role_reaches_the_application(cast: Cast) -> None:
    made = owner(cast)
    client, bob = made.client(), cast.bob()
    role = made.declare("editor")
    found = made.page(f"{role}?q=lindq")
    assert "Assign<span" in found
    assert roles(client, bob) == []
    assert made.assign(BOB, role).status_code == 303
    assert roles(client, bob) == ["editor"]
    assert "Has this role" in made.page(f"{role}?q=lindq")
    assert "1 person has this role." in made.page(role)
    assert made.press(f"{role}/people/{cast.person_id(BOB)}/remove").status_code == 303
    assert roles(client, bob) == []
    assert [one.detail["roles"] for one in audit_entries(cast.app, "application.roles_set")] == [["editor"], []]


def test_second_role_is_added_to_the_first(cast: Cast) -> None:
    made = owner(cast)
    client, bob = made.client(), cast.bob()
    for value in ("editor", "auditor"):
        made.assign(BOB, made.declare(value))
    assert sorted(roles(client, bob)) == ["auditor", "editor"]


def test_person_page_shows_application_roles(cast: Cast) -> None:
    made = owner(cast)
    cast.bob()
    page = f"/people/{cast.person_id(BOB)}"
    assert "Roles in applications" not in made.browser.get(page).text
    made.assign(BOB, made.declare("editor"))
    shown = made.browser.get(page).text
    assert re.search(r'Expenses</a></dt><dd><div class="held-role">Editor<span', shown)
    assert "By hand, by Adaeze Okonkwo" in shown


def test_search_without_matches_says_so(cast: Cast) -> None:
    made = owner(cast)
    role = made.declare("editor")
    assert "No one matches “nobody at all”" in made.page(f"{role}?q=nobody+at+all")


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"role_name": "", "value": "editor"}, {"role_name": "Enter a name."}),
        ({"role_name": "Editor", "value": ""}, {"value": "Enter the value that the application expects."}),
        (
            {"role_name": "Chief editor", "value": "chief editor"},
            {"value": "Use up to 64 letters, digits or . _ : / - without spaces."},
        ),
        (
            {"role_name": "Viewer", "value": "viewer"},
            {"value": "This application has a role with this value already."},
        ),
    ],
)
def test_invalid_role_is_explained_and_input_is_kept(cast: Cast, fields: dict[str, str], wrong: dict[str, str]) -> None:
    made = owner(cast)
    made.declare("viewer")
    response = made.press("roles", **fields)
    assert response.status_code == 422
    assert errors(response) == wrong
    assert all(f'value="{value}"' in response.text for value in fields.values())
    with cast.app.app_context():
        assert [one.value for one in made.application().roles] == ["viewer"]


def test_renamed_role_keeps_its_people(cast: Cast) -> None:
    made = owner(cast)
    cast.bob()
    role = made.declare("editor")
    made.assign(BOB, role)
    assert errors(made.press(role, role_name="")) == {"role_name": "Enter a name."}
    assert made.press(role, role_name="Author").status_code == 303
    page = made.page(role)
    assert "<h1>Author</h1>" in page
    assert "1 person has this role." in page


def test_role_removal_shows_how_many_lose_it(cast: Cast) -> None:
    made = owner(cast)
    cast.bob()
    role = made.declare("editor")
    made.assign(BOB, role)
    assert "<strong>1 person loses it.</strong>" in made.page(f"{role}/remove")
    assert made.press(f"{role}/remove").status_code == 303
    with cast.app.app_context():
        assert db.session.scalars(sa.select(PersonRole)).all() == []


def allow(made: Owner, *values: str) -> None:
    form = {"csrf_token": made.browser.csrf(LIST), "access": "roles", "allowed_roles": list(values)}
    assert made.browser.post(f"{made.path}/access", data=form).status_code == 303


def test_only_people_with_allowed_role_sign_in(cast: Cast) -> None:
    made = owner(cast)
    client, bob, role = made.client(), cast.bob(), made.declare("editor")
    first = client.tokens(bob)
    allow(made, "editor")
    assert returned(client.authorize(bob, prompt="none"))["error"] == "access_denied"
    assert client.userinfo(first["access_token"]).status_code == 401, "at once"
    made.assign(BOB, role)
    assert "id_token" in client.tokens(bob)


def test_access_by_role_requires_a_role(cast: Cast) -> None:
    made = owner(cast)
    made.declare("editor")
    response = made.press("access", access="roles")
    assert response.status_code == 422
    assert errors(response) == {"allowed_roles": "Select at least one role. Without one, no one could sign in."}
    assert re.search(r'<input [^>]*checked[^>]*value="roles"', response.text)


def test_only_allowed_role_is_not_removed(cast: Cast) -> None:
    """Without it everyone could sign in."""
    made = owner(cast)
    role = made.declare("editor")
    allow(made, "editor")
    made.press(f"{role}/remove")
    assert "Only people with this role can sign in" in made.page(role)
    with cast.app.app_context():
        assert made.application().allowed_roles == ["editor"]
    other = made.declare("viewer")
    allow(made, "editor", "viewer")
    assert made.press(f"{other}/remove").status_code == 303
    with cast.app.app_context():
        assert made.application().allowed_roles == ["editor"]


def installation(cast: Cast, name: str = "Company Portal") -> tuple[Owner, dict[str, str]]:
    """An application of the installation with a role of either kind, and their paths."""
    client = register(cast.app, name)
    with cast.app.app_context():
        application = queries.by_client_id(client.client_id)
        assert application
        with unit_of_work():
            actions.set_roles(
                application,
                [Role("reader", "Reader", AssignedBy.COMPANY), Role("root", "Root", AssignedBy.OPERATOR)],
            )
        found = db.session.scalars(sa.select(ApplicationRole).where(ApplicationRole.application_id == application.id))
        paths = {one.value: f"roles/{one.id}" for one in found}
        return Owner(cast, cast.alice(), f"{LIST}/{application.id}"), paths


def test_companies_assign_roles_that_they_may_assign(cast: Cast) -> None:
    made, paths = installation(cast)
    cast.bob()
    assert made.assign(BOB, paths["reader"]).status_code == 303
    assert "1 person has this role." in made.page(paths["reader"])


def test_operator_roles_are_neither_assigned_nor_removed_by_companies(cast: Cast) -> None:
    made, paths = installation(cast)
    cast.bob()
    assert "Only your operator assigns this role." in made.page(paths["root"])
    assert made.assign(BOB, paths["root"]).status_code == 404
    with cast.app.app_context(), unit_of_work():
        actions.assign_roles(cast.person(BOB), made.application(), ["root"])
    assert made.press(f"{paths['root']}/people/{cast.person_id(BOB)}/remove").status_code == 404
    made.assign(BOB, paths["reader"])
    made.press(f"{paths['reader']}/people/{cast.person_id(BOB)}/remove")
    with cast.app.app_context():
        held = db.session.scalars(sa.select(ApplicationRole.value).join(PersonRole)).all()
    assert held == ["root"], "the operator’s assignment stays"


def test_operator_role_in_company_application_is_not_changed_by_company(cast: Cast) -> None:
    made = owner(cast)
    made.declare("editor")
    with cast.app.app_context():
        with unit_of_work():
            application = made.application()
            roles = [Role("editor", "Editor", AssignedBy.COMPANY), Role("root", "Root", AssignedBy.OPERATOR)]
            actions.set_roles(application, roles)
        root = f"roles/{application.roles[-1].id}"
    assert made.press(root, role_name="Mine").status_code == 404
    assert made.press(f"{root}/remove").status_code == 404
    made.declare("viewer")
    with cast.app.app_context():
        assert [one.assigned_by for one in made.application().roles] == ["company", "operator", "company"]


def test_person_of_another_company_gets_no_role(cast: Cast) -> None:
    made, paths = installation(cast)
    cast.charlie()
    assert made.assign(CHARLIE, paths["reader"]).status_code == 404
    assert made.press(f"people/{cast.person_id(ALICE)}/role", role="no id").status_code == 400


def test_role_of_another_application_is_not_assigned(cast: Cast) -> None:
    made, _ = installation(cast)
    _, others = installation(cast, "Another")
    cast.bob()
    assert made.assign(BOB, others["reader"]).status_code == 404
