"""MSAL and identity behind our adapters: one person's error doesn't affect others, and nothing is cached or leaked."""

import logging
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.entra.discovery import OpenIdDiscovery
from app.entra.errors import InvalidResponse, OAuthError, ServiceUnavailable
from app.entra.http_client import Http
from app.entra.oauth import Entra, Registration, Secret
from tests.entra.answering import Answering
from tests.entra.minting import CLIENT, TENANT, token
from tests.entra.test_discovery import DISCOVERY, metadata

TOKEN = f"/{TENANT}/oauth2/v2.0/token"
REDIRECT_URI = "https://app.example.com/auth/abc/callback"
REGISTRATION = Registration(TENANT, CLIENT, Secret("the-secret"))
GOOD = {"token_type": "Bearer", "expires_in": 3600, "scope": "User.Read", "access_token": "at", "id_token": token()}


@pytest.fixture
def entra(server: Answering, http: Http) -> Entra:
    server.say(DISCOVERY, metadata(server))
    server.say(TOKEN, GOOD)
    return Entra(server.cloud, http, OpenIdDiscovery(server.cloud, http))


def finish(entra: Entra, code: str = "the-code", registration: Registration = REGISTRATION) -> Any:
    start = entra.start(registration, REDIRECT_URI)
    return entra.redeem_code(registration, start.flow, start.state, code)


def test_authorization_request_has_state_nonce_and_code_challenge(entra: Entra, server: Answering) -> None:
    start = entra.start(REGISTRATION, REDIRECT_URI, prompt="select_account", login_hint="ada+x@contoso.example")
    address = urlsplit(start.url)
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    assert address.netloc == f"localhost:{server.port}"
    assert (query["response_type"], query["redirect_uri"], query["client_id"]) == ("code", REDIRECT_URI, CLIENT)
    assert (query["state"], query["nonce"]) == (start.state, start.nonce)
    assert (query["code_challenge_method"], query["prompt"]) == ("S256", "select_account")
    assert query["login_hint"] == "ada+x@contoso.example"
    assert set(query["scope"].split()) == {"openid", "profile", "User.Read"}
    assert start.flow["code_verifier"] not in start.url


def test_no_two_requests_share_a_secret(entra: Entra) -> None:
    one, two = entra.start(REGISTRATION, REDIRECT_URI), entra.start(REGISTRATION, REDIRECT_URI)
    assert one.state != two.state
    assert one.nonce != two.nonce
    assert one.flow["code_verifier"] != two.flow["code_verifier"]


def test_token_request_sends_code_verifier_and_secret_once(entra: Entra, server: Answering) -> None:
    start = entra.start(REGISTRATION, REDIRECT_URI)
    response = entra.redeem_code(REGISTRATION, start.flow, start.state, "the-code")
    assert (response.id_token, response.access_token) == (GOOD["id_token"], "at")
    sent = parse_qs(server.bodies[-1].decode())
    assert sent["code"] == ["the-code"]
    assert sent["code_verifier"] == [start.flow["code_verifier"]]
    assert sent["client_secret"] == ["the-secret"]
    assert sent["redirect_uri"] == [REDIRECT_URI]
    assert server.count(TOKEN) == 1


def test_another_process_can_redeem_the_code(server: Answering, entra: Entra) -> None:
    start = entra.start(REGISTRATION, REDIRECT_URI)
    http = Http(server.cloud)
    other = Entra(server.cloud, http, OpenIdDiscovery(server.cloud, http))
    assert other.redeem_code(REGISTRATION, start.flow, start.state, "the-code").access_token == "at"


@pytest.mark.parametrize("status", [429, 500, 503])
def test_one_persons_error_does_not_affect_others(entra: Entra, server: Answering, status: int) -> None:
    server.say(TOKEN, {"error": "temporarily_unavailable"}, status, Retry_After="3600")
    with pytest.raises(ServiceUnavailable) as unreachable:
        finish(entra)
    assert unreachable.value.retry_after == 3600
    server.say(TOKEN, GOOD)
    assert finish(entra, "another-code").access_token == "at"
    assert server.count(TOKEN) == 2


