"""Roles through the groups that a directory sends by SCIM: they follow the directory at once, and no sign-in."""

from collections.abc import Callable
from typing import Any

import pytest
import sqlalchemy as sa

from app.applications.roles import queries as application_roles
from app.core.database import db
from app.provisioning.roles.models import DirectorySnapshot, MappedAdmin
from tests.accounts import PASSWORD, account, company_of
from tests.applications.admin import errors
from tests.assertions import audit_entries
from tests.cast import ALICE, BOB, Cast
from tests.overview.test_audit_log import sentences
from tests.provisioning.directory import Directory, add_members, member, remove_members
from tests.provisioning.mapped import ALL_STAFF, PAGE, Mapped
from tests.provisioning.test_mapping_pages import admin, number_of_mappings, post, reports

OFF = {"op": "Replace", "path": "active", "value": "False"}
ON = {"op": "Replace", "path": "active", "value": "True"}


@pytest.fixture
def bob(contoso: Directory) -> str:
    """The id of Bob's user."""
    return str(contoso.user("bob", externalId=BOB.oid)["id"])


@pytest.fixture
def group(contoso: Directory) -> dict[str, Any]:
    return contoso.group("Engineers", externalId="e0000001-0000-4000-8000-000000000001")


def sources(mapped: Mapped) -> list[str | None]:
    """Why Bob has roles."""
    with mapped.cast.app.app_context():
        held = application_roles.held_by(mapped.company_id, mapped.cast.person(BOB).id)
        return [reason.source for role in held for reason in role.reasons]


def test_members_have_the_role_from_the_change_on(
    mapped: Mapped, contoso: Directory, group: dict[str, Any], bob: str
) -> None:
    mapped.map_scim_group("editor", group)
    add_members(contoso, group, bob)
    assert mapped.roles_of() == ["editor"]
    given = audit_entries(mapped.cast.app, "directory_role.given")
    assert [(entry.subject_id, entry.detail["kind"], entry.detail["name"]) for entry in given] == [
        (mapped.cast.person_id(BOB), "scim_group", "Engineers")
    ]
    remove_members(contoso, group, bob)
    assert mapped.roles_of() == []
    assert len(audit_entries(mapped.cast.app, "directory_role.removed")) == 1


LEAVE: dict[str, Callable[[Directory, str, str], object]] = {
    "filter in the path": lambda contoso, group, bob: contoso.patch(
        f"Groups/{group}", {"op": "remove", "path": f'members[value eq "{bob}"]'}
    ),
    "emptied": lambda contoso, group, bob: contoso.patch(f"Groups/{group}", {"op": "Remove", "path": "members"}),
    "replaced": lambda contoso, group, bob: contoso.put(
        f"Groups/{group}", {"displayName": "Engineers", "members": member(contoso.user("ann")["id"])}
    ),
    "replaced by none": lambda contoso, group, bob: contoso.put(f"Groups/{group}", {"displayName": "Engineers"}),
    "group deleted": lambda contoso, group, bob: contoso.delete(f"Groups/{group}"),
    "user deactivated": lambda contoso, group, bob: contoso.patch(f"Users/{bob}", OFF),
    "user deleted": lambda contoso, group, bob: contoso.delete(f"Users/{bob}"),
    "user becomes another person": lambda contoso, group, bob: contoso.patch(
        f"Users/{bob}", {"op": "Replace", "path": "externalId", "value": "c0000007-0000-4000-8000-000000000007"}
    ),
}


@pytest.mark.parametrize("how", LEAVE)
@pytest.mark.parametrize("role", ["editor", None], ids=["role", "admin"])
def test_person_who_leaves_loses_the_role_at_once(
    mapped: Mapped, contoso: Directory, group: dict[str, Any], bob: str, how: str, role: str | None
) -> None:
    mapped.map_scim_group(role, group)
    add_members(contoso, group, bob)
    assert (mapped.roles_of(), mapped.role_of()) == ((["editor"], "member") if role else ([], "admin"))
    assert LEAVE[how](contoso, group["id"], bob)
    assert (mapped.roles_of(), mapped.role_of()) == ([], "member")


