import base64
import json
import time

import jwt
import pytest
import time_machine

from .driver import (
    ADAEZE,
    BJORN,
    FABRIKAM,
    GUEST,
    NO_MAIL,
    SECRET,
    SPA,
    TENANT,
    VERIFIER,
    WEB,
    Driver,
    code_of,
)

PAGE = "https://app.example.com"


def test_code_is_exchanged_for_tokens(sandbox: Driver) -> None:
    tokens = sandbox.tokens()
    assert tokens["token_type"] == "Bearer"
    assert tokens["scope"] == "openid profile email User.Read"
    assert 3600 <= tokens["expires_in"] <= 5400
    assert {"access_token", "id_token", "refresh_token", "ext_expires_in"} <= set(tokens)


def test_id_token_identifies_the_person(sandbox: Driver) -> None:
    claims = sandbox.claims(sandbox.tokens()["id_token"])
    expected = {
        "ver": "2.0",
        "iss": f"https://localhost:8001/{TENANT}/v2.0",
        "oid": ADAEZE,
        "tid": TENANT,
        "nonce": "n0nce",
        "name": "Adaeze Okonkwo",
        "preferred_username": "adaeze.okonkwo@contoso.example",
        "email": "adaeze.okonkwo@contoso.example",
        "acct": 0,
    }
    assert {name: claims[name] for name in expected} == expected
    assert {"sub", "exp", "iat", "nbf", "uti", "rh", "aio", "sid", "login_hint"} <= set(claims)


def test_oid_and_name_require_profile_scope_and_email_its_own(sandbox: Driver) -> None:
    claims = sandbox.claims(sandbox.tokens(scope="openid")["id_token"])
    assert not {"oid", "name", "preferred_username", "email"} & set(claims)


def test_person_without_mail_has_no_email_claim(sandbox: Driver) -> None:
    assert "email" not in sandbox.claims(sandbox.tokens(NO_MAIL)["id_token"])


def test_guest_is_marked(sandbox: Driver) -> None:
    claims = sandbox.claims(sandbox.tokens(GUEST)["id_token"])
    assert claims["acct"] == 1
    assert "#EXT#" in claims["preferred_username"]


def test_assigned_roles_are_included(sandbox: Driver) -> None:
    sandbox.configure(app_roles=[{"value": "Admin", "members": [BJORN]}])
    assert sandbox.claims(sandbox.tokens(BJORN)["id_token"])["roles"] == ["Admin"]
    assert "roles" not in sandbox.claims(sandbox.tokens(ADAEZE)["id_token"])


def test_sub_differs_between_applications_and_is_stable(sandbox: Driver) -> None:
    first = sandbox.claims(sandbox.tokens()["id_token"])["sub"]
    assert sandbox.claims(sandbox.tokens()["id_token"])["sub"] == first
    sandbox.application = "77777777-7777-4777-8777-777777777777"
    secrets = [{"id": "00000000-0000-4000-8000-000000000000", "value": SECRET}]
    sandbox.configure(name="Other", redirect_uris={"web": [WEB]}, secrets=secrets)
    assert sandbox.claims(sandbox.tokens()["id_token"])["sub"] != first


def test_only_an_access_token_is_issued_without_openid_and_offline_access(sandbox: Driver) -> None:
    tokens = sandbox.tokens(scope="User.Read")
    assert not {"id_token", "refresh_token"} & set(tokens)


def test_client_info_is_returned_for_msal(sandbox: Driver) -> None:
    info = sandbox.token(code=sandbox.code(), client_info="1").get_json()["client_info"]
    assert json.loads(base64.urlsafe_b64decode(info + "==")) == {"uid": ADAEZE, "utid": TENANT}


def test_code_works_once(sandbox: Driver) -> None:
    code = sandbox.code()
    assert sandbox.token(code=code).status_code == 200
    assert code_of(sandbox.token(code=code)) == 54005


def test_wrong_secret_does_not_use_up_the_code(sandbox: Driver) -> None:
    code = sandbox.code()
    assert code_of(sandbox.token(code=code, client_secret="no")) == 7000215
    assert sandbox.token(code=code).status_code == 200


def test_code_expires_after_ten_minutes(sandbox: Driver) -> None:
    with time_machine.travel(time.time(), tick=False) as clock:
        code = sandbox.code()
        clock.shift(601)
        assert code_of(sandbox.token(code=code)) == 70008


@pytest.mark.parametrize(
    ("form", "code", "error"),
    [
        ({"code_verifier": "x" * 43}, 501481, "invalid_grant"),
        ({"code_verifier": None}, 50148, "invalid_grant"),
        ({"redirect_uri": WEB + "?"}, 500112, "invalid_client"),
        ({"tenant": FABRIKAM, "client_id": "44444444-4444-4444-8444-444444444444"}, 7000215, "invalid_client"),
        ({"client_id": None}, 900144, "invalid_request"),
        ({"client_id": "99999999-9999-4999-8999-999999999999"}, 700016, "unauthorized_client"),
        ({"tenant": "unknown.example"}, 90002, "invalid_request"),
        ({"code": "made-up"}, 9002313, "invalid_grant"),
        ({"code": None}, 900144, "invalid_request"),
        ({"grant_type": "password"}, 70003, "unsupported_grant_type"),
    ],
)
def test_code_is_bound_to_its_request(sandbox: Driver, form: dict, code: int, error: str) -> None:
    response = sandbox.token(**({"code": sandbox.code()} | form))
    assert code_of(response) == code
    assert response.get_json()["error"] == error
    assert response.status_code == (401 if error == "invalid_client" else 400)


