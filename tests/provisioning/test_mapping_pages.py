"""Advanced options, Roles: mapping groups and app roles, trying it, and why someone has a role."""

from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.applications import actions as applications
from app.applications import queries
from app.applications.models import RoleMapping
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.provisioning.roles.models import DirectorySnapshot
from tests.applications.admin import errors
from tests.applications.client import Client, register
from tests.assertions import audit_entries
from tests.browser import Browser
from tests.cast import ALICE, BOB, Cast
from tests.provisioning.mapped import ALL_STAFF, ENGINEERING, PAGE, Mapped

UNKNOWN = "00000000-0000-4000-8000-000000000000"


def post(browser: Browser, mapped: Mapped, **changes: Any) -> TestResponse:
    fields = {
        "connection": str(mapped.connection_id),
        "kind": "group",
        "value": ENGINEERING,
        "group_name": "Engineering",
        "role": str(mapped.roles["editor"]),
        **changes,
    }
    return browser.post_form(PAGE, page="/account", **fields)


def admin(mapped: Mapped) -> Browser:
    """Bob, made an admin by hand."""
    browser = mapped.cast.bob()
    with mapped.cast.app.app_context(), unit_of_work():
        mapped.cast.person(BOB).role = "admin"
    return browser


def number_of_mappings(mapped: Mapped) -> int:
    with mapped.cast.app.app_context():
        return db.session.scalar(sa.select(sa.func.count(RoleMapping.id))) or 0


def test_mapping_is_listed_with_what_it_gives(mapped: Mapped) -> None:
    browser = mapped.cast.alice()
    assert "No mappings yet" in browser.get(PAGE).text
    assert post(browser, mapped, value=f" {ENGINEERING.upper()} ").status_code == 303
    page = browser.get(PAGE).text
    assert "Engineering" in page
    assert f"<code>{ENGINEERING}</code>" in page
    (entry,) = audit_entries(mapped.cast.app, "role_mapping.created")
    assert entry.detail == {
        "kind": "group",
        "name": "Engineering",
        "value": ENGINEERING,
        "title": "Contoso staff",
        "role_name": "Editor",
        "application_name": "Expenses",
    }


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"value": "Engineering"}, "value", "This isn’t an object ID"),
        ({"value": f"{ENGINEERING}0"}, "value", "This isn’t an object ID"),
        ({"value": ""}, "value", "Enter the group’s object ID"),
        ({"group_name": ""}, "group_name", "Enter the group’s name"),
        ({"group_name": "\u200b"}, "group_name", "Enter the group’s name"),
        ({"group_name": "x" * 101}, "group_name", "Use 100 characters or fewer."),
        ({"kind": "app_role", "value": "Two words"}, "value", "without spaces"),
        ({"kind": "app_role", "value": "x" * 257}, "value", "without spaces"),
        ({"role": UNKNOWN}, "role", "This role no longer exists"),
        ({"role": "nonsense"}, "role", "This role no longer exists"),
        ({"connection": UNKNOWN}, "connection", "This connection no longer exists"),
        ({"kind": "nonsense"}, "kind", "Choose one of the options"),
    ],
    ids=lambda value: str(value)[:20] if isinstance(value, str) else "",
)
def test_bad_input_is_named_beside_its_field(mapped: Mapped, changes: dict[str, str], field: str, words: str) -> None:
    response = post(mapped.cast.alice(), mapped, **changes)
    assert response.status_code == 422
    assert words in response.text
    assert number_of_mappings(mapped) == 0
    if field == "value" and changes.get("value"):
        assert f'value="{changes["value"]}"' in response.text, "what was typed is lost"


def test_same_mapping_twice_is_refused(mapped: Mapped) -> None:
    browser = mapped.cast.alice()
    post(browser, mapped)
    again = post(browser, mapped, value=ENGINEERING.upper(), group_name="Another name")
    assert (again.status_code, errors(again)) == (422, {"value": "This group gives this role already."})
    assert post(browser, mapped, role=str(mapped.roles["reader"])).status_code == 303
    assert post(browser, mapped, role="admin").status_code == 303
    assert post(browser, mapped, role="admin").status_code == 422
    assert number_of_mappings(mapped) == 3


def test_roles_that_only_the_operator_assigns_cannot_be_mapped(mapped: Mapped) -> None:
    browser = mapped.cast.alice()
    assert "Auditor" not in browser.get(PAGE).text
    assert post(browser, mapped, role=str(mapped.roles["auditor"])).status_code == 422