def test_user_who_comes_back_has_the_role_again(
    mapped: Mapped, contoso: Directory, group: dict[str, Any], bob: str
) -> None:
    mapped.map_scim_group("editor", group)
    add_members(contoso, group, bob)
    contoso.patch(f"Users/{bob}", OFF)
    contoso.patch(f"Users/{bob}", ON)
    assert mapped.roles_of() == ["editor"]


def test_group_that_is_created_with_members_or_replaced_gives_its_role(
    mapped: Mapped, contoso: Directory, group: dict[str, Any], bob: str
) -> None:
    mapped.map_scim_group("editor", group)
    contoso.put(f"Groups/{group['id']}", {"displayName": "Engineers", "members": member(bob)})
    assert mapped.roles_of() == ["editor"]


def test_owner_maps_a_group_by_its_name(mapped: Mapped, contoso: Directory, group: dict[str, Any], bob: str) -> None:
    add_members(contoso, group, bob)
    browser = mapped.cast.alice()
    assert f'<option value="{group["id"]}">Engineers</option>' in browser.get(PAGE).text
    response = post(browser, mapped, kind="scim_group", value="", group_name="", scim_group=group["id"])
    assert response.status_code == 303, errors(response)
    page = browser.get(PAGE).text
    assert "1 person has the role now." in page
    assert mapped.roles_of() == ["editor"]
    again = post(browser, mapped, kind="scim_group", value="", group_name="", scim_group=group["id"])
    assert (again.status_code, errors(again)) == (422, {"scim_group": "This group gives this role already."})


def test_removing_the_mapping_takes_the_role_at_once(
    mapped: Mapped, contoso: Directory, group: dict[str, Any], bob: str
) -> None:
    add_members(contoso, group, bob)
    mapping_id = mapped.map_scim_group("editor", group)
    browser = mapped.cast.alice()
    assert "1 person has it because of this mapping" in browser.get(f"{PAGE}/{mapping_id}/remove").text
    assert browser.post_form(f"{PAGE}/{mapping_id}/remove", page=PAGE).status_code == 303
    assert (mapped.roles_of(), contoso.members(group["id"])) == ([], {bob})


def test_sign_in_says_nothing_about_scim_groups(
    mapped: Mapped, contoso: Directory, group: dict[str, Any], bob: str
) -> None:
    """Neither without nor with other mappings of the connection, whose roles come and go with sign-ins."""
    mapped.map_scim_group("editor", group)
    mapped.map_scim_group(None, group)
    add_members(contoso, group, bob)
    browser = mapped.sign_in()
    with mapped.cast.app.app_context():
        assert db.session.scalars(sa.select(DirectorySnapshot)).all() == [], "nothing of a token is kept for them"
    mapped.map_app_role("reader", "Nonsense")
    mapped.map_group("reader", ALL_STAFF)
    mapped.sign_in()
    assert (mapped.roles_of(), mapped.role_of()) == (["editor", "reader"], "admin")
    assert browser.get("/account/advanced/roles").status_code == 200


def test_roles_of_three_sources_are_united_with_a_reason_each(
    mapped: Mapped, contoso: Directory, group: dict[str, Any], bob: str
) -> None:
    mapped.map_scim_group("editor", group)
    mapped.map_group("editor", ALL_STAFF)
    mapped.map_app_role("editor")
    add_members(contoso, group, bob)
    mapped.sign_in()
    mapped.by_hand(["editor"])
    assert sorted(map(str, sources(mapped))) == ["All staff", "Demo.Reader", "Engineers", "None"]
    remove_members(contoso, group, bob)
    assert sorted(map(str, sources(mapped))) == ["All staff", "Demo.Reader", "None"]
    assert mapped.roles_of() == ["editor"]


def test_person_of_two_users_has_the_role_until_both_left(
    mapped: Mapped, contoso: Directory, group: dict[str, Any], bob: str
) -> None:
    other = str(contoso.user("bobby", externalId=BOB.oid.upper())["id"])
    mapped.map_scim_group("editor", group)
    add_members(contoso, group, bob, other)
    remove_members(contoso, group, bob)
    assert mapped.roles_of() == ["editor"]
    contoso.patch(f"Users/{other}", OFF)
    assert mapped.roles_of() == []


