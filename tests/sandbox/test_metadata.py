from typing import Any

import jwt
import pytest

from sandbox import create_sandbox
from tests.assertions import json_of

from .driver import TENANT, Driver, code_of


def discovery(sandbox: Driver, tenant: str) -> dict[str, Any]:
    document: dict[str, Any] = json_of(sandbox.client.get(f"/{tenant}/v2.0/.well-known/openid-configuration"))
    return document


@pytest.mark.parametrize("tenant", [TENANT, TENANT.upper(), "contoso.example", "contoso.onmicrosoft.example"])
def test_tenant_is_found_by_id_or_domain_and_named_by_id(sandbox: Driver, tenant: str) -> None:
    assert discovery(sandbox, tenant)["issuer"] == f"https://localhost:8001/{TENANT}/v2.0"


def test_browsers_use_http_and_servers_https_without_a_certificate(sandbox: Driver) -> None:
    document = discovery(sandbox, TENANT)
    for name in ("authorization_endpoint", "end_session_endpoint"):
        assert document[name].startswith(f"http://localhost:8001/{TENANT}/")
    for name in ("token_endpoint", "jwks_uri", "issuer"):
        assert document[name].startswith(f"https://localhost:8001/{TENANT}/")


def test_everything_is_https_with_a_certificate() -> None:
    client = create_sandbox("https://localhost:9443").test_client()
    document = client.get(f"/{TENANT}/v2.0/.well-known/openid-configuration").get_json()
    assert document["authorization_endpoint"].startswith("https://localhost:9443/")


@pytest.mark.parametrize("tenant", ["common", "organizations"])
def test_common_has_a_literal_tenantid_in_its_issuer(sandbox: Driver, tenant: str) -> None:
    assert discovery(sandbox, tenant)["issuer"] == "https://localhost:8001/{tenantid}/v2.0"


@pytest.mark.parametrize("path", ["v2.0/.well-known/openid-configuration", "discovery/v2.0/keys"])
def test_unknown_tenant_returns_90002(sandbox: Driver, path: str) -> None:
    response = sandbox.client.get(f"/unknown.example/{path}")
    assert response.status_code == 400
    assert code_of(response) == 90002
    assert "'unknown.example'" in response.get_json()["error_description"]


def test_keys_have_the_fields_that_entra_publishes(sandbox: Driver) -> None:
    (key,) = sandbox.client.get(f"/{TENANT}/discovery/v2.0/keys").get_json()["keys"]
    assert {"kty", "use", "kid", "x5t", "x5c", "n", "e", "issuer"} == set(key)


def test_each_tenant_has_its_own_keys(sandbox: Driver) -> None:
    mine = {key.key_id for key in sandbox.jwks().keys}
    sandbox.tenant = "fabrikam.example"
    assert not mine & {key.key_id for key in sandbox.jwks().keys}


def test_rotation_can_keep_the_old_key_published(sandbox: Driver) -> None:
    old = sandbox.tokens()["id_token"]
    sandbox.client.post(f"/sandbox/api/tenants/{TENANT}/keys/rotate", json={"keep_old": True})
    new = sandbox.tokens()["id_token"]
    assert jwt.get_unverified_header(old)["kid"] != jwt.get_unverified_header(new)["kid"]
    assert sandbox.claims(old)
    assert sandbox.claims(new)


def test_rotation_without_the_old_key_invalidates_old_tokens(sandbox: Driver) -> None:
    old = sandbox.tokens()["id_token"]
    sandbox.client.post(f"/sandbox/api/tenants/{TENANT}/keys/rotate", json={"keep_old": False})
    assert jwt.get_unverified_header(old)["kid"] not in {key.key_id for key in sandbox.jwks().keys}


def test_error_uri_explains_its_code(sandbox: Driver) -> None:
    uri = sandbox.token(code="made-up").get_json()["error_uri"]
    page = sandbox.client.get(uri.removeprefix("https://localhost:8001"))
    assert "malformed" in page.text
    assert sandbox.client.get("/error?code=1").status_code == 404
