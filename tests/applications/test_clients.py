"""Client authentication, pushed authorization requests and introspection."""

import base64
import time
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import jwt
import pytest
import time_machine
from cryptography.hazmat.primitives.asymmetric import ec

from app.applications import actions, queries
from app.applications.models import Authentication
from app.core import strict_json
from app.core.unit_of_work import unit_of_work
from app.http.rate_limits import FAILED_CLIENT_LIMIT
from tests.applications.client import PAGE_ORIGIN, REDIRECT_URI, Client, register, returned
from tests.applications.people import Session
from tests.cast import Cast

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC_KEYS = {"keys": [strict_json.read_object(jwt.algorithms.ECAlgorithm.to_jwk(KEY.public_key()))]}
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


@pytest.fixture
def keyed(cast: Cast) -> Client:
    """An application with a key instead of a secret."""
    return register(cast.app, "Keyed", authentication=Authentication.PRIVATE_KEY_JWT, jwks=PUBLIC_KEYS)


def assertion(client: Client, key: ec.EllipticCurvePrivateKey = KEY, **changes: Any) -> dict[str, str]:
    usual = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": f"{client.app.config['BASE_URL']}/oauth/token",
        "jti": str(time.monotonic_ns()),
        "exp": int(time.time()) + 60,
    }
    claims = {name: value for name, value in (usual | changes).items() if value is not None}
    return {"client_assertion_type": ASSERTION_TYPE, "client_assertion": jwt.encode(claims, key, "ES256")}


def test_client_assertion_redeems_a_code(owner: Session, keyed: Client) -> None:
    assert keyed.redeem(keyed.code(owner.browser), **assertion(keyed)).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "someone"},
        {"aud": "https://elsewhere.example"},
        {"aud": ["http://localhost:5000/oauth/token"]},
        {"exp": int(time.time()) + 10 * 365 * 24 * 3600},
        {"exp": 1},
        {"jti": None},
        {"exp": None},
    ],
)
def test_invalid_client_assertion_is_rejected(owner: Session, keyed: Client, changes: dict[str, Any]) -> None:
    code = keyed.code(owner.browser)
    response = keyed.redeem(code, **assertion(keyed, **changes))
    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_client")
    assert keyed.redeem(code, **assertion(keyed, key=OTHER_KEY)).status_code == 401
    assert keyed.redeem(code, **assertion(keyed)).status_code == 200


@pytest.mark.parametrize("odd", ["\ud800", "a\x00b"], ids=["surrogate", "NUL"])
def test_text_that_a_database_refuses_is_no_error_of_ours(keyed: Client, odd: str) -> None:
    assert keyed.post("/oauth/revoke", token="any", **assertion(keyed, jti=odd)).status_code == 200
    response = keyed.machine().post("/oauth/token", data={"grant_type": "refresh_token", **assertion(keyed, sub=odd)})
    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_client")
    basic = base64.b64encode(f"{quote(odd, errors='surrogatepass')}:x".encode()).decode()
    headers = {"Authorization": f"Basic {basic}"}
    response = keyed.machine().post("/oauth/token", data={"grant_type": "refresh_token"}, headers=headers)
    assert (response.status_code, response.get_json()["error"]) == (401, "invalid_client")


def test_client_assertion_is_used_once_across_all_endpoints(owner: Session, keyed: Client) -> None:
    used = assertion(keyed)
    assert keyed.post("/oauth/revoke", token="any", **used).status_code == 200
    assert keyed.redeem(keyed.code(owner.browser), **used).get_json()["error"] == "invalid_client"


def test_application_with_key_is_rejected_without_it(owner: Session, keyed: Client) -> None:
    assert keyed.redeem(keyed.code(owner.browser)).get_json()["error"] == "invalid_client"


def test_public_application_redeems_with_pkce_alone(owner: Session, public_client: Client) -> None:
    assert public_client.redeem(public_client.code(owner.browser)).status_code == 200
    response = public_client.redeem(public_client.code(owner.browser), client_secret="made up")
    assert response.get_json()["error"] == "invalid_client"