def test_owners_and_admins_by_hand_stay_what_they_are(
    mapped: Mapped, contoso: Directory, group: dict[str, Any], bob: str
) -> None:
    owner = mapped.cast.alice()
    admin(mapped)
    alice = str(contoso.user("alice", externalId=ALICE.oid)["id"])
    mapping_id = mapped.map_scim_group(None, group)
    add_members(contoso, group, alice, bob)
    with mapped.cast.app.app_context():
        assert db.session.scalars(sa.select(MappedAdmin)).all() == []
    contoso.delete(f"Groups/{group['id']}")
    assert (mapped.role_of(ALICE), mapped.role_of(BOB)) == ("owner", "admin")
    owner.post_form(f"{PAGE}/{mapping_id}/remove", page=PAGE)
    assert (mapped.role_of(ALICE), mapped.role_of(BOB)) == ("owner", "admin")


def test_owner_who_is_made_a_member_by_hand_is_the_directorys_admin(
    mapped: Mapped, contoso: Directory, group: dict[str, Any], bob: str
) -> None:
    """As the next sign-in would do by a group in the token."""
    owner, person = mapped.cast.alice(), f"/people/{mapped.cast.person_id(BOB) if mapped.sign_in() else ''}"
    mapped.map_scim_group(None, group)
    add_members(contoso, group, bob)
    for role, becomes in (("owner", "owner"), ("member", "admin")):
        owner.post_form(f"{person}/role", page=person, role=role)
        assert mapped.role_of() == becomes
    assert "Admin by SCIM group Engineers" in owner.get(person).text.replace("\u2068", "")


def test_directorys_admin_is_left_out_when_several_become_members(
    mapped: Mapped, contoso: Directory, group: dict[str, Any], bob: str
) -> None:
    mapped.map_scim_group(None, group)
    add_members(contoso, group, bob)
    owner = mapped.cast.alice()
    page = f"/people/selected/role?person={mapped.cast.person_id(BOB)}"
    assert "Admins by a group or app role; change that or its mapping" in owner.get(page).text
    fields = {"person": str(mapped.cast.person_id(BOB)), "number": "1", "role": "member"}
    owner.post_form("/people/selected/role", page="/people", **fields)
    assert mapped.role_of() == "admin"


def test_admin_maps_no_group_to_the_role_of_an_admin_and_no_operators_role(
    mapped: Mapped, contoso: Directory, group: dict[str, Any]
) -> None:
    browser = admin(mapped)
    for role in ("admin", "owner", str(mapped.roles["auditor"])):
        response = post(browser, mapped, kind="scim_group", scim_group=group["id"], role=role)
        assert response.status_code == 422
    assert number_of_mappings(mapped) == 0


def test_another_companys_group_is_offered_to_no_one(mapped: Mapped, contoso: Directory, fabrikam: Directory) -> None:
    foreign, own = fabrikam.group("Foreigners"), contoso.group("Own")
    browser = mapped.cast.alice()
    assert "Foreigners" not in browser.get(PAGE).text
    for value in (foreign["id"], "nonsense", ""):
        response = post(browser, mapped, kind="scim_group", scim_group=value)
        assert (response.status_code, errors(response)) == (
            422,
            {"scim_group": "This group no longer exists. Choose another."},
        )
    contoso.delete(f"Groups/{own['id']}")
    assert 'value="scim_group"' not in browser.get(PAGE).text


def test_group_of_another_connection_with_the_same_people_gives_nothing(
    mapped: Mapped, contoso: Directory, fabrikam: Directory, group: dict[str, Any], bob: str
) -> None:
    mapped.map_scim_group("editor", group)
    other = fabrikam.group("Engineers", externalId=group["externalId"])
    other_bob = fabrikam.user("bob", externalId=BOB.oid)
    add_members(fabrikam, other, other_bob["id"])
    assert mapped.roles_of() == []


