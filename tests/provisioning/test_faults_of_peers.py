"""What users of other SCIM servers complained about, by repository and issue; and whether each complaint has a test."""

import re
from importlib import import_module

from app.people.models import Role
from tests.accounts import account, company_of, person
from tests.accounts import sign_in as password_sign_in
from tests.cast import ALICE, BOB, Cast
from tests.provisioning.directory import Directory, member, person_of
from tests.provisioning.test_refusals import refused

PROVISIONING, LOGIN = "tests.provisioning.test_", "tests.login.test_"
OVERAGE = f"{PROVISIONING}roles_at_sign_in.test_overage_is_resolved_by_graph"
FAULTS = {
    "authentik 9682": f"{PROVISIONING}quirks_of_cycles.test_53_and_55_guide_says_what_we_could_not_notice",
    "authentik 11249": f"{PROVISIONING}groups.test_group_is_renamed",
    "authentik 20764": f"{PROVISIONING}users.test_change_is_kept",
    "authentik 24173": f"{PROVISIONING}groups.test_filter_in_path_removes_one_member",
    "authentik 25081": "",
    "authentik 25686": f"{PROVISIONING}groups.test_filter_in_path_removes_one_member",
    "authentik 25837": "",
    "authentik 25987": f"{PROVISIONING}quirks.test_27_filters_in_each_encoding",
    "sentry 60810": f"{PROVISIONING}leavers.test_refreshed_token_gives_roles_without_a_sign_in",
    "sentry 79354": f"{PROVISIONING}quirks.test_02_booleans_as_texts",
    "sentry 84941": f"{PROVISIONING}quirks.test_01_operations_in_any_case",
    "sentry 85832": f"{PROVISIONING}admin_pages.test_page_lists_possible_duplicates_and_users_without_an_object_id",
    "sentry 117860": f"{PROVISIONING}quirks.test_41_conflict",
    "sentry 118333": f"{PROVISIONING}roles_at_sign_in.test_group_gives_its_role_until_the_person_leaves_it",
    "better-auth 9579": f"{PROVISIONING}refusals.test_another_connections_resources_of_the_same_company_are_not_found",
    "better-auth 9749": f"{LOGIN}domains.test_domain_is_proven_by_its_record",
    "better-auth 10227": f"{LOGIN}domain_ownership.test_subdomains_need_their_own_proof_or_the_wildcard",
    "better-auth 10419": f"{PROVISIONING}quirks.test_28_matching_by_external_id_and_email",
    "keycloak-scim-server 46": "",
    "keycloak-scim-server 56": f"{PROVISIONING}quirks.test_02_booleans_as_texts",
    "keycloak-scim-server 67": "",
    "keycloak 45287": "",
    "keycloak 46216": f"{PROVISIONING}conformance.test_scim2_tester_finds_no_fault",
    "scim-for-keycloak 134": f"{PROVISIONING}size.test_members_of_a_large_group_are_changed_in_batches",
    "fusionauth-issues 2784": "",
    "fusionauth-issues 3311": f"{PROVISIONING}quirks.test_02_booleans_as_texts",
    "product-is 6918": f"{PROVISIONING}groups.test_a_change_of_a_large_group_reads_none_of_its_other_members",
    "polis 4067": "",
    "polis 4080": f"{PROVISIONING}groups.test_a_change_of_a_large_group_reads_none_of_its_other_members",
    "langfuse 13528": "",
    "langwatch 6973": f"{PROVISIONING}quirks.test_27_filters_in_each_encoding",
    "octopus 8388": OVERAGE,
    "octopus 9841": f"{PROVISIONING}quirks.test_28_matching_by_external_id_and_email",
    "agent-bom 3533": f"{PROVISIONING}quirks.test_21_22_and_23_members_in_both_dialects",
    "agent-bom 3535": f"{PROVISIONING}groups.test_value_list_removes_these_members_and_no_others",
    "agent-bom 3687": f"{PROVISIONING}leaving.test_deactivated_person_is_signed_out_everywhere",
    "litellm 26861": f"{PROVISIONING}leaving.test_admin_and_directory_both_have_to_agree",
    "suna 7297": f"{PROVISIONING}quirks.test_35_and_36_headers",
    "suna 7298": f"{PROVISIONING}leaving.test_person_whose_user_is_deleted_does_not_return_by_a_sign_in",
    "openwork 4803": f"{PROVISIONING}leaving.test_person_whose_user_is_deleted_does_not_return_by_a_sign_in",
    "ciso-assistant 4658": "",
    "eneo 443": f"{PROVISIONING}duplicates.test_address_that_an_account_has_is_not_taken_by_a_change",
    "budibase 17175": f"{PROVISIONING}quirks.test_order_of_a_removal_user_first",
    "defguard 2833": "",
    "sim 7567": f"{PROVISIONING}leaving.test_last_owner_is_deactivated_like_anyone_and_the_admins_get_an_email",
    "bitwarden-server 4051": f"{LOGIN}domain_ownership.test_record_is_checked_once_a_day",
    "bitwarden-server 6734": f"{LOGIN}domain_effects.test_list_of_another_companys_tenant_verifies_nothing",
    "bitwarden-server 7309": "",
    "grafana 21366": OVERAGE,
    "grafana 22741": f"{PROVISIONING}roles_at_sign_in.test_app_role_gives_its_role_until_it_is_unassigned",
    "grafana 22861": f"{PROVISIONING}roles_at_sign_in.test_app_role_gives_its_role_until_it_is_unassigned",
    "grafana 26895": f"{PROVISIONING}mapping_pages.test_directorys_admin_cannot_be_made_a_member_by_hand",
    "grafana 36215": OVERAGE,
    "grafana 38851": f"{PROVISIONING}mapping_pages.test_directorys_admin_cannot_be_made_a_member_by_hand",
    "grafana 94411": f"{PROVISIONING}roles_at_sign_in.test_group_in_a_group_counts_for_group_mappings_only",
    "grafana 96855": f"{PROVISIONING}mapping_pages.test_tokens_carry_declared_roles_and_never_groups",
    "context-forge 2201": OVERAGE,
    "fastapi-azure-auth 266": OVERAGE,
    "teleport 21795": OVERAGE,
    "umbraco-sso 26": OVERAGE,
    "zitadel 10662": f"{LOGIN}find_company.test_proven_domain_leads_to_its_company",
    "screentinker 257": f"{LOGIN}domain_effects.test_address_from_microsoft_is_verified_if_its_tenant_lists_the_domain",
    "open-mercato 3905": f"{LOGIN}domain_effects.test_address_is_not_verified",
    "adcp 5024": f"{LOGIN}domains.test_page_says_what_dns_says",
}
"""The test that would fail with each fault; empty: the one of this file that has its name."""


