"""Microsoft's and Okta's own checks of an endpoint, and Okta's ways."""

import json
from uuid import uuid4

from tests.cast import Cast
from tests.provisioning.directory import ENTERPRISE, GROUP, PATCH, USER, Directory, person_of
from tests.provisioning.test_quirks import WORK, patched


def test_connection_test_of_microsoft(contoso: Directory) -> None:
    """A1, rows 0 to 1b: schemas, and a search for a user and a group that can't exist."""
    schemas = contoso.get("Schemas").json
    assert schemas
    assert {one["id"] for one in schemas["Resources"]} == {USER, GROUP, ENTERPRISE}
    assert ": null" not in json.dumps(schemas)
    for attribute in ("userName", "externalId", WORK):
        assert contoso.found("Users", f'{attribute} eq "{uuid4()}"') == []
    assert contoso.found("Groups", f'displayName eq "{uuid4()}"', excludedAttributes="members") == []


def test_postman_collection_with_keys_in_capitals(contoso: Directory) -> None:
    sent = {"schemas": [USER], "UserName": "Ann@x.example", "Active": True, "DisplayName": "Ann", "externalId": "a"}
    response = contoso.post("Users", {**sent, "Emails": [{"Primary": True, "type": "work", "value": "a@b.example"}]})
    assert response.status_code == 201, response.text
    assert response.json
    operation = {"op": "Add", "name": "ignored", "path": "userName", "value": "new@x.example"}
    body = {"schemas": [PATCH], "Operations": [operation]}
    assert contoso.request("PATCH", f"Users/{response.json['id']}", body).status_code == 200


def test_okta_connection_test(contoso: Directory) -> None:
    assert contoso.get("Users?startIndex=1&count=2").status_code == 200
    assert contoso.get("Groups?count=100&startIndex=1").status_code == 200


def test_okta_deactivation_without_a_path(cast: Cast, contoso: Directory) -> None:
    shown = patched(contoso, {"op": "replace", "value": {"active": False}})
    assert not person_of(cast.app, shown).is_active


def test_okta_put_of_the_whole_user_keeps_who_is_active(cast: Cast, contoso: Directory) -> None:
    shown = contoso.user("ann")
    contoso.patch(f"Users/{shown['id']}", {"op": "replace", "value": {"active": False}})
    sent = {name: value for name, value in shown.items() if name != "active"}
    response = contoso.put(f"Users/{shown['id']}", sent)
    assert response.json
    assert response.json["active"] is False
    assert not person_of(cast.app, shown).is_active


def test_okta_group_push(contoso: Directory) -> None:
    people = [contoso.user(f"p{number}")["id"] for number in range(3)]
    group = contoso.group()["id"]
    contoso.patch(f"Groups/{group}", {"op": "add", "path": "members", "value": [{"value": one} for one in people]})
    contoso.patch(f"Groups/{group}", {"op": "replace", "value": {"id": group, "displayName": "Renamed"}})
    assert contoso.members(group) == {*people}
    contoso.patch(f"Groups/{group}", {"op": "replace", "path": "members", "value": []})
    assert contoso.members(group) == set()