def test_wrong_secret_and_unknown_application_get_the_same_response(client: Client) -> None:
    responses = [
        client.machine().post(
            "/oauth/token", data={"grant_type": "refresh_token", "client_id": name, "client_secret": "x"}
        )
        for name in (client.client_id, "app-unknown")
    ]
    assert responses[0].get_json() == responses[1].get_json()
    assert [response.status_code for response in responses] == [401, 401]
    assert "Basic" in responses[0].headers["WWW-Authenticate"]


def test_only_one_authentication_method_per_request(client: Client) -> None:
    both = base64.b64encode(f"{client.client_id}:{client.secret}".encode()).decode()
    response = client.machine().post(
        "/oauth/token",
        data={"client_id": client.client_id, "client_secret": client.secret},
        headers={"Authorization": f"Basic {both}"},
    )
    assert response.get_json()["error"] == "invalid_request"


def test_two_secrets_work_during_rotation(owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    old = client.secret
    with client.app.app_context(), unit_of_work():
        found = queries.by_client_id(client.client_id)
        assert found
        new = actions.add_secret(found)
    for secret, after_a_week in ((old, 401), (new, 200)):
        client.secret = secret
        assert client.post("/oauth/revoke", token="any").status_code == 200
        clock.shift(timedelta(days=8))
        assert client.post("/oauth/revoke", token="any").status_code == after_a_week
        clock.shift(-timedelta(days=8))


def test_failures_are_limited_per_application(client: Client, public_client: Client) -> None:
    for _ in range(FAILED_CLIENT_LIMIT.most):
        assert client.redeem("made up").status_code == 400
    response = client.redeem("made up")
    assert (response.status_code, response.get_json()["error"]) == (429, "temporarily_unavailable")
    assert int(response.headers["Retry-After"]) > 0
    assert public_client.redeem("made up").status_code == 400


@pytest.mark.parametrize(
    ("fields", "error"),
    [
        ({}, "invalid_request"),
        ({"grant_type": "password", "username": "a", "password": "b"}, "unsupported_grant_type"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": "authorization_code"}, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "made up"}, "invalid_grant"),
    ],
)
def test_token_endpoint_rejects_invalid_requests(client: Client, fields: dict[str, Any], error: str) -> None:
    response = client.post("/oauth/token", **fields)
    assert (response.status_code, response.get_json()["error"]) == (400, error)
    assert response.headers["Cache-Control"] == "no-store"


def test_token_endpoint_reads_only_forms_and_each_parameter_once(client: Client) -> None:
    machine = client.machine()
    assert machine.post("/oauth/token", json={"grant_type": "refresh_token"}).get_json()["error"] == "invalid_request"
    twice = "grant_type=refresh_token&grant_type=refresh_token"
    response = machine.post("/oauth/token", data=twice, content_type="application/x-www-form-urlencoded")
    assert response.get_json()["error"] == "invalid_request"


def test_pushed_request_is_used_once_by_its_own_application(owner: Session, client: Client, cast: Cast) -> None:
    pushed = client.post("/oauth/par", **client.parameters(state="pushed"))
    assert pushed.status_code == 201
    response = pushed.get_json()
    assert response["expires_in"] == 600
    other = register(cast.app, "Another")
    reference = {"request_uri": response["request_uri"]}
    assert (
        owner.browser.get("/oauth/authorize", query_string={"client_id": other.client_id, **reference}).status_code
        == 400
    )
    own = {"client_id": client.client_id, **reference, "state": "ignored"}
    got = returned(owner.browser.get("/oauth/authorize", query_string=own))
    assert got["state"] == "pushed"
    assert client.redeem(got["code"]).status_code == 200
    assert owner.browser.get("/oauth/authorize", query_string=own).status_code == 400


def test_invalid_pushed_requests_are_rejected(client: Client) -> None:
    for changes in ({"redirect_uri": "https://evil.example/"}, {"response_type": "token"}, {"request_uri": "urn:a:b"}):
        assert client.post("/oauth/par", **(client.parameters() | changes)).status_code == 400
    assert client.machine().post("/oauth/par", data=client.parameters()).status_code == 401


def test_introspection_covers_only_the_application_own_tokens(
    cast: Cast, owner: Session, client: Client, public_client: Client
) -> None:
    tokens, other = client.tokens(owner.browser), register(cast.app, "Another")
    for name in ("access_token", "refresh_token"):
        introspection = client.post("/oauth/introspect", token=tokens[name]).get_json()
        assert introspection["active"] is True
        assert introspection["sub"] == str(owner.person_id)
        assert other.post("/oauth/introspect", token=tokens[name]).get_json() == {"active": False}
    assert client.post("/oauth/introspect", token=tokens["id_token"]).get_json() == {"active": False}
    assert public_client.post("/oauth/introspect", token="any").get_json()["error"] == "unauthorized_client"
    owner.browser.post_form("/logout", page="/account")
    assert client.post("/oauth/introspect", token=tokens["access_token"]).get_json() == {"active": False}


def test_resource_gets_its_own_tokens_with_its_owner_roles(cast: Cast, owner: Session, client: Client) -> None:
    uri = "https://api.example/v1"
    api = register(cast.app, "API", roles=("auditor",), resources={uri: [client.client_id]})
    unrelated = register(cast.app, "Stranger")
    assert returned(unrelated.authorize(owner.browser, resource=uri))["error"] == "invalid_target"
    assert returned(client.authorize(owner.browser, resource="https://api.example/"))["error"] == "invalid_target"
    tokens = client.tokens(owner.browser, resource=uri)
    claims = client.verified(tokens["access_token"], audience=uri)
    assert (claims["client_id"], claims["roles"]) == (client.client_id, [])
    assert jwt.get_unverified_header(tokens["access_token"]) | {"kid": ""} == {
        "alg": "ES256",
        "typ": "at+jwt",
        "kid": "",
    }
    assert client.userinfo(tokens["access_token"]).status_code == 401
    assert api.post("/oauth/introspect", token=tokens["access_token"]).get_json()["active"] is True
    assert api.post("/oauth/introspect", token=tokens["refresh_token"]).get_json() == {"active": False}


def test_userinfo_accepts_only_access_tokens(owner: Session, client: Client) -> None:
    tokens = client.tokens(owner.browser)
    response = client.userinfo(tokens["id_token"])
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]
    assert client.userinfo(tokens["refresh_token"]).status_code == 401
    assert client.machine().get("/oauth/userinfo").status_code == 401
    without = client.tokens(owner.browser, scope="profile")
    assert "id_token" not in without
    assert client.userinfo(without["access_token"]).status_code == 403


def test_only_pages_of_registered_origins_may_call(owner: Session, client: Client, cast: Cast) -> None:
    machine = client.machine()
    asked = {"Origin": PAGE_ORIGIN, "Access-Control-Request-Method": "POST"}
    preflight = machine.options("/oauth/token", headers=asked)
    assert preflight.headers["Access-Control-Allow-Origin"] == PAGE_ORIGIN
    assert "Access-Control-Allow-Credentials" not in preflight.headers
    evil = machine.options("/oauth/token", headers=asked | {"Origin": "https://evil.example"})
    assert "Access-Control-Allow-Origin" not in evil.headers
    token = client.tokens(owner.browser)["access_token"]
    for origin, allowed in ((PAGE_ORIGIN, PAGE_ORIGIN), ("https://evil.example", None)):
        response = machine.get("/oauth/userinfo", headers={"Authorization": f"Bearer {token}", "Origin": origin})
        assert response.headers.get("Access-Control-Allow-Origin") == allowed
        assert "Origin" in response.headers["Vary"]


def test_native_application_may_choose_its_loopback_port(cast: Cast, owner: Session) -> None:
    native = register(cast.app, "Native", redirect_uris=["http://127.0.0.1/callback"])
    for uri in ("http://127.0.0.1:50001/callback", "http://127.0.0.1:50002/callback"):
        response = native.authorize(owner.browser, redirect_uri=uri)
        assert response.location.startswith(f"{uri}?code=")
    for uri in ("http://localhost:50001/callback", "http://127.0.0.1:50001/other", "https://127.0.0.1:50001/callback"):
        assert native.authorize(owner.browser, redirect_uri=uri).status_code == 400


def test_repeated_parameter_is_an_error(owner: Session, client: Client) -> None:
    assert owner.browser.get(f"{client.url()}&state=another").status_code == 400


def test_unknown_application_is_never_redirected_to(client: Client, owner: Session) -> None:
    assert REDIRECT_URI not in client.refused(owner.browser, client_id="app-unknown")