def test_code_of_another_tenant_is_rejected(sandbox: Driver) -> None:
    code = sandbox.code()
    sandbox.tenant = FABRIKAM
    sandbox.configure(name="Same id", secrets=[{"id": "00000000-0000-4000-8000-000000000000", "value": SECRET}])
    assert code_of(sandbox.token(code=code)) == 700005


def test_plain_code_challenge_works_too(sandbox: Driver) -> None:
    assert sandbox.tokens(code_challenge=VERIFIER, code_challenge_method=None)


def test_spa_redeems_its_code_from_its_origin_without_a_secret(sandbox: Driver) -> None:
    code = sandbox.code(redirect_uri=SPA)
    response = sandbox.token(origin=PAGE, code=code, redirect_uri=SPA, client_secret=None)
    assert response.status_code == 200
    assert response.headers["Access-Control-Allow-Origin"] == PAGE


@pytest.mark.parametrize(
    ("platform", "origin", "begin", "form", "code"),
    [
        (SPA, None, {}, {"client_secret": None}, 9002327),
        (WEB, PAGE, {}, {}, 9002326),
        (SPA, PAGE, {"code_challenge": None}, {"client_secret": None, "code_verifier": None}, 9002325),
        (SPA, PAGE, {}, {}, 700025),
    ],
)
def test_platform_rules_are_enforced(
    sandbox: Driver, platform: str, origin: str | None, begin: dict, form: dict, code: int
) -> None:
    given = sandbox.code(redirect_uri=platform, **begin)
    assert code_of(sandbox.token(origin=origin, code=given, redirect_uri=platform, **form)) == code


def test_only_registered_origins_may_read_responses(sandbox: Driver) -> None:
    path = f"/{TENANT}/oauth2/v2.0/token"
    allowed = sandbox.client.options(path, headers={"Origin": PAGE, "Access-Control-Request-Headers": "x-client-sku"})
    assert allowed.headers["Access-Control-Allow-Origin"] == PAGE
    assert allowed.headers["Access-Control-Allow-Headers"] == "x-client-sku"
    refused = sandbox.client.options(path, headers={"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in refused.headers
    assert "Access-Control-Allow-Origin" not in sandbox.token(origin="https://evil.example", code="x").headers


def test_refresh_token_returns_new_tokens_and_a_new_refresh_token(sandbox: Driver) -> None:
    old = sandbox.tokens()["refresh_token"]
    tokens = sandbox.token(grant_type="refresh_token", refresh_token=old).get_json()
    assert tokens["refresh_token"] != old
    assert sandbox.claims(tokens["id_token"])["oid"] == ADAEZE
    assert "nonce" not in sandbox.claims(tokens["id_token"])


def test_revoked_or_unknown_refresh_token_is_rejected(sandbox: Driver) -> None:
    old = sandbox.tokens()["refresh_token"]
    assert code_of(sandbox.token(grant_type="refresh_token", refresh_token="made-up")) == 9002313
    sandbox.client.post(f"/sandbox/api/tenants/{TENANT}/people/{ADAEZE}/revoke")
    assert code_of(sandbox.token(grant_type="refresh_token", refresh_token=old)) == 50173


def test_refresh_tokens_expire_after_ninety_days_or_one_day_for_spas(sandbox: Driver) -> None:
    spa = {"grant_type": "refresh_token", "client_secret": None}
    with time_machine.travel(time.time(), tick=False) as clock:
        long = sandbox.tokens()["refresh_token"]
        code = sandbox.code(redirect_uri=SPA)
        short = sandbox.token(origin=PAGE, code=code, redirect_uri=SPA, client_secret=None).get_json()["refresh_token"]
        clock.shift(23 * 3600)
        renewed = sandbox.token(origin=PAGE, refresh_token=short, **spa).get_json()["refresh_token"]
        clock.shift(2 * 3600)
        assert code_of(sandbox.token(origin=PAGE, refresh_token=renewed, **spa)) == 700084
        assert sandbox.token(grant_type="refresh_token", refresh_token=long).status_code == 200
        clock.shift(90 * 24 * 3600)
        assert code_of(sandbox.token(grant_type="refresh_token", refresh_token=long)) == 700082


def test_person_disabled_in_between_gets_no_tokens(sandbox: Driver) -> None:
    code = sandbox.code(BJORN)
    sandbox.client.put(f"/sandbox/api/tenants/{TENANT}/people/{BJORN}", json={"disabled": True})
    assert code_of(sandbox.token(code=code)) == 50057


def test_application_gets_its_own_token(sandbox: Driver) -> None:
    scope = "https://graph.microsoft.com/.default"
    tokens = sandbox.token(grant_type="client_credentials", scope=scope).get_json()
    assert "refresh_token" not in tokens
    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert claims["idtyp"] == "app"
    assert code_of(sandbox.token(grant_type="client_credentials", scope="User.Read")) == 1002012
    other = "https://org.crm.dynamics.com/.default"
    assert code_of(sandbox.token(grant_type="client_credentials", scope=other)) == 500011


def test_errors_contain_the_callers_correlation_id(sandbox: Driver) -> None:
    sent = "0f0e0d0c-0b0a-4908-8706-050403020100"
    response = sandbox.client.post(f"/{TENANT}/oauth2/v2.0/token", headers={"client-request-id": sent})
    assert response.get_json()["correlation_id"] == sent
