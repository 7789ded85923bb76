"""`jwks_uri`: an application publishes the keys of its client assertions, and replaces them by itself."""

import json
import threading
import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from werkzeug.test import TestResponse

from app.applications import client_keys
from app.applications.client_keys import ClientKeys
from app.applications.models import Authentication
from app.applications.outbound import Outbound
from app.core import strict_json
from app.core.unit_of_work import refuse_in_unit_of_work
from tests.applications.client import Client, register
from tests.applications.people import Session
from tests.applications.receiver import Receiver
from tests.applications.test_clients import ASSERTION_TYPE
from tests.cast import Cast

KEYS = {kid: ec.generate_private_key(ec.SECP256R1()) for kid in ("first", "second", "third")}


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


@pytest.fixture
def seconds(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(client_keys, "monotonic", clock)
    return clock


@pytest.fixture
def keyed(cast: Cast, receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> Client:
    publish(receiver, "first")
    monkeypatch.setitem(cast.app.extensions, "client_keys", ClientKeys(cast.app.extensions["outbound"]))
    return with_keys_at(cast, f"http://{receiver.host}/keys")


def with_keys_at(cast: Cast, uri: str) -> Client:
    return register(cast.app, "Keyed", authentication=Authentication.PRIVATE_KEY_JWT, jwks_uri=uri)


def jwk(kid: str, **more: Any) -> dict[str, Any]:
    found = strict_json.read_object(jwt.algorithms.ECAlgorithm.to_jwk(KEYS[kid].public_key()))
    return {**found, "kid": kid, **more}


def publish(receiver: Receiver, *kids: str) -> None:
    receiver.body = json.dumps({"keys": [jwk(kid) for kid in kids]})


def ask(client: Client, kid: str, *, named: str | None = "") -> TestResponse:
    """A request that authenticates with this key, which the assertion calls `named`; None: it names none."""
    claims = {
        "iss": client.client_id,
        "sub": client.client_id,
        "aud": f"{client.app.config['BASE_URL']}/oauth/token",
        "jti": str(time.monotonic_ns()),
        "exp": int(time.time()) + 60,
    }
    headers = {} if named is None else {"kid": named or kid}
    signed = jwt.encode(claims, KEYS[kid], "ES256", headers=headers)
    return client.post("/oauth/revoke", token="any", client_assertion_type=ASSERTION_TYPE, client_assertion=signed)


def test_key_at_jwks_uri_redeems_a_code(owner: Session, keyed: Client, receiver: Receiver) -> None:
    assert ask(keyed, "first").status_code == 200
    code = keyed.code(owner.browser)
    assert ask(keyed, "second", named="first").status_code == 401, "another key under its name"
    assert code
    assert receiver.paths == ["/keys"], "one request for both"


def test_keys_are_fetched_again_after_their_lifetime(keyed: Client, receiver: Receiver, seconds: Clock) -> None:
    assert ask(keyed, "first").status_code == 200
    publish(receiver, "second")
    seconds.time += client_keys.FRESH_SECONDS - 1
    assert ask(keyed, "first").status_code == 200
    seconds.time += 2
    assert ask(keyed, "first").status_code == 401, "no longer published"
    assert len(receiver.paths) == 2


def test_unknown_key_is_looked_for_once_in_a_while(keyed: Client, receiver: Receiver, seconds: Clock) -> None:
    assert ask(keyed, "first").status_code == 200
    publish(receiver, "first", "second")
    assert ask(keyed, "second").status_code == 401, "the keys were fetched a moment ago"
    seconds.time += client_keys.REFETCH_SECONDS + 1
    assert ask(keyed, "second").status_code == 200
    for _ in range(5):
        assert ask(keyed, "third").status_code == 401
    assert len(receiver.paths) == 2
    assert ask(keyed, "first").status_code == 200


def test_assertion_without_kid_is_tried_with_each_key(keyed: Client, receiver: Receiver) -> None:
    publish(receiver, "first", "second")
    assert ask(keyed, "second", named=None).status_code == 200
    assert ask(keyed, "third", named=None).status_code == 401


def test_unreachable_keys_are_not_asked_for_at_each_request(keyed: Client, receiver: Receiver, seconds: Clock) -> None:
    receiver.statuses = [500]
    for _ in range(3):
        response = ask(keyed, "first")
        assert (response.status_code, response.get_json()["error"]) == (401, "invalid_client")
        assert "jwks_uri" in response.get_json()["error_description"]
    assert len(receiver.paths) == 1
    seconds.time += client_keys.REFETCH_SECONDS + 1
    assert ask(keyed, "first").status_code == 200


def test_failed_look_for_an_unknown_key_leaves_the_known_ones(
    keyed: Client, receiver: Receiver, seconds: Clock
) -> None:
    """Otherwise anyone could lock the application out with made-up key ids while its server is slow."""
    assert ask(keyed, "first").status_code == 200
    seconds.time += client_keys.REFETCH_SECONDS + 1
    receiver.statuses = [500]
    assert ask(keyed, "third").status_code == 401
    assert ask(keyed, "first").status_code == 200
    assert len(receiver.paths) == 2


@pytest.mark.parametrize(
    "body",
    [
        "",
        "no JSON",
        "[]",
        '{"keys": 7}',
        '{"keys": []}',
        '{"keys": ["a"]}',
        '{"keys": [{"kty": "oct", "k": "c2VjcmV0"}]}',
    ],
    ids=["empty", "text", "list", "number", "no keys", "no objects", "symmetric"],
)
def test_response_without_usable_keys_is_rejected(keyed: Client, receiver: Receiver, body: str) -> None:
    receiver.body = body
    assert ask(keyed, "first").get_json()["error"] == "invalid_client"


def test_private_and_short_keys_are_not_used(keyed: Client, receiver: Receiver) -> None:
    private = strict_json.read_object(jwt.algorithms.ECAlgorithm.to_jwk(KEYS["first"]))
    weak = rsa.generate_private_key(public_exponent=65537, key_size=1024).public_key()  # noqa: S505 - it is refused
    short = strict_json.read_object(jwt.algorithms.RSAAlgorithm.to_jwk(weak))
    receiver.body = json.dumps({"keys": [{**private, "kid": "first"}, {**short, "kid": "short"}, jwk("second")]})
    assert ask(keyed, "first").status_code == 401
    assert ask(keyed, "second").status_code == 200


def test_key_for_encryption_is_not_used(keyed: Client, receiver: Receiver) -> None:
    receiver.body = json.dumps({"keys": [jwk("first", use="enc"), jwk("second", use="sig")]})
    assert ask(keyed, "first").status_code == 401
    assert ask(keyed, "second").status_code == 200


@pytest.mark.parametrize("behavior", ["endless", "dripping"])
def test_endless_and_slow_responses_end(
    keyed: Client, receiver: Receiver, behavior: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.applications.outbound.TOTAL_SECONDS", 0.5)
    receiver.behavior = behavior
    assert ask(keyed, "first").status_code == 401


def test_redirect_is_not_followed(keyed: Client, receiver: Receiver) -> None:
    receiver.statuses = [302]
    assert ask(keyed, "first").status_code == 401
    assert receiver.paths == ["/keys"]


@pytest.mark.parametrize(
    "uri", ["http://localhost:{port}/keys", "https://127.0.0.1:{port}/keys", "https://localhost:{port}/keys"]
)
def test_private_address_is_not_called(
    cast: Cast, receiver: Receiver, uri: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbound = Outbound((), before_request=refuse_in_unit_of_work)
    monkeypatch.setitem(cast.app.extensions, "client_keys", ClientKeys(outbound))
    client = with_keys_at(cast, uri.format(port=receiver.port))
    publish(receiver, "first")
    response = ask(client, "first")
    assert response.status_code == 401
    assert "public" in response.get_json()["error_description"]
    assert receiver.paths == []


def test_requests_at_once_share_one_fetch(keyed: Client, receiver: Receiver) -> None:
    statuses: list[int] = []
    threads = [threading.Thread(target=lambda: statuses.append(ask(keyed, "first").status_code)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 5
    assert len(receiver.paths) == 1


def test_number_of_remembered_addresses_is_bounded(receiver: Receiver, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_keys, "MOST_REMEMBERED", 2)
    publish(receiver, "first")
    keys = ClientKeys(Outbound((receiver.host,)))
    for path in ("a", "b", "c", "c", "a"):
        assert keys.candidates(f"http://{receiver.host}/{path}", "first")
    assert receiver.paths == ["/a", "/b", "/c", "/a"]
