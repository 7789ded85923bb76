"""The modules of the OpenID Foundation's plan `oidcc-basic-certification-test-plan`, each as a test with its name."""

import base64
import json
import re
from datetime import timedelta
from urllib.parse import urlencode

import jwt
import pytest
import time_machine

from app.applications import uris
from tests.applications.client import Client, register, returned
from tests.applications.people import Session
from tests.browser import Browser
from tests.cast import Cast


@pytest.fixture
def plain(cast: Cast) -> Client:
    """A client as registered by the certification suite: with a secret, without PKCE."""
    return register(cast.app, require_pkce=False)


def without_pkce(**changes: str | None) -> dict[str, str | None]:
    return {"code_challenge": None, "code_challenge_method": None, **changes}


def redeemed(client: Client, code: str) -> dict[str, str]:
    """The tokens for a code that was requested without PKCE."""
    response = client.post("/oauth/token", grant_type="authorization_code", code=code, redirect_uri=client.redirect_uri)
    assert response.status_code == 200, response.text
    tokens: dict[str, str] = response.get_json()
    return tokens


def test_oidcc_server(owner: Session, plain: Client) -> None:
    got = returned(plain.authorize(owner.browser, **without_pkce()))
    assert got.keys() == {"code", "state", "iss"}
    assert got["state"] == "the state"
    tokens = redeemed(plain, got["code"])
    assert tokens["token_type"] == "Bearer"
    claims = plain.verified(tokens["id_token"])
    assert claims["exp"] - claims["iat"] == 600
    assert claims["nonce"] == "the nonce"
    assert claims["sub"] == str(owner.person_id)
    assert "azp" not in claims


def test_oidcc_response_type_missing(owner: Session, plain: Client) -> None:
    assert returned(plain.authorize(owner.browser, response_type=None))["error"] == "invalid_request"
    for other in ("token", "id_token", "code id_token"):
        error = returned(plain.authorize(owner.browser, response_type=other))
        assert error["error"] == "unsupported_response_type"
        assert error["iss"] == plain.app.config["BASE_URL"]


def test_oidcc_idtoken_signature(owner: Session, client: Client) -> None:
    token = client.tokens(owner.browser)["id_token"]
    assert jwt.get_unverified_header(token)["alg"] == "RS256"
    assert client.verified(token)


def test_oidcc_idtoken_unsigned(cast: Cast, client: Client) -> None:
    """No application can register it."""
    metadata = client.machine().get("/.well-known/openid-configuration").get_json()
    assert "none" not in metadata["id_token_signing_alg_values_supported"]
    create = ["applications", "create", "Unsigned", "--redirect-uri", client.redirect_uri, "--id-token-alg", "none"]
    assert cast.app.test_cli_runner().invoke(args=create).exit_code == 2


def test_oidcc_userinfo_get_and_post_header(owner: Session, client: Client) -> None:
    token = client.tokens(owner.browser)["access_token"]
    by_get = client.userinfo(token)
    by_post = client.machine().post("/oauth/userinfo", headers={"Authorization": f"Bearer {token}"})
    assert by_get.status_code == by_post.status_code == 200
    assert by_get.get_json() == by_post.get_json()
    assert by_get.get_json()["sub"] == str(owner.person_id)


def test_oidcc_userinfo_post_body(owner: Session, client: Client) -> None:
    token = client.tokens(owner.browser)["access_token"]
    assert client.machine().post("/oauth/userinfo", data={"access_token": token}).status_code == 200


def test_oidcc_ensure_request_without_nonce_succeeds_for_code_flow(owner: Session, client: Client) -> None:
    assert "nonce" not in client.verified(client.tokens(owner.browser, nonce=None)["id_token"])


@pytest.mark.parametrize(
    ("scope", "claims"),
    [
        ("openid profile", {"name": "Olivia Owner"}),
        ("openid email", {"email": "owner@contoso.example", "email_verified": False}),
        ("openid address", {}),
        ("openid phone", {}),
        ("openid address phone profile email", {"name": "Olivia Owner", "email": "owner@contoso.example"}),
    ],
)
def test_oidcc_scopes(owner: Session, client: Client, scope: str, claims: dict[str, object]) -> None:
    userinfo = client.userinfo(client.tokens(owner.browser, scope=scope)["access_token"]).get_json()
    assert claims.items() <= userinfo.items()
    known = {"sub", "sid", "auth_time", "amr", "org_id", "org_code", "org_name", "org_role", "roles"}
    assert userinfo.keys() - known == claims.keys() | ({"email_verified"} if "email" in claims else set())


