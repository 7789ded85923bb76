"""Entra's quirks in what it writes, by the numbers of the list in docs/provisioning.md; those of its cycles are in
test_quirks_of_cycles.py.
"""

import json
from typing import Any
from uuid import uuid4

import pytest

from tests.cast import Cast
from tests.provisioning.directory import ENTERPRISE, GROUP, USER, Directory, member, person_of, user

WORK = 'emails[type eq "work"].value'


def patched(contoso: Directory, *operations: dict[str, Any], **values: Any) -> dict[str, Any]:
    """A new user after these operations."""
    shown = contoso.user(uuid4().hex[:8], **values)
    response = contoso.patch(f"Users/{shown['id']}", *operations)
    assert response.status_code == 200, response.text
    assert response.json
    assert contoso.get(f"Users/{shown['id']}").json == response.json
    changed: dict[str, Any] = response.json
    return changed


@pytest.mark.parametrize("op", ["Replace", "replace", "REPLACE", "Add"])
def test_01_operations_in_any_case(contoso: Directory, op: str) -> None:
    assert patched(contoso, {"op": op, "path": "title", "value": "Boss"})["title"] == "Boss"


@pytest.mark.parametrize("value", ["False", "false", False])
@pytest.mark.parametrize("has_path", [True, False], ids=["path", "no-path"])
def test_02_booleans_as_texts(cast: Cast, contoso: Directory, value: object, has_path: bool) -> None:
    operation = {"path": "active", "value": value} if has_path else {"value": {"active": value}}
    shown = patched(contoso, {"op": "Replace", **operation})
    assert shown["active"] is False
    assert not person_of(cast.app, shown).is_active
    back = contoso.patch(f"Users/{shown['id']}", {"op": "Replace", "path": "active", "value": "True"})
    assert back.status_code == 200
    assert person_of(cast.app, shown).is_active


def test_02_booleans_as_texts_in_a_new_user(cast: Cast, contoso: Directory) -> None:
    shown = contoso.user("ann", active="True", emails=[{"type": "work", "value": "a@b.example", "primary": "True"}])
    assert shown["active"] is True
    assert shown["emails"][0]["primary"] is True


@pytest.mark.parametrize(
    ("path", "attribute"),
    [
        (WORK, "emails"),
        ('phoneNumbers[type eq "mobile"].value', "phoneNumbers"),
        ('addresses[type eq "work"].postalCode', "addresses"),
        ('roles[primary eq "True"].value', "roles"),
    ],
    ids=["email", "phone", "address", "role"],
)
@pytest.mark.parametrize("op", ["Add", "Replace"])
def test_03_and_04_value_path_creates_the_entry(contoso: Directory, op: str, path: str, attribute: str) -> None:
    shown = patched(contoso, {"op": op, "path": path, "value": "x@y.example"}, emails=[])
    (entry,) = shown[attribute]
    assert "x@y.example" in entry.values()
    assert entry.get("type") in ("work", "mobile") or entry["primary"] is True


def test_05_add_replaces(contoso: Directory) -> None:
    one = patched(contoso, {"op": "Add", "path": WORK, "value": "new@b.example"})
    assert [entry["value"] for entry in one["emails"]] == ["new@b.example"]
    whole = patched(contoso, {"op": "Add", "path": "emails", "value": [{"type": "work", "value": "n@b.example"}]})
    assert [entry["value"] for entry in whole["emails"]] == ["n@b.example"]


def test_06_dotted_keys_without_a_path(contoso: Directory) -> None:
    value = {
        "displayName": "Bobby",
        "name.givenName": "Robert",
        WORK: "robert@b.example",
        f"{ENTERPRISE}:employeeNumber": "7",
    }
    shown = patched(contoso, {"op": "replace", "value": value})
    assert (shown["displayName"], shown["name"]["givenName"], shown["name"]["familyName"]) == (
        "Bobby",
        "Robert",
        "Example",
    )
    assert shown["emails"][0]["value"] == "robert@b.example"
    assert shown[ENTERPRISE]["employeeNumber"] == "7"


def test_07_nested_object_without_a_path_keeps_siblings(contoso: Directory) -> None:
    shown = patched(contoso, {"op": "Replace", "value": {"name": {"familyName": "New"}, "active": False}})
    assert shown["name"]["familyName"] == "New"
    assert shown["name"]["givenName"]
    assert shown["active"] is False


def test_08_replacing_a_parent_merges(contoso: Directory) -> None:
    shown = patched(contoso, {"op": "Replace", "path": "name", "value": {"familyName": "New"}})
    assert (shown["name"]["familyName"], bool(shown["name"]["givenName"])) == ("New", True)


