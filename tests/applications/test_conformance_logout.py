"""The modules of the plans for RP-initiated logout and for the configuration, each as a test with its name."""

import jwt

from tests.applications.client import SIGNED_OUT_URI, Client, register, returned
from tests.applications.people import Session, signed_in_with_password
from tests.browser import Browser
from tests.cast import Cast


def sign_out(browser: Browser, **parameters: str) -> tuple[int, str | None]:
    response = browser.get("/oauth/logout", query_string=parameters)
    return response.status_code, response.location


def is_signed_in(client: Client, browser: Browser) -> bool:
    return "code" in returned(client.authorize(browser, prompt="none"))


def test_oidcc_discovery_endpoint_verification(client: Client) -> None:
    base = client.app.config["BASE_URL"]
    responses = [
        client.machine().get(f"/.well-known/{name}") for name in ("openid-configuration", "oauth-authorization-server")
    ]
    for response in responses:
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        metadata = response.get_json()
        assert metadata["issuer"] == base
        assert all(
            value.startswith(f"{base}/oauth/")
            for name, value in metadata.items()
            if name.endswith(("_endpoint", "jwks_uri"))
        )
        assert metadata["response_types_supported"] == ["code"]
        assert metadata["code_challenge_methods_supported"] == ["S256"]
        assert metadata["request_uri_parameter_supported"] is False
        assert metadata["authorization_response_iss_parameter_supported"] is True
        assert metadata["id_token_signing_alg_values_supported"] == ["RS256", "ES256"]


def test_published_keys_are_public_and_of_both_algorithms(client: Client) -> None:
    keys = client.machine().get("/oauth/jwks").get_json()["keys"]
    assert sorted(key["alg"] for key in keys) == ["ES256", "RS256"]
    assert not any({"d", "p", "q"} & key.keys() for key in keys)
    assert len({key["kid"] for key in keys}) == 2


def test_oidcc_rp_initiated_logout(owner: Session, client: Client) -> None:
    hint = client.tokens(owner.browser)["id_token"]
    assert sign_out(
        owner.browser,
        id_token_hint=hint,
        post_logout_redirect_uri=SIGNED_OUT_URI,
        state="a state",
        client_id=client.client_id,
    ) == (303, f"{SIGNED_OUT_URI}?state=a+state")
    assert not is_signed_in(client, owner.browser)


def test_oidcc_rp_initiated_logout_by_post(owner: Session, client: Client) -> None:
    hint = client.tokens(owner.browser)["id_token"]
    fields = {"id_token_hint": hint, "post_logout_redirect_uri": SIGNED_OUT_URI}
    stored = client.machine().post("/oauth/logout", data=fields, headers={"Origin": "https://app.example"})
    assert hint not in stored.location
    response = owner.browser.get(stored.location)
    assert (response.status_code, response.location) == (303, SIGNED_OUT_URI)
    assert not is_signed_in(client, owner.browser)


def test_oidcc_rp_initiated_logout_bad_post_logout_redirect_uri(owner: Session, client: Client) -> None:
    hint = client.tokens(owner.browser)["id_token"]
    parameters = {"id_token_hint": hint, "post_logout_redirect_uri": "https://evil.example/"}
    assert sign_out(owner.browser, **parameters) == (200, None)
    assert is_signed_in(client, owner.browser)


def test_oidcc_rp_initiated_logout_query_added_to_post_logout_redirect_uri(owner: Session, client: Client) -> None:
    hint = client.tokens(owner.browser)["id_token"]
    parameters = {"id_token_hint": hint, "post_logout_redirect_uri": f"{SIGNED_OUT_URI}?foo=bar"}
    assert sign_out(owner.browser, **parameters) == (200, None)


def test_oidcc_rp_initiated_logout_modified_id_token_hint(owner: Session, client: Client) -> None:
    claims = client.verified(client.tokens(owner.browser)["id_token"])
    unsigned = jwt.encode(claims, "", "none", headers={"kid": "any"})
    parameters = {"id_token_hint": unsigned, "post_logout_redirect_uri": SIGNED_OUT_URI}
    assert sign_out(owner.browser, **parameters) == (200, None)
    assert is_signed_in(client, owner.browser)