def test_role_that_becomes_the_operators_is_no_longer_given(mapped: Mapped) -> None:
    mapped.map_group("editor", ALL_STAFF)
    mapped.sign_in()
    assert mapped.roles_of() == ["editor"]
    with mapped.cast.app.app_context(), unit_of_work():
        roles = [applications.Role("editor", "Editor", "operator"), applications.Role("reader", "Reader", "company")]
        applications.set_roles(mapped.application(), roles)
    mapped.sign_in()
    assert mapped.roles_of() == []
    assert "Not available" in mapped.cast.alice().get(PAGE).text


def test_admin_may_not_map_the_role_of_an_admin(mapped: Mapped) -> None:
    mapped.map_group(None)
    browser = admin(mapped)
    page = browser.get(PAGE).text
    assert 'value="admin"' not in page
    assert post(browser, mapped, role="admin", value=ALL_STAFF).status_code == 422
    with mapped.cast.app.app_context():
        mapping_id = db.session.scalars(sa.select(RoleMapping.id)).one()
    assert browser.get(f"{PAGE}/{mapping_id}/remove").status_code == 403
    assert browser.post_form(f"{PAGE}/{mapping_id}/remove", page="/account").status_code == 403
    assert number_of_mappings(mapped) == 1


def test_no_mapping_makes_an_owner(mapped: Mapped) -> None:
    for role in ("owner", "Owner", "member"):
        assert post(mapped.cast.alice(), mapped, role=role).status_code == 422


def test_removing_a_mapping_takes_its_roles_at_once(mapped: Mapped) -> None:
    browser = mapped.cast.alice()
    mapping_id = mapped.map_group("editor", ALL_STAFF)
    mapped.sign_in()
    page = browser.get(f"{PAGE}/{mapping_id}/remove").text
    assert "1 person has it because of this mapping" in page
    assert browser.post_form(f"{PAGE}/{mapping_id}/remove", page=PAGE).status_code == 303
    assert mapped.roles_of() == []
    (entry,) = audit_entries(mapped.cast.app, "role_mapping.removed")
    assert entry.detail["people"] == 1
    with mapped.cast.app.app_context():
        assert db.session.scalars(sa.select(DirectorySnapshot)).all() == [], "no role depends on it any longer"


def test_removing_a_mapping_demotes_its_admins(mapped: Mapped) -> None:
    mapping_id = mapped.map_group(None, ALL_STAFF)
    browser = mapped.cast.alice()
    mapped.sign_in()
    assert mapped.role_of() == "admin"
    browser.post_form(f"{PAGE}/{mapping_id}/remove", page=PAGE)
    assert (mapped.role_of(), mapped.role_of(ALICE)) == ("member", "owner")


def test_removing_a_role_removes_its_mappings(mapped: Mapped) -> None:
    mapped.map_group("editor", ALL_STAFF)
    mapped.sign_in()
    with mapped.cast.app.app_context(), unit_of_work():
        applications.set_roles(mapped.application(), [])
    assert number_of_mappings(mapped) == 0
    mapped.sign_in()


def test_try_says_what_a_person_would_have(mapped: Mapped) -> None:
    mapped.map_group("editor", ALL_STAFF)
    mapped.sign_in()
    browser = mapped.cast.alice()
    post(browser, mapped, kind="app_role", value="Demo.Reader", role=str(mapped.roles["reader"]))
    post(browser, mapped)
    found = browser.get(f"{PAGE}?q=lindqvist").text
    person = f"{PAGE}?person={mapped.cast.person_id(BOB)}"
    assert f"{person}#try" in found
    shown = browser.get(person).text.split('id="try"')[1]
    assert "Contoso staff: 1 group and 1 app role" in shown
    assert "Group All staff (Contoso staff)" in shown
    assert "App role Demo.Reader (Contoso staff)" in shown
    assert "Not from: Engineering" in shown


@pytest.mark.parametrize("person", ["nonsense", UNKNOWN], ids=["no id", "unknown"])
def test_trying_an_unknown_person_shows_the_page(mapped: Mapped, person: str) -> None:
    assert mapped.cast.alice().get(f"{PAGE}?person={person}").status_code == 200