def test_each_fault_has_a_test() -> None:
    own = {name for name in globals() if name.startswith("test_") and re.search(r"\d", name)}
    named = {fault: f"test_{re.sub(r'[- ]', '_', fault)}_" for fault, test in FAULTS.items() if not test}
    assert {fault for fault, start in named.items() if not any(name.startswith(start) for name in own)} == set()
    assert {name for name in own if not name.startswith(tuple(named.values()))} == set()
    for path in filter(None, FAULTS.values()):
        module, _, function = path.rpartition(".")
        assert callable(getattr(import_module(module), function, None)), path


def test_authentik_25081_a_replaced_user_who_is_inactive_is_signed_out(cast: Cast, contoso: Directory) -> None:
    browser = cast.bob()
    shown = contoso.user("bob", externalId=BOB.oid)
    assert browser.get("/account").status_code == 200
    assert contoso.put(f"Users/{shown['id']}", {**shown, "active": False}).status_code == 200
    assert browser.get("/account").status_code == 302


def test_keycloak_45287_a_replaced_group_has_the_members_that_were_sent(contoso: Directory) -> None:
    people = [contoso.user(name)["id"] for name in ("ann", "bob", "cem")]
    group = contoso.group(members=[{"value": one} for one in people[:2]])
    sent = {"displayName": "Engineers", "members": [{"value": one} for one in people[1:]]}
    response = contoso.put(f"Groups/{group['id']}", sent)
    assert response.json
    assert {one["value"] for one in response.json["members"]} == contoso.members(group["id"]) == {*people[1:]}


def test_defguard_2833_connecting_a_directory_takes_no_role(cast: Cast, contoso: Directory) -> None:
    """Its first cycle sends people, then groups without members, then members."""
    cast.alice()
    shown = contoso.user("alice", externalId=ALICE.oid)
    group = contoso.group("Admins")
    contoso.patch(f"Groups/{group['id']}", {"op": "Replace", "path": "members", "value": []})
    assert person_of(cast.app, shown).role == Role.OWNER


def test_bitwarden_server_7309_a_refused_connection_test_says_what_to_do(contoso: Directory) -> None:
    error = refused(Directory(contoso.app, "wrong", contoso.tenant).get("Users"), 401)
    assert "token" in error["detail"]
    assert "Create one on the connection’s page" in error["detail"]


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
