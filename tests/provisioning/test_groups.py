"""Groups: a change names some members, and nothing happens to the others."""

from typing import Any

import pytest
import sqlalchemy as sa

from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.provisioning.roles import scim_queries
from app.provisioning.scim.models import ScimGroup, ScimMember, ScimUser
from tests.assertions import audit_entries
from tests.assertions import queries as counted
from tests.cast import Cast
from tests.provisioning.directory import Directory, member, person_of


@pytest.fixture
def people(contoso: Directory) -> list[str]:
    return [contoso.user(name)["id"] for name in ("ann", "bob", "cem")]


@pytest.fixture
def group(contoso: Directory, people: list[str]) -> str:
    """A group with all three."""
    group_id: str = contoso.group("Engineers")["id"]
    response = contoso.patch(f"Groups/{group_id}", {"op": "Add", "path": "members", "value": member(*people)})
    assert response.status_code == 204
    return group_id


def test_created_group_is_found_by_name_and_external_id(contoso: Directory) -> None:
    shown = contoso.group("Engineers", externalId="e-1")
    for condition in ('displayName eq "engineers"', 'externalId eq "e-1"', f'id eq "{shown["id"]}"'):
        assert contoso.found("Groups", condition, excludedAttributes="members") == [shown], condition


def test_members_are_left_out_if_asked(contoso: Directory, group: str, people: list[str]) -> None:
    assert contoso.members(group) == {*people}
    response = contoso.get(f"Groups/{group}", query_string={"excludedAttributes": "members"})
    assert response.json
    assert "members" not in response.json


@pytest.mark.parametrize("op", ["Remove", "remove"])
def test_value_list_removes_these_members_and_no_others(
    contoso: Directory, group: str, people: list[str], op: str
) -> None:
    response = contoso.patch(f"Groups/{group}", {"op": op, "path": "members", "value": member(people[1])})
    assert response.status_code == 204
    assert contoso.members(group) == {people[0], people[2]}


def test_filter_in_path_removes_one_member(contoso: Directory, group: str, people: list[str]) -> None:
    contoso.patch(f"Groups/{group}", {"op": "remove", "path": f'members[value eq "{people[0]}"]'})
    assert contoso.members(group) == {*people[1:]}


def test_present_member_is_added_and_absent_one_removed_without_an_error(
    contoso: Directory, group: str, people: list[str]
) -> None:
    add = {"op": "Add", "path": "members", "value": member(people[0])}
    remove = {"op": "Remove", "path": "members", "value": member(people[1])}
    for operation in (add, remove, remove, add):
        assert contoso.patch(f"Groups/{group}", operation).status_code == 204
    assert contoso.members(group) == {people[0], people[2]}


def test_member_whose_user_is_gone_is_removed_without_an_error(
    contoso: Directory, group: str, people: list[str]
) -> None:
    assert contoso.delete(f"Users/{people[0]}").status_code == 204
    response = contoso.patch(f"Groups/{group}", {"op": "Remove", "path": "members", "value": member(people[0])})
    assert response.status_code == 204
    assert contoso.members(group) == {*people[1:]}


def test_unknown_member_is_refused_and_no_one_is_added(contoso: Directory, fabrikam: Directory, group: str) -> None:
    foreign, new = fabrikam.user("zoe")["id"], contoso.user("dan")["id"]
    before = contoso.members(group)
    response = contoso.patch(f"Groups/{group}", {"op": "Add", "path": "members", "value": member(new, foreign)})
    assert response.status_code == 400
    assert response.json
    assert (response.json["scimType"], response.json["status"]) == ("invalidValue", "400")
    assert contoso.members(group) == before


@pytest.mark.parametrize(
    ("operation", "left"),
    [
        ({"op": "replace", "path": "members", "value": []}, 0),
        ({"op": "remove", "path": "members"}, 0),
        ({"op": "remove", "path": "members", "value": []}, 3),
    ],
    ids=["replace", "remove", "remove-none"],
)
def test_group_is_emptied_only_if_that_is_said(
    contoso: Directory, group: str, operation: dict[str, Any], left: int
) -> None:
    assert contoso.patch(f"Groups/{group}", operation).status_code == 204
    assert len(contoso.members(group)) == left


def test_members_are_replaced(contoso: Directory, group: str, people: list[str]) -> None:
    new = contoso.user("dan")["id"]
    contoso.patch(f"Groups/{group}", {"op": "replace", "path": "members", "value": member(people[0], new)})
    assert contoso.members(group) == {people[0], new}