def test_oidcc_alternate_happy_flow(owner: Session, client: Client) -> None:
    parameters = client.parameters(scope="email profile openid")
    response = owner.browser.get(f"/oauth/authorize?{urlencode(dict(reversed(parameters.items())))}")
    assert client.redeem(returned(response)["code"]).status_code == 200


@pytest.mark.parametrize("display", ["page", "popup"])
def test_oidcc_display(owner: Session, client: Client, display: str) -> None:
    assert client.code(owner.browser, display=display)


def test_oidcc_prompt_login(owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    first = client.verified(client.tokens(owner.browser)["id_token"])
    clock.shift(timedelta(seconds=2))
    asked = client.page(owner.browser, prompt="login")
    assert asked.startswith("/account/reauthenticate?next=")
    clock.shift(timedelta(seconds=2))
    back = owner.reauthenticate(asked)
    second = client.verified(client.redeem(returned(owner.browser.get(back))["code"]).get_json()["id_token"])
    assert second["sub"] == first["sub"]
    assert second["auth_time"] > first["auth_time"]


def test_oidcc_prompt_login_is_not_satisfied_by_reopening_the_url(owner: Session, client: Client) -> None:
    asked = client.page(owner.browser, prompt="login")
    waiting = owner.next_of(asked)
    assert owner.browser.get(waiting).location.startswith("/account/reauthenticate?next=")


def test_oidcc_prompt_none_not_logged_in(cast: Cast, client: Client) -> None:
    assert returned(client.authorize(cast.browser(), prompt="none"))["error"] == "login_required"


def test_oidcc_prompt_none_logged_in(owner: Session, client: Client) -> None:
    first = client.verified(client.tokens(owner.browser)["id_token"])
    second = client.verified(client.tokens(owner.browser, prompt="none")["id_token"])
    assert [first[name] for name in ("sub", "auth_time", "sid")] == [
        second[name] for name in ("sub", "auth_time", "sid")
    ]


def test_oidcc_max_age_1(owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    first = client.verified(client.tokens(owner.browser)["id_token"])
    clock.shift(timedelta(seconds=3))
    asked = client.page(owner.browser, max_age="1")
    assert asked.startswith("/account/reauthenticate?next=")
    assert returned(client.authorize(owner.browser, max_age="1", prompt="none"))["error"] == "login_required"
    back = owner.reauthenticate(asked)
    clock.shift(timedelta(seconds=3))
    second = client.verified(client.redeem(returned(owner.browser.get(back))["code"]).get_json()["id_token"])
    assert second["auth_time"] > first["auth_time"]


def test_oidcc_max_age_10000(owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    first = client.verified(client.tokens(owner.browser)["id_token"])
    clock.shift(timedelta(seconds=60))
    second = client.verified(client.tokens(owner.browser, max_age="10000")["id_token"])
    assert second["auth_time"] == first["auth_time"]


def test_oidcc_ensure_request_with_unknown_parameter_succeeds(owner: Session, client: Client) -> None:
    assert client.code(owner.browser, extra="foobar")


def test_oidcc_id_token_hint(owner: Session, client: Client) -> None:
    token = client.tokens(owner.browser)["id_token"]
    again = client.tokens(owner.browser, prompt="none", id_token_hint=token)["id_token"]
    assert client.verified(again)["sub"] == client.verified(token)["sub"]


def test_id_token_hint_of_another_person_is_not_answered_with_this_one(
    cast: Cast, owner: Session, client: Client
) -> None:
    hint = client.tokens(cast.bob())["id_token"]
    got = returned(client.authorize(owner.browser, prompt="none", id_token_hint=hint))
    assert got["error"] == "login_required"


def test_oidcc_login_hint(cast: Cast, client: Client) -> None:
    browser = cast.browser()
    asked = client.page(browser, organization="contoso", login_hint="ann@contoso.example")
    assert 'value="ann@contoso.example"' in browser.get(asked).text


@pytest.mark.parametrize("name", ["ui_locales", "claims_locales"])
def test_oidcc_locales(owner: Session, client: Client, name: str) -> None:
    assert client.code(owner.browser, **{name: "fr-CA se"})


def test_oidcc_ensure_request_with_acr_values_succeeds(owner: Session, client: Client) -> None:
    assert client.code(owner.browser, acr_values="urn:example:one urn:example:two")


def test_oidcc_codereuse(owner: Session, client: Client) -> None:
    code = client.code(owner.browser)
    tokens = client.redeem(code).get_json()
    assert client.userinfo(tokens["access_token"]).status_code == 200
    again = client.redeem(code)
    assert (again.status_code, again.get_json()["error"]) == (400, "invalid_grant")
    assert client.userinfo(tokens["access_token"]).status_code == 401
    assert client.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"


def test_oidcc_codereuse_30seconds(owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    code = client.code(owner.browser)
    tokens = client.redeem(code).get_json()
    clock.shift(timedelta(seconds=30))
    assert client.redeem(code).get_json()["error"] == "invalid_grant"
    assert client.userinfo(tokens["access_token"]).status_code == 401


def test_code_expires_after_a_minute(owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    code = client.code(owner.browser)
    clock.shift(timedelta(seconds=61))
    assert client.redeem(code).get_json()["error"] == "invalid_grant"


def test_oidcc_ensure_registered_redirect_uri(owner: Session, client: Client) -> None:
    for other in ("https://app.example/callback/", "https://app.example/Callback", "https://evil.example/callback"):
        assert re.search(r"Reference PRT-\w{8}", client.refused(owner.browser, redirect_uri=other))


def test_oidcc_ensure_redirect_uri_in_authorization_request(owner: Session, client: Client) -> None:
    assert client.authorize(owner.browser, redirect_uri=None).status_code == 400


def test_oidcc_redirect_uri_query_added_and_mismatch(cast: Cast, owner: Session, client: Client) -> None:
    added = client.authorize(owner.browser, redirect_uri=f"{client.redirect_uri}?foo=bar")
    assert added.status_code == 400
    other = register(cast.app, "With Query", redirect_uris=[f"{client.redirect_uri}?foo=bar"])
    assert other.authorize(owner.browser, redirect_uri=f"{client.redirect_uri}?foo=baz").status_code == 400


def test_oidcc_redirect_uri_regfrag() -> None:
    """Registration refuses a fragment, on the page, in the companies file and in the command alike."""
    assert uris.fault("https://app.example/callback#fragment") == uris.HAS_FRAGMENT


def test_oidcc_redirect_uri_query_ok(cast: Cast, owner: Session, client: Client) -> None:
    other = register(cast.app, "With Query", redirect_uris=[f"{client.redirect_uri}?foo=bar"])
    got = returned(other.authorize(owner.browser))
    assert got["foo"] == "bar"
    assert other.redeem(got["code"]).status_code == 200


def test_oidcc_ensure_post_request_succeeds(owner: Session, client: Client) -> None:
    """As in browsers: a form of another site, without Portico's cookies."""
    anonymous = client.machine()
    stored = anonymous.post("/oauth/authorize", data=client.parameters(), headers={"Origin": "https://app.example"})
    assert stored.status_code == 303
    assert "state" not in stored.location
    assert client.redeem(returned(owner.browser.get(stored.location))["code"]).status_code == 200


def test_overlong_request_is_an_error(cast: Cast, client: Client) -> None:
    long = client.parameters(state="s" * 17_000)
    assert returned(client.machine().post("/oauth/authorize", data=long))["error"] == "invalid_request"
    assert client.post("/oauth/par", **long).get_json()["error"] == "invalid_request"
    asked = returned(client.authorize(cast.browser(), state="s" * 17_000))
    assert asked["error"] == "invalid_request"


@pytest.mark.parametrize("method", ["basic", "post"])
def test_oidcc_server_client_secret(owner: Session, client: Client, method: str) -> None:
    fields = {
        "grant_type": "authorization_code",
        "code": client.code(owner.browser),
        "redirect_uri": client.redirect_uri,
        "code_verifier": client.verifier,
    }
    headers = {}
    if method == "basic":
        both = f"{client.client_id}:{client.secret}".encode()
        headers["Authorization"] = f"Basic {base64.b64encode(both).decode()}"
    else:
        fields |= {"client_id": client.client_id, "client_secret": str(client.secret)}
    assert client.machine().post("/oauth/token", data=fields, headers=headers).status_code == 200


def test_oidcc_request_uri_unsigned_and_unsigned_request_object(owner: Session, client: Client) -> None:
    unsigned = jwt.encode({"scope": "openid"}, "", "none")
    assert returned(client.authorize(owner.browser, request=unsigned))["error"] == "request_not_supported"
    asked = returned(client.authorize(owner.browser, request_uri="https://app.example/request.jwt"))
    assert asked["error"] == "request_uri_not_supported"


def test_oidcc_ensure_request_object_with_redirect_uri(owner: Session, client: Client) -> None:
    """Neither the request object nor the redirect URI in it is used."""
    unsigned = jwt.encode({"redirect_uri": "https://evil.example/callback"}, "", "none")
    assert returned(client.authorize(owner.browser, request=unsigned))["error"] == "request_not_supported"
    assert client.authorize(owner.browser, request=unsigned, redirect_uri=None).status_code == 400


def test_oidcc_claims_essential(owner: Session, client: Client) -> None:
    claims = json.dumps({"userinfo": {"name": {"essential": True}}})
    tokens = client.tokens(owner.browser, scope="openid", claims=claims)
    assert client.userinfo(tokens["access_token"]).get_json()["name"] == "Olivia Owner"
    assert "name" not in client.verified(tokens["id_token"])


def test_oidcc_refresh_token(cast: Cast, owner: Session, client: Client) -> None:
    first = client.tokens(owner.browser)
    other = register(cast.app, "Another")
    assert other.refresh(first["refresh_token"]).get_json()["error"] == "invalid_grant"
    second = client.refresh(first["refresh_token"]).get_json()
    old, new = client.verified(first["id_token"]), client.verified(second["id_token"])
    assert [old[name] for name in ("iss", "sub", "aud", "auth_time", "sid")] == [
        new[name] for name in ("iss", "sub", "aud", "auth_time", "sid")
    ]
    assert "nonce" not in new
    assert second["refresh_token"] != first["refresh_token"]
    assert client.userinfo(second["access_token"]).status_code == 200


def test_oidcc_ensure_request_with_valid_pkce_succeeds(owner: Session, client: Client) -> None:
    assert client.redeem(client.code(owner.browser)).status_code == 200


def test_pkce_can_be_neither_guessed_nor_removed(cast: Cast, owner: Session, client: Client, plain: Client) -> None:
    wrong = client.redeem(client.code(owner.browser), code_verifier="a" * 43)
    assert wrong.get_json()["error"] == "invalid_grant"
    assert returned(client.authorize(owner.browser, **without_pkce()))["error"] == "invalid_request"
    assert returned(client.authorize(owner.browser, code_challenge_method="plain"))["error"] == "invalid_request"
    removed = plain.redeem(plain.code(owner.browser, **without_pkce()))
    assert removed.get_json()["error"] == "invalid_grant"


def test_mismatching_redemption_does_not_use_up_the_code(owner: Session, client: Client, public_client: Client) -> None:
    """Only a valid request of its own application uses up or replays a code."""
    code = client.code(owner.browser)
    assert client.redeem(code, redirect_uri="https://app.example/other").status_code == 400
    assert client.redeem(code, code_verifier="b" * 43).status_code == 400
    assert public_client.redeem(code).status_code == 400
    tokens = client.redeem(code)
    assert tokens.status_code == 200
    assert public_client.redeem(code).status_code == 400
    assert client.userinfo(tokens.get_json()["access_token"]).status_code == 200


def test_person_without_session_signs_in_and_returns(cast: Cast, client: Client) -> None:
    browser = cast.browser()
    asked = client.page(browser)
    assert asked.startswith("/login?next=/oauth/authorize?")
    assert isinstance(browser, Browser)