def test_09_path_of_an_extension(contoso: Directory) -> None:
    shown = patched(contoso, {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Sales"})
    assert shown[ENTERPRISE] == {"department": "Sales"}


def test_10_extension_that_is_not_listed(contoso: Directory) -> None:
    shown = contoso.user("ann", schemas=[USER], **{ENTERPRISE: {"department": "Sales"}, "urn:own:User": {"a": "b"}})
    assert shown[ENTERPRISE]["department"] == "Sales"


def test_11_and_12_microsofts_own_sample_with_nulls_and_a_malformed_urn(contoso: Directory) -> None:
    sample = {
        "schemas": [USER, "urn:ietf:params:scim:schemas:extension:enterprise:2.0User"],
        "externalId": "jyoung",
        "userName": "jyoung@testuser.com",
        "active": True,
        "addresses": None,
        "displayName": "Joy Young",
        "emails": [{"type": "work", "value": "jyoung@Contoso.com", "primary": True}],
        "meta": {"resourceType": "User"},
        "name": {"familyName": "Young", "givenName": "Joy"},
        "phoneNumbers": None,
        "preferredLanguage": None,
        "title": None,
        "department": None,
        "manager": None,
        "urn:ietf:params:scim:schemas:extension:enterprise:2.0User": {"department": "Sales", "manager": None},
    }
    response = contoso.post("Users", sample)
    assert response.status_code == 201, response.text
    assert response.json
    assert response.json[ENTERPRISE] == {"department": "Sales"}
    assert response.json["emails"][0]["value"] == "jyoung@Contoso.com"
    assert contoso.found("Users", "externalId eq jyoung") == [response.json]


def test_13_empty_text_and_then_null_clear(contoso: Directory) -> None:
    shown = patched(contoso, {"op": "Replace", "path": "title", "value": ""}, title="Boss")
    assert not shown.get("title")
    response = contoso.patch(f"Users/{shown['id']}", {"op": "Replace", "path": "title", "value": None})
    assert response.json
    assert not response.json.get("title")


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("manager", [{"$ref": "http://x/y", "value": "7"}]),
        (f"{ENTERPRISE}:manager", "7"),
        ("manager", "7"),
        (f"{ENTERPRISE}:manager", {"value": "7"}),
    ],
    ids=["list", "text", "short", "object"],
)
@pytest.mark.parametrize("op", ["Add", "Replace"])
def test_14_manager_in_each_shape(contoso: Directory, op: str, path: str, value: object) -> None:
    shown = patched(contoso, {"op": op, "path": path, "value": value})
    assert shown[ENTERPRISE]["manager"] == {"value": "7"}
    condition = f'id eq "{shown["id"]}" and manager eq "7"'
    assert [one["id"] for one in contoso.found("Users", condition)] == [shown["id"]]
    assert contoso.found("Users", condition.replace('"7"', '"8"')) == []
    gone = contoso.patch(f"Users/{shown['id']}", {"op": "Replace", "path": path, "value": ""})
    assert gone.json
    assert ENTERPRISE not in gone.json or "manager" not in gone.json[ENTERPRISE]


@pytest.mark.parametrize("manager", ["123456", {"value": "123456"}, [{"value": "123456"}]], ids=["text", "one", "list"])
def test_14_manager_in_a_new_user(contoso: Directory, manager: object) -> None:
    shown = contoso.user("ann", **{ENTERPRISE: {"manager": manager}})
    assert shown[ENTERPRISE]["manager"] == {"value": "123456"}


def test_16_meta_is_ours_and_empty_lists_are_accepted(contoso: Directory) -> None:
    shown = contoso.user("ann", roles=[], meta={"resourceType": "User", "version": "x"}, id="mine")
    assert shown["id"] != "mine"
    assert shown["meta"]["version"] != "x"


def test_17_role_as_a_document_in_a_text(contoso: Directory) -> None:
    text = json.dumps({"id": str(uuid4()), "value": "Admin", "displayName": "Admins"})
    shown = patched(contoso, {"op": "Add", "path": "roles", "value": [{"value": text}]})
    assert shown["roles"] == [{"value": "Admin", "display": "Admins"}]
    single = patched(contoso, {"op": "Add", "path": 'roles[primary eq "True"].value', "value": text})
    assert single["roles"][0]["value"] == "Admin"
    whole = [{"value": "A", "display": "A", "type": "WindowsAzureActiveDirectoryRole", "primary": False}]
    assert patched(contoso, {"op": "replace", "path": "roles", "value": whole})["roles"] == whole