def test_rejected_code_does_not_affect_the_next(entra: Entra, server: Answering) -> None:
    server.say(TOKEN, {"error": "invalid_grant", "error_description": "AADSTS54005: used", "error_codes": [54005]}, 400)
    with pytest.raises(OAuthError) as refused:
        finish(entra)
    assert refused.value.codes == (54005,)
    server.say(TOKEN, GOOD)
    assert finish(entra).access_token == "at"


def test_msal_application_is_reused_per_registration(entra: Entra, server: Answering) -> None:
    for _ in range(5):
        finish(entra)
    assert len(entra._clients) == 1
    assert server.count(DISCOVERY) == 2, "once by us, once by MSAL"


def test_new_secret_is_used_immediately(entra: Entra, server: Answering) -> None:
    finish(entra)
    finish(entra, registration=Registration(TENANT, CLIENT, Secret("another-secret")))
    assert parse_qs(server.bodies[-1].decode())["client_secret"] == ["another-secret"]


def test_no_token_is_cached(entra: Entra) -> None:
    finish(entra)
    (client,) = entra._clients.values()
    kept = client.token_cache
    assert not [entry for kind in kept.CredentialType.__dict__.values() for entry in kept.search(str(kind))]
    assert client.get_accounts() == []


@pytest.mark.parametrize(
    "response",
    [
        b"<html>",
        b"{",
        b"[]",
        b"",
        {**GOOD, "id_token": None},
        {**GOOD, "id_token": {}},
        {**GOOD, "access_token": 7},
        {name: value for name, value in GOOD.items() if name != "id_token"},
        {},
    ],
    ids=lambda response: repr(response)[:40],
)
def test_malformed_token_response_is_rejected(entra: Entra, server: Answering, response: Any) -> None:
    server.say(TOKEN, response)
    with pytest.raises(InvalidResponse):
        finish(entra)


@pytest.mark.parametrize("response", [{}, {"error": 7}, {"error_description": "AADSTS1"}, b"<html>"], ids=repr)
def test_malformed_error_response_is_rejected(entra: Entra, server: Answering, response: Any) -> None:
    server.say(TOKEN, response, 400)
    with pytest.raises(InvalidResponse):
        finish(entra)


@pytest.mark.parametrize("id_token", ["", "x", "a.b.c", "é", "eyJ.eyJ.x" * 1000], ids=lambda text: text[:9])
def test_msal_never_sees_the_id_token(entra: Entra, server: Answering, id_token: str) -> None:
    server.say(TOKEN, {**GOOD, "id_token": id_token})
    assert finish(entra).id_token == id_token


def test_access_token_is_optional(entra: Entra, server: Answering) -> None:
    server.say(TOKEN, {"id_token": token(), "token_type": "Bearer"})
    assert finish(entra).access_token is None


def test_sign_out_url_has_redirect_and_hint(entra: Entra, server: Answering) -> None:
    url = entra.sign_out_url(TENANT, REDIRECT_URI, "O.hint&x")
    query = parse_qs(urlsplit(url).query)
    assert urlsplit(url).path == f"/{TENANT}/oauth2/v2.0/logout"
    assert query == {"post_logout_redirect_uri": [REDIRECT_URI], "logout_hint": ["O.hint&x"]}


def test_logs_and_errors_contain_no_secret(entra: Entra, server: Answering, caplog: pytest.LogCaptureFixture) -> None:
    # As KEPT_QUIET sets it; MSAL's own DEBUG lines print code and verifier.
    caplog.set_level(logging.DEBUG)
    start = entra.start(REGISTRATION, REDIRECT_URI)
    entra.redeem_code(REGISTRATION, start.flow, start.state, "the-code")
    server.say(TOKEN, {**GOOD, "id_token": 7})
    with pytest.raises(InvalidResponse) as broken:
        entra.redeem_code(REGISTRATION, start.flow, start.state, "the-code")
    quiet = [line for line in caplog.records if not line.name.startswith(("msal", "identity", "urllib3"))]
    logged = "\n".join(line.getMessage() for line in quiet) + repr(broken.value)
    for secret in ("the-code", start.flow["code_verifier"], "the-secret", str(GOOD["id_token"])):
        assert secret not in logged