def test_directorys_admin_cannot_be_made_a_member_by_hand(mapped: Mapped) -> None:
    """The next sign-in would undo it."""
    mapped.map_group(None, ALL_STAFF)
    browser = mapped.cast.alice()
    mapped.sign_in()
    path = f"/people/{mapped.cast.person_id(BOB)}"
    page = browser.get(path).text
    assert "Admin by Group All staff (Contoso staff)" in page
    assert browser.post_form(f"{path}/role", page=path, role="member").status_code == 400
    assert browser.post_form(f"{path}/role", page=path, role="owner").status_code == 303
    assert mapped.role_of() == "owner"
    assert "Admin by Group" not in browser.get(path).text


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ("by hand", ["By hand, by Björn Lindqvist"]),
        ("by the operator", ["By hand, by your operator"]),
        ("group", ["Group All staff (Contoso staff)"]),
        ("app role", ["App role Demo.Reader (Contoso staff)"]),
        ("two groups", ["Group All staff (Contoso staff)", "Group Engineering (Contoso staff)"]),
        ("by hand and group", ["By hand, by Björn Lindqvist", "Group All staff (Contoso staff)"]),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_why_has_she_this_role(mapped: Mapped, case: str, why: list[str]) -> None:
    owner = mapped.cast.alice()
    if "group" in case:
        mapped.map_group("editor", ALL_STAFF)
    if case == "two groups":
        mapped.map_group("editor")
        mapped.put_in(ENGINEERING, BOB)
    if case == "app role":
        mapped.map_app_role("editor")
    mapped.sign_in()
    if "hand" in case:
        mapped.by_hand(["editor"])
    if case == "by the operator":
        with mapped.cast.app.app_context(), unit_of_work():
            applications.assign_roles(mapped.cast.person(BOB), mapped.application(), ["editor"])
    person = owner.get(f"/people/{mapped.cast.person_id(BOB)}").text
    role = owner.get(f"/account/advanced/applications/{mapped.application_id}/roles/{mapped.roles['editor']}").text
    for page in (person, role.partition('id="holders-title"')[2]):
        shown = page.replace("\u2068", "").replace("\u2069", "")
        for words in ("By hand", "Group ", "App role "):
            assert shown.count(words) == sum(reason.startswith(words) for reason in why), (words, why)
        for reason in why:
            assert reason in shown
            assert f"{reason} · since " in shown
    can_remove = "unassign" in role or f"/roles/{mapped.roles['editor']}/people/" in role
    assert can_remove is any(reason.startswith("By hand") for reason in why)


def reports(mapped: Mapped, **options: Any) -> Client:
    """Another application, with the role viewer."""
    client = register(mapped.cast.app, "Reports", roles=["viewer"], **options)
    mapped.cast.app.extensions["key_ring"].forget()
    with mapped.cast.app.app_context():
        application = queries.by_client_id(client.client_id)
        assert application
        mapped.roles["viewer"] = application.roles[0].id
    return client


def test_tokens_carry_declared_roles_and_never_groups(mapped: Mapped) -> None:
    client = reports(mapped)
    mapped.map_group("editor", ALL_STAFF)
    mapped.map_group("viewer", ALL_STAFF)
    mapped.map_app_role("viewer")
    tokens = client.tokens(mapped.sign_in())
    claims = client.verified(tokens["id_token"])
    userinfo = client.userinfo(tokens["access_token"]).get_json()
    for shown in (claims, userinfo):
        assert shown["roles"] == ["viewer"]
        assert "groups" not in shown
        assert ALL_STAFF not in str(shown)


def test_losing_the_last_allowed_role_ends_the_grants(mapped: Mapped) -> None:
    client = reports(mapped, allowed_roles=["viewer"])
    mapped.map_group("viewer")
    mapped.put_in(ENGINEERING, BOB)
    tokens = client.tokens(mapped.sign_in())
    assert client.userinfo(tokens["access_token"]).status_code == 200
    mapped.put_in(ENGINEERING)
    mapped.sign_in()
    assert client.userinfo(tokens["access_token"]).status_code == 401


def test_outsider_finds_no_mapping(mapped: Mapped, cast: Cast) -> None:
    mapping_id = mapped.map_group("editor")
    charlie = cast.charlie()
    assert charlie.get(f"{PAGE}/{mapping_id}/remove").status_code == 404
    assert "Engineering" not in charlie.get(PAGE).text
    assert post(charlie, mapped).status_code == 422, "another company's connection"
