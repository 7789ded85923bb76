"""ID tokens and logout tokens are signed as the application registered."""

import base64
import hashlib

import jwt
import pytest

from tests.applications.client import SIGNED_OUT_URI, Client, register
from tests.applications.people import Session
from tests.applications.receiver import Receiver
from tests.applications.signing_out import deliveries, sign_out
from tests.cast import Cast
from tests.tasks import run_tasks


@pytest.fixture
def signed_by_es256(cast: Cast, receiver: Receiver) -> Client:
    return register(
        cast.app,
        "Elliptic",
        id_token_signed_response_alg="ES256",
        backchannel_logout_uri=receiver.uri,
        allow_offline_access=True,
    )


def algorithm_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["alg"])


def test_rs256_is_the_default(owner: Session, client: Client) -> None:
    assert algorithm_of(client.tokens(owner.browser)["id_token"]) == "RS256"


def test_first_and_refreshed_id_tokens_are_signed_as_registered(owner: Session, signed_by_es256: Client) -> None:
    first = signed_by_es256.tokens(owner.browser)
    refreshed = signed_by_es256.refresh(first["refresh_token"]).get_json()
    for tokens in (first, refreshed):
        assert algorithm_of(tokens["id_token"]) == "ES256"
        claims = signed_by_es256.verified(tokens["id_token"])
        half = hashlib.sha256(tokens["access_token"].encode()).digest()[:16]
        assert claims["at_hash"] == base64.urlsafe_b64encode(half).decode().rstrip("=")


def test_logout_token_is_signed_like_the_id_token(
    cast: Cast, owner: Session, signed_by_es256: Client, notified: Client, receiver: Receiver
) -> None:
    for one in (signed_by_es256, notified):
        one.tokens(owner.browser)
    sign_out(owner)
    run_tasks(cast.app)
    clients = [row.client_id for row in deliveries(cast)]
    wanted = {signed_by_es256.client_id: "ES256", notified.client_id: "RS256"}
    found = {jwt.decode(one, options={"verify_signature": False})["aud"]: algorithm_of(one) for one in receiver.tokens}
    assert sorted(clients) == sorted(wanted)
    assert found == wanted


def test_id_token_of_either_algorithm_is_a_hint(owner: Session, signed_by_es256: Client) -> None:
    hint = signed_by_es256.tokens(owner.browser)["id_token"]
    query = {"id_token_hint": hint, "post_logout_redirect_uri": SIGNED_OUT_URI}
    assert owner.browser.get("/oauth/logout", query_string=query).location == SIGNED_OUT_URI


def test_access_token_is_no_hint(owner: Session, signed_by_es256: Client) -> None:
    """It is signed by the same key now; its type differs."""
    hint = signed_by_es256.tokens(owner.browser)["access_token"]
    query = {"id_token_hint": hint, "post_logout_redirect_uri": SIGNED_OUT_URI}
    assert owner.browser.get("/oauth/logout", query_string=query).status_code == 200
    assert owner.browser.get("/account").status_code == 200


def test_id_token_is_no_access_token(owner: Session, signed_by_es256: Client) -> None:
    assert signed_by_es256.userinfo(signed_by_es256.tokens(owner.browser)["id_token"]).status_code == 401
