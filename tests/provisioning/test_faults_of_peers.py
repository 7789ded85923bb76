"""What users of other SCIM servers complained about, by repository and issue; those that no other test covers."""

from tests.accounts import account, company_of, person
from tests.accounts import sign_in as password_sign_in
from tests.cast import Cast
from tests.provisioning.directory import Directory, member


def test_keycloak_scim_server_46_a_filter_that_matches_nothing_returns_no_groups(contoso: Directory) -> None:
    contoso.group("Engineers")
    assert contoso.found("Groups", 'displayName eq "Sales"') == []


def test_keycloak_scim_server_67_a_user_name_is_compared_as_a_whole(contoso: Directory) -> None:
    contoso.user("name_1", userName="name_1")
    assert contoso.found("Users", 'userName eq "name"') == []
    contoso.user("name", userName="name")
    assert len(contoso.found("Users", 'userName eq "name"')) == 1


def test_fusionauth_issues_2784_a_change_of_a_group_with_over_100_members_loses_none(contoso: Directory) -> None:
    people = [contoso.user(f"p{number}")["id"] for number in range(110)]
    group = contoso.group(members=[{"value": one} for one in people])["id"]
    contoso.patch(f"Groups/{group}", {"op": "replace", "path": "displayName", "value": "Renamed"})
    contoso.patch(f"Groups/{group}", {"op": "Remove", "path": "members", "value": member(people[0])})
    assert contoso.members(group) == {*people[1:]}


def test_ciso_assistant_4658_an_account_with_the_address_is_neither_adopted_nor_changed(
    cast: Cast, contoso: Directory
) -> None:
    account(cast.app, company_of(cast.app), "ann@contoso.example", "Ann with a password")
    shown = contoso.user("ann")
    contoso.patch(f"Users/{shown['id']}", {"op": "Replace", "path": "userName", "value": "eve@contoso.example"})
    contoso.patch(f"Users/{shown['id']}", {"op": "Replace", "path": "active", "value": False})
    kept = person(cast.app, "ann@contoso.example")
    assert (kept.name, kept.email, kept.is_active) == ("Ann with a password", "ann@contoso.example", True)
    assert password_sign_in(cast.browser(), "ann@contoso.example") == 303


def test_langfuse_13528_the_same_name_in_other_letters_is_a_conflict(contoso: Directory) -> None:
    contoso.user("ann", userName="ÄNN@x.example")
    other = {"schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"], "userName": "änn@X.example"}
    assert contoso.post("Users", other).status_code == 409


def test_polis_4067_two_users_may_have_one_address(contoso: Directory) -> None:
    address = [{"type": "work", "value": "team@contoso.example"}]
    assert contoso.user("ann", emails=address)["id"] != contoso.user("bob", emails=address)["id"]


def test_authentik_25837_a_filter_by_external_id_is_answered_in_json(contoso: Directory) -> None:
    response = contoso.get("Users", query_string={"filter": 'externalId eq "%00\\u0000"'})
    assert response.mimetype == "application/scim+json"
    assert response.status_code in (200, 400)