def test_deleted_group_is_shown_and_works_again_when_it_returns(
    mapped: Mapped, contoso: Directory, group: dict[str, Any], bob: str
) -> None:
    mapped.map_scim_group("editor", group)
    mapped.map_scim_group("reader", group)
    add_members(contoso, group, bob)
    contoso.patch(f"Groups/{group['id']}", {"op": "Replace", "path": "displayName", "value": "Builders"})
    assert sources(mapped) == ["Builders", "Builders"], "the name follows the directory"
    contoso.delete(f"Groups/{group['id']}")
    browser = mapped.cast.alice()
    page = browser.get(PAGE).text
    assert page.count("The directory deleted this group.") == 2
    assert "Builders" in page
    contoso.group("Builders", externalId="e0000009-0000-4000-8000-000000000009", members=member(bob))
    assert mapped.roles_of() == [], "another group with the same name is another group"
    contoso.group("Makers", externalId=group["externalId"], members=member(bob))
    assert mapped.roles_of() == ["editor", "reader"]
    assert "The directory deleted this group." not in browser.get(PAGE).text


def test_stopping_provisioning_takes_the_roles_of_its_groups(
    mapped: Mapped, contoso: Directory, group: dict[str, Any], bob: str
) -> None:
    mapped.map_scim_group("editor", group)
    add_members(contoso, group, bob)
    browser, path = mapped.cast.alice(), f"/account/advanced/active-directory/{mapped.connection_id}/provisioning/stop"
    assert "1 mapping of these groups" in browser.get(path).text
    assert browser.post_form(path, page=path).status_code == 303
    assert mapped.roles_of() == []
    assert "The directory deleted this group." in browser.get(PAGE).text


def test_losing_the_last_allowed_role_ends_the_grants(
    mapped: Mapped, contoso: Directory, group: dict[str, Any], bob: str
) -> None:
    client = reports(mapped, allowed_roles=["viewer"])
    mapped.map_scim_group("viewer", group)
    add_members(contoso, group, bob)
    received = client.tokens(mapped.sign_in())
    assert client.verified(received["id_token"])["roles"] == ["viewer"]
    remove_members(contoso, group, bob)
    assert client.userinfo(received["access_token"]).status_code == 401
    assert client.refresh(received["refresh_token"]).status_code == 400


def test_account_that_was_a_possible_duplicate_gets_the_roles_of_the_directorys_user(
    mapped: Mapped, cast: Cast, contoso: Directory, group: dict[str, Any]
) -> None:
    account(cast.app, company_of(cast.app), "bob@contoso.example", "Bob from before", "member")
    mapped.map_scim_group("editor", group)
    mapped.map_scim_group(None, group)
    add_members(contoso, group, contoso.user("bob", externalId=BOB.oid)["id"])
    browser = cast.browser()
    browser.sign_in_as(BOB, "contoso", cast.directory)
    browser.post_form("/auth/joining/password", page="/auth/joining", password=PASSWORD)
    assert (mapped.roles_of(), mapped.role_of()) == (["editor"], "admin")
    with cast.app.app_context():
        whose = db.session.scalars(sa.select(MappedAdmin.person_id)).all()
        assert whose == [cast.person(BOB).id]


def test_why_and_what_would_she_have(mapped: Mapped, contoso: Directory, group: dict[str, Any], bob: str) -> None:
    mapped.map_scim_group("editor", group)
    mapped.map_scim_group(None, group)
    other = contoso.group("Designers")
    mapped.map_scim_group("reader", other)
    add_members(contoso, group, bob)
    owner = mapped.cast.alice()
    person = f"/people/{mapped.cast.person_id(BOB)}"
    shown = owner.get(person).text.replace("\u2068", "").replace("\u2069", "")
    assert "SCIM group Engineers (Contoso staff) · since " in shown
    assert "Admin by SCIM group Engineers (Contoso staff)" in shown
    assert owner.post_form(f"{person}/role", page=person, role="member").status_code == 400
    role = owner.get(f"/account/advanced/applications/{mapped.application_id}/roles/{mapped.roles['editor']}").text
    assert "SCIM group Engineers (Contoso staff) · since " in role.replace("\u2068", "").replace("\u2069", "")
    tried = owner.get(f"{PAGE}?person={mapped.cast.person_id(BOB)}").text.split('id="try"')[1]
    assert "Contoso staff: 1 SCIM group" in tried
    assert "SCIM group Engineers (Contoso staff)" in tried
    assert "Not from: Designers" in tried
    log = "".join(sentences(owner.get("/audit").text))
    assert "through the SCIM group Engineers of Contoso staff" in log