def test_19_and_20_group_with_microsofts_schema_and_without_members(contoso: Directory) -> None:
    own = "http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"
    shown = contoso.group("Sales", schemas=[GROUP, own], externalId=str(uuid4()), meta={"resourceType": "Group"})
    assert "members" not in shown


def test_21_22_and_23_members_in_both_dialects(contoso: Directory) -> None:
    people = [contoso.user(name)["id"] for name in ("ann", "bob", "cem", "dan")]
    group = contoso.group()["id"]
    contoso.patch(f"Groups/{group}", {"op": "Add", "path": "members", "value": member(*people[:2], *people)})
    assert contoso.members(group) == {*people}
    contoso.patch(f"Groups/{group}", {"op": "Remove", "path": "members", "value": member(people[0])})
    assert contoso.members(group) == {*people[1:]}
    paths = [f'members[value eq "{one}"]' for one in people[1:3]]
    contoso.patch(f"Groups/{group}", *({"op": "remove", "path": one} for one in paths))
    assert contoso.members(group) == {people[3]}


def test_24_members_are_our_ids(contoso: Directory) -> None:
    shown = contoso.user("ann")
    group = contoso.group()["id"]
    foreign = {"op": "Add", "path": "members", "value": member(shown["externalId"])}
    assert contoso.patch(f"Groups/{group}", foreign).status_code == 400


def test_25_groups_of_one_name(contoso: Directory) -> None:
    contoso.group("Sales")
    response = contoso.post("Groups", {"schemas": [GROUP], "displayName": "Sales"})
    assert response.status_code == 409
    assert response.json
    assert response.json["scimType"] == "uniqueness"


@pytest.mark.parametrize("name", ["O'Hara & Söhne (50%)", 'the "best" \\ team', "a+b/c?d#e"])
def test_26_special_characters_in_names(contoso: Directory, name: str) -> None:
    shown = contoso.group(name)
    assert contoso.found("Groups", f"displayName eq {json.dumps(name)}") == [shown]


@pytest.mark.parametrize(
    "query",
    [
        "filter=externalId+eq+%22jy-1%22",
        'filter=externalId+eq+"jy-1"',
        "filter=externalId%20eq%20jy-1",
        "filter=EXTERNALID+EQ+%22jy-1%22",
        "filter=urn:ietf:params:scim:schemas:core:2.0:User:externalId%20eq%20%22jy-1%22",
    ],
    ids=["plus", "raw-quotes", "no-quotes", "capitals", "urn"],
)
def test_27_filters_in_each_encoding(contoso: Directory, query: str) -> None:
    shown = contoso.user("jy", externalId="jy-1")
    response = contoso.get(f"Users?{query}")
    assert response.json
    assert response.json["Resources"] == [shown]


def test_28_matching_by_external_id_and_email(contoso: Directory) -> None:
    shown = contoso.user(
        "ann", emails=[{"type": "home", "value": "x@h.example"}, {"type": "work", "value": "A@b.example"}]
    )
    assert contoso.found("Users", f'externalId eq "{shown["externalId"]}"') == [shown]
    assert contoso.found("Users", 'emails[type eq "work"].value eq "a@b.example"') == [shown]
    assert contoso.found("Users", f'userName eq "{shown["userName"]}" and active eq true') == [shown]


def test_29_default_external_id_makes_no_person(contoso: Directory) -> None:
    assert contoso.user("ann", externalId="ann")["externalId"] == "ann"


def test_30_user_name_changes_and_keeps_its_case(contoso: Directory) -> None:
    shown = contoso.user("ann")
    response = contoso.patch(
        f"Users/{shown['id']}", {"op": "Replace", "path": "userName", "value": "Ann.New@X.example"}
    )
    assert response.json
    assert (response.json["id"], response.json["userName"]) == (shown["id"], "Ann.New@X.example")
    assert [one["userName"] for one in contoso.found("Users", 'userName eq "ANN.new@x.example"')] == [
        "Ann.New@X.example"
    ]


def test_31_guest(cast: Cast, contoso: Directory) -> None:
    shown = contoso.user("guest", userName="ann_fabrikam.com", displayName="Ann of Fabrikam")
    assert person_of(cast.app, shown).name == "Ann of Fabrikam"


def test_32_values_are_returned_exactly(contoso: Directory) -> None:
    values = {
        "phoneNumbers": [{"type": "work", "value": " 00 351  (21)-555 "}],
        "locale": "pt_PT",
        "timezone": "Europe/Lisbon ",
        "displayName": "Ann\u00a0 Example  é e\u0301",
        "addresses": [{"type": "work", "formatted": "1\r\n2", "country": "PT"}],
    }
    shown = contoso.user("ann", **values)
    assert {name: shown[name] for name in values} == values


