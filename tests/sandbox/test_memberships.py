"""Groups and app roles: what tokens say of them, what Graph answers, and the page that changes them."""

from typing import Any

import pytest

from .driver import ADAEZE, BJORN, CLIENT, TENANT, Driver

ENGINEERING = "c1000002-0000-4000-8000-000000000002"
ALL_STAFF = "c1000001-0000-4000-8000-000000000001"
OUTER = "c1000009-0000-4000-8000-000000000009"
GROUPS = f"/sandbox/api/tenants/{TENANT}/groups"


def claims(sandbox: Driver, person: str = BJORN) -> dict[str, Any]:
    return sandbox.claims(sandbox.tokens(person)["id_token"])


def member_objects(sandbox: Driver, person: str = BJORN, **body: Any) -> Any:
    bearer = {"Authorization": f"Bearer {sandbox.tokens(person)['access_token']}"}
    return sandbox.client.post("/v1.0/me/getMemberObjects", json=body, headers=bearer)


def put_group(sandbox: Driver, identity: str, **values: Any) -> None:
    assert sandbox.client.put(f"{GROUPS}/{identity}", json=values).status_code == 200


def test_token_has_no_groups_unless_the_registration_asks_for_them(sandbox: Driver) -> None:
    sandbox.configure(group_membership_claims="None")
    assert "groups" not in claims(sandbox)
    sandbox.configure(group_membership_claims="SecurityGroup")
    assert claims(sandbox)["groups"] == [ALL_STAFF]


def test_groups_that_contain_others_are_in_tokens_but_give_no_app_role(sandbox: Driver) -> None:
    put_group(sandbox, OUTER, name="Outer", groups=[ALL_STAFF])
    sandbox.configure(app_roles=[{"value": "Outer", "members": [OUTER]}, {"value": "Staff", "members": [ALL_STAFF]}])
    assert claims(sandbox)["groups"] == [ALL_STAFF, OUTER]
    assert claims(sandbox)["roles"] == ["Staff"]


def test_application_groups_are_the_assigned_ones_that_list_the_person(sandbox: Driver) -> None:
    put_group(sandbox, OUTER, name="Outer", groups=[ALL_STAFF])
    sandbox.configure(group_membership_claims="ApplicationGroup", assigned=[ALL_STAFF, OUTER], app_roles=[])
    assert claims(sandbox)["groups"] == [ALL_STAFF]


def test_emitted_as_roles_groups_replace_app_roles(sandbox: Driver) -> None:
    sandbox.configure(app_roles=[{"value": "Admin", "members": [BJORN]}], emit_as_roles=True)
    assert claims(sandbox)["roles"] == [ALL_STAFF]
    assert "groups" not in claims(sandbox)


@pytest.mark.parametrize(("more", "is_overage"), [(199, False), (200, True)], ids=["200 groups", "201 groups"])
def test_more_than_200_groups_are_replaced_by_a_pointer(sandbox: Driver, more: int, is_overage: bool) -> None:
    for number in range(more):
        put_group(sandbox, f"ffffffff-0000-4000-8000-{number:012d}", name=f"Group {number}", members=[BJORN])
    found = claims(sandbox)
    assert ("groups" in found) is not is_overage
    assert ("_claim_names" in found) is is_overage
    answer = member_objects(sandbox, securityEnabledOnly=True)
    assert len(answer.get_json()["value"]) == more + 1


def test_member_objects_need_their_parameter(sandbox: Driver) -> None:
    assert member_objects(sandbox).status_code == 400


def test_assignment_may_be_a_groups(sandbox: Driver) -> None:
    sandbox.configure(assignment_required=True, assigned=[ENGINEERING])
    assert sandbox.pick(BJORN).status_code == 400
    put_group(sandbox, ENGINEERING, members=[BJORN])
    assert sandbox.pick(BJORN).status_code == 302


def test_page_changes_memberships_by_click(sandbox: Driver) -> None:
    page, person = "/sandbox/people", f"/sandbox/people/{TENANT}/{BJORN}"
    assert f'value="group {ENGINEERING}" aria-pressed="false"' in sandbox.client.get(page).text
    assert sandbox.client.post(person, data={"do": f"group {ENGINEERING}"}).status_code == 303
    assert ENGINEERING in claims(sandbox)["groups"]
    sandbox.client.post(person, data={"do": f"group {ENGINEERING}"})
    assert ENGINEERING not in claims(sandbox)["groups"]
    sandbox.client.post(person, data={"do": f"role {CLIENT} Demo.Reader"})
    assert "roles" not in claims(sandbox)


def test_page_disables_revokes_and_deletes(sandbox: Driver) -> None:
    person, token = f"/sandbox/people/{TENANT}/{BJORN}", sandbox.tokens(BJORN)["refresh_token"]

    def refreshed() -> Any:
        return sandbox.token(grant_type="refresh_token", refresh_token=token).get_json().get("error_codes")

    assert refreshed() is None
    sandbox.client.post(person, data={"do": "disable"})
    assert refreshed() == [50057]
    sandbox.client.post(person, data={"do": "disable"})
    assert refreshed() is None
    sandbox.client.post(person, data={"do": "revoke"})
    assert refreshed() == [50173]
    sandbox.client.post(person, data={"do": "delete"})
    assert sandbox.client.post(person, data={"do": "disable"}).status_code == 404
    assert ALL_STAFF in claims(sandbox, ADAEZE)["groups"]


@pytest.mark.parametrize("do", ["group unknown", "role unknown x", "nothing", ""], ids=lambda do: do or "empty")
def test_page_knows_only_its_buttons(sandbox: Driver, do: str) -> None:
    assert sandbox.client.post(f"/sandbox/people/{TENANT}/{BJORN}", data={"do": do}).status_code == 404