def test_oidcc_rp_initiated_logout_bad_id_token_hint(owner: Session, client: Client) -> None:
    hint = client.tokens(owner.browser)["id_token"]
    kid = jwt.get_unverified_header(hint)["kid"]
    foreign = jwt.encode(client.verified(hint), "a key that is not ours, long enough", "HS256", headers={"kid": kid})
    parameters = {"id_token_hint": foreign, "post_logout_redirect_uri": SIGNED_OUT_URI}
    assert sign_out(owner.browser, **parameters) == (200, None)
    assert is_signed_in(client, owner.browser)


def test_access_token_is_not_accepted_as_hint(owner: Session, client: Client) -> None:
    token = client.tokens(owner.browser)["access_token"]
    assert sign_out(owner.browser, id_token_hint=token) == (200, None)
    assert is_signed_in(client, owner.browser)


def test_oidcc_rp_initiated_logout_no_id_token_hint(owner: Session, client: Client) -> None:
    parameters = {"client_id": client.client_id, "post_logout_redirect_uri": SIGNED_OUT_URI}
    assert sign_out(owner.browser, **parameters) == (200, None)
    assert is_signed_in(client, owner.browser)


def test_oidcc_rp_initiated_logout_no_params(owner: Session, client: Client) -> None:
    page = owner.browser.get("/oauth/logout")
    assert "Do you want to sign out?" in page.text
    assert owner.browser.post_form("/logout", page="/oauth/logout").status_code == 200
    assert not is_signed_in(client, owner.browser)
    assert "You’re signed out" in owner.browser.get("/oauth/logout").text


def test_oidcc_rp_initiated_logout_no_post_logout_redirect_uri(owner: Session, client: Client) -> None:
    hint = client.tokens(owner.browser)["id_token"]
    assert sign_out(owner.browser, id_token_hint=hint, state="a state") == (200, None)
    assert not is_signed_in(client, owner.browser)


def test_oidcc_rp_initiated_logout_only_state(owner: Session, client: Client) -> None:
    assert sign_out(owner.browser, state="a state") == (200, None)
    assert is_signed_in(client, owner.browser)


def test_oidcc_rp_initiated_logout_no_state(owner: Session, client: Client) -> None:
    hint = client.tokens(owner.browser)["id_token"]
    parameters = {"id_token_hint": hint, "post_logout_redirect_uri": SIGNED_OUT_URI}
    assert sign_out(owner.browser, **parameters) == (303, SIGNED_OUT_URI)


def test_hint_of_earlier_session_asks_for_confirmation(cast: Cast, owner: Session, client: Client) -> None:
    """Otherwise, any leaked ID token would sign people out."""
    leaked = client.tokens(signed_in_with_password(cast).browser)["id_token"]
    parameters = {"id_token_hint": leaked, "post_logout_redirect_uri": SIGNED_OUT_URI}
    assert sign_out(owner.browser, **parameters) == (200, None)
    assert is_signed_in(client, owner.browser)


def test_hint_of_an_application_other_than_client_id_asks_for_confirmation(
    cast: Cast, owner: Session, client: Client
) -> None:
    other = register(cast.app, "Another")
    hint = other.tokens(owner.browser)["id_token"]
    assert sign_out(owner.browser, id_token_hint=hint, client_id=client.client_id) == (200, None)
    assert is_signed_in(client, owner.browser)


def test_signed_out_person_is_redirected(cast: Cast, owner: Session, client: Client) -> None:
    hint = client.tokens(owner.browser)["id_token"]
    parameters = {"id_token_hint": hint, "post_logout_redirect_uri": SIGNED_OUT_URI}
    assert sign_out(cast.browser(), **parameters) == (303, SIGNED_OUT_URI)
    assert is_signed_in(client, owner.browser)


def test_sign_out_ends_tokens_without_offline_access(owner: Session, client: Client) -> None:
    tokens = client.tokens(owner.browser)
    sign_out(owner.browser, id_token_hint=tokens["id_token"])
    assert client.userinfo(tokens["access_token"]).status_code == 401
    assert client.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