def test_33_addresses_are_a_list_with_one_of_each_type(contoso: Directory) -> None:
    shown = patched(
        contoso,
        {"op": "Add", "path": 'addresses[type eq "work"].country', "value": "PT"},
        {"op": "Add", "path": 'addresses[type eq "work"].locality', "value": "Lisbon"},
    )
    assert shown["addresses"] == [{"type": "work", "country": "PT", "locality": "Lisbon"}]


def test_34_passwords_photos_and_entitlements_are_ignored(contoso: Directory) -> None:
    values = {"password": "hush", "photos": [{"value": "https://x"}], "entitlements": [{"value": "e"}]}
    shown = contoso.user("ann", **values)
    assert not {*values} & {*shown}


def test_35_and_36_headers(contoso: Directory) -> None:
    response = contoso.post("Users", user(), content_type="application/json", headers={"User-Agent": ""})
    assert response.status_code == 201
    versioned = {"ADSCIMVersion": "1", "Accept": "application/scim+json"}
    assert contoso.get("Users", headers=versioned).mimetype == "application/scim+json"
    charset = "application/scim+json; charset=utf-8"
    assert contoso.post("Users", user("bob"), content_type=charset).status_code == 201


@pytest.mark.parametrize("path", ["Users?aadOptscim062020", "Users/?aadOptscim062020=", "Users/"])
def test_37_flag_in_the_url_and_trailing_slashes(contoso: Directory, path: str) -> None:
    assert contoso.get(path).status_code == 200
    shown = contoso.post(path, user())
    assert shown.status_code == 201
    assert shown.json
    change = {"op": "Replace", "path": "title", "value": "Boss"}
    assert contoso.patch(f"Users/{shown.json['id']}/?aadOptscim062020", change).status_code == 200


def test_38_and_39_both_dialects_of_one_tenant(contoso: Directory) -> None:
    shown = patched(
        contoso,
        {"op": "Add", "path": WORK, "value": "a@x.example"},
        {"op": "replace", "value": {"title": "Boss", "active": True}},
    )
    assert (shown["title"], shown["emails"][0]["value"]) == ("Boss", "a@x.example")


def test_41_conflict(contoso: Directory) -> None:
    contoso.user("ann")
    response = contoso.post("Users", user("ann"))
    assert response.json
    assert (response.status_code, response.json["status"], response.json["scimType"]) == (409, "409", "uniqueness")


def test_51_memberships_outlast_a_deactivation(contoso: Directory) -> None:
    person, group = contoso.user("ann")["id"], contoso.group()["id"]
    contoso.patch(f"Groups/{group}", {"op": "Add", "path": "members", "value": member(person)})
    for value in ("False", "True"):
        contoso.patch(f"Users/{person}", {"op": "Replace", "path": "active", "value": value})
        assert contoso.members(group) == {person}


def test_soft_deleted_user_is_still_found(contoso: Directory) -> None:
    """A1, row 3b: Entra asks for them by id and by filter."""
    shown = patched(contoso, {"op": "Replace", "path": "active", "value": False})
    assert contoso.found("Users", f'userName eq "{shown["userName"]}"') == [shown]


def test_order_of_a_removal_user_first(contoso: Directory) -> None:
    """A1: the user goes first, and then the membership of someone who is gone."""
    person, group = contoso.user("ann")["id"], contoso.group()["id"]
    contoso.patch(f"Groups/{group}", {"op": "Add", "path": "members", "value": member(person)})
    assert contoso.delete(f"Users/{person}").status_code == 204
    remove = {"op": "Remove", "path": "members", "value": member(person)}
    assert contoso.patch(f"Groups/{group}", remove).status_code == 204


def test_60_and_61_pages(contoso: Directory) -> None:
    for number in range(6):
        contoso.user(f"p{number}")
        contoso.group(f"Group {number}")
    for kind in ("Users", "Groups"):
        response = contoso.get(kind, query_string={"startIndex": 6, "count": 5})
        assert response.json
        assert {name: response.json[name] for name in ("totalResults", "startIndex", "itemsPerPage")} == {
            "totalResults": 6,
            "startIndex": 6,
            "itemsPerPage": 1,
        }


def test_62_deleted_twice(contoso: Directory) -> None:
    shown = contoso.user("ann")
    codes = [contoso.delete(f"Users/{shown['id']}").status_code for _ in range(2)]
    assert codes == [204, 404]
    assert contoso.get(f"Users/{shown['id']}").status_code == 404
    assert contoso.found("Users", f'userName eq "{shown["userName"]}"') == []