def test_group_is_renamed(cast: Cast, contoso: Directory, group: str) -> None:
    contoso.patch(f"Groups/{group}", {"op": "Replace", "path": "displayName", "value": "Builders"})
    assert [one["id"] for one in contoso.found("Groups", 'displayName eq "Builders"')] == [group]
    (entry,) = audit_entries(cast.app, "provisioning.group_renamed")
    assert entry.detail == {"directory": "Contoso staff", "name": "Builders", "former": "Engineers"}


def test_second_group_of_a_name_needs_an_external_id(contoso: Directory) -> None:
    contoso.group("Sales", externalId="s-1")
    assert contoso.post("Groups", {"displayName": "sales"}).status_code == 409
    contoso.group("Sales", externalId="s-2")
    assert contoso.post("Groups", {"displayName": "Other", "externalId": "s-2"}).status_code == 409


def test_deleted_group_is_gone(contoso: Directory, group: str) -> None:
    assert contoso.delete(f"Groups/{group}").status_code == 204
    assert contoso.get(f"Groups/{group}").status_code == 404
    assert contoso.delete(f"Groups/{group}").status_code == 404


def test_groups_of_a_person_are_those_of_an_active_user(
    cast: Cast, contoso: Directory, group: str, people: list[str]
) -> None:
    person = person_of(cast.app, {"id": people[0]})

    def names() -> list[str]:
        with cast.app.app_context():
            connection_id = db.session.scalars(sa.select(ScimGroup.connection_id)).one()
            ids = scim_queries.groups_of_person(person.company_id, person.id, connection_id)
            return [db.session.get_one(ScimGroup, one).display_name for one in ids]

    assert names() == ["Engineers"]
    contoso.patch(f"Users/{people[0]}", {"op": "Replace", "path": "active", "value": "False"})
    assert names() == []
    contoso.patch(f"Users/{people[0]}", {"op": "Replace", "path": "active", "value": "True"})
    assert names() == ["Engineers"], "memberships aren't sent again (quirk 51)"


def test_groups_of_a_user_are_returned_if_asked(contoso: Directory, group: str, people: list[str]) -> None:
    response = contoso.get(f"Users/{people[0]}", query_string={"attributes": "userName,groups"})
    assert response.json
    assert [one["value"] for one in response.json["groups"]] == [group]
    assert "displayName" not in response.json


def test_a_change_of_a_large_group_reads_none_of_its_other_members(cast: Cast, contoso: Directory, group: str) -> None:
    users = [contoso.user(f"p{number}")["id"] for number in range(5)]

    def statements() -> int:
        with counted(cast.app) as sent:
            contoso.patch(f"Groups/{group}", {"op": "Add", "path": "members", "value": member(*users)})
            contoso.patch(f"Groups/{group}", {"op": "Remove", "path": "members", "value": member(*users)})
        assert not [one for one in sent if one.startswith("SELECT scim_member")]
        return len(sent)

    before = statements()
    others = [contoso.user(f"q{number}")["id"] for number in range(30)]
    contoso.patch(f"Groups/{group}", {"op": "Add", "path": "members", "value": member(*others)})
    assert statements() <= before


@pytest.mark.parametrize("number", [600, pytest.param(10_000, marks=pytest.mark.prove)], ids=["few", "many"])
def test_many_members_in_one_request(cast: Cast, contoso: Directory, group: str, number: int) -> None:
    """In one operation, and in one operation each, as with Entra's flag."""
    users, before = add_users(cast, number), contoso.members(group)
    assert (
        contoso.patch(
            f"Groups/{group}", {"op": "Add", "path": "members", "value": [{"value": one} for one in users]}
        ).status_code
        == 204
    )
    assert contoso.members(group) == before | {*users}
    one_each = [{"op": "remove", "path": f'members[value eq "{one}"]'} for one in users]
    assert contoso.patch(f"Groups/{group}", *one_each).status_code == 204
    assert contoso.members(group) == before
    changes = [entry.detail for entry in audit_entries(cast.app, "provisioning.members_changed")]
    assert [(one["added"], one["removed"]) for one in changes] == [(3, 0), (number, 0), (0, number)]
    with cast.app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(ScimMember)) == len(before)


def add_users(cast: Cast, number: int) -> list[str]:
    """The ids of new users of the only connection that has some, stored without a request each."""
    with cast.app.app_context(), unit_of_work():
        one = db.session.scalars(sa.select(ScimUser)).first()
        assert one
        rows = [
            ScimUser(
                company_id=one.company_id,
                connection_id=one.connection_id,
                user_name_key=f"p{position}",
                content={"userName": f"p{position}"},
                changed_at=one.changed_at,
            )
            for position in range(number)
        ]
        db.session.add_all(rows)
        return [str(row.id) for row in rows]
