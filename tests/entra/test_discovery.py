"""Discovery: metadata is validated, keys are cached, and visitors can't cause frequent fetches."""

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from app.entra import discovery
from app.entra.discovery import OpenIdDiscovery
from app.entra.errors import InvalidIdToken, InvalidResponse, OAuthError, ServiceUnavailable
from app.entra.http_client import Http
from tests.entra import minting
from tests.entra.answering import Answering
from tests.entra.minting import KEY, KID, STRANGERS_KEY, TENANT

DISCOVERY = f"/{TENANT}/v2.0/.well-known/openid-configuration"
KEYS = f"/{TENANT}/discovery/v2.0/keys"
HOUR = 3600


def metadata(server: Answering, **changes: Any) -> dict[str, Any]:
    own = f"https://localhost:{server.port}/{TENANT}"
    return {
        "issuer": f"{own}/v2.0",
        "authorization_endpoint": f"{own}/oauth2/v2.0/authorize",
        "token_endpoint": f"{own}/oauth2/v2.0/token",
        "jwks_uri": f"{own}/discovery/v2.0/keys",
        "end_session_endpoint": f"{own}/oauth2/v2.0/logout",
        **changes,
    }


@pytest.fixture
def directory(server: Answering, http: Http) -> OpenIdDiscovery:
    server.say(DISCOVERY, metadata(server))
    server.say(KEYS, {"keys": [minting.jwk()]})
    return OpenIdDiscovery(server.cloud, http)


class Clock:
    """The directory's own monotonic clock, set forward by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(discovery, "time", clock)
    return clock


def is_unknown(directory: OpenIdDiscovery, kid: str) -> bool:
    with pytest.raises(InvalidIdToken, match="unknown_key"):
        directory.signing_key(TENANT, kid)
    return True


def test_keys_are_asked_for_once(directory: OpenIdDiscovery, server: Answering) -> None:
    for _ in range(10):
        assert directory.signing_key(TENANT, KID).public_numbers() == KEY.public_key().public_numbers()
    assert server.asked == [DISCOVERY, KEYS]


def test_fifty_sign_ins_at_once_ask_once(directory: OpenIdDiscovery, server: Answering) -> None:
    with ThreadPoolExecutor(50) as threads:
        list(threads.map(lambda _: directory.signing_key(TENANT, KID), range(50)))
    assert server.asked == [DISCOVERY, KEYS]


def test_whoever_waited_for_an_answer_that_did_not_come_does_not_ask_again(
    directory: OpenIdDiscovery, server: Answering
) -> None:
    server.hang(DISCOVERY)
    together = threading.Barrier(4)

    def ask() -> None:
        together.wait()
        with pytest.raises(ServiceUnavailable):
            directory.metadata(TENANT)

    with ThreadPoolExecutor(4) as threads:
        for one in [threads.submit(ask) for _ in range(4)]:
            one.result()
    assert server.asked == [DISCOVERY]
    server.say(DISCOVERY, metadata(server))
    assert directory.metadata(TENANT).tenant == TENANT


def test_a_thousand_unknown_keys_make_one_fetch_in_thirty_seconds(
    directory: OpenIdDiscovery, server: Answering, clock: Clock
) -> None:
    directory.signing_key(TENANT, KID)
    server.asked.clear()
    for number in range(1000):
        assert is_unknown(directory, f"unknown-{number}")
        clock.now += 29.9 / 1000
    assert server.asked == [KEYS]
    clock.now += 1
    assert is_unknown(directory, "unknown")
    assert server.asked == [KEYS, KEYS]


def test_a_thousand_unknown_keys_make_one_fetch_when_none_was_known_before(
    directory: OpenIdDiscovery, server: Answering, clock: Clock
) -> None:
    assert all(is_unknown(directory, f"unknown-{number}") for number in range(1000))
    assert server.count(KEYS) == 1


def fails(directory: OpenIdDiscovery, kid: str) -> bool:
    with pytest.raises(ServiceUnavailable) as failure:
        directory.signing_key(TENANT, kid)
    assert 1 <= (failure.value.retry_after or 0) <= 30
    return True


def test_a_key_that_could_not_be_looked_up_is_no_wrong_one_and_is_looked_up_again_within_seconds(
    directory: OpenIdDiscovery, server: Answering, clock: Clock
) -> None:
    directory.signing_key(TENANT, KID)
    server.say(KEYS, b"", 503)
    assert fails(directory, "key-2")
    server.say(KEYS, {"keys": [minting.jwk(STRANGERS_KEY, "key-2")]})
    clock.now += 2
    assert directory.signing_key(TENANT, "key-2")


@pytest.mark.parametrize("is_first", [True, False], ids=["nothing is known", "another key is known"])
def test_a_look_at_the_keys_that_failed_is_tried_again_after_two_seconds_then_later_each_time(
    directory: OpenIdDiscovery, server: Answering, clock: Clock, is_first: bool
) -> None:
    if not is_first:
        directory.signing_key(TENANT, KID)
    server.say(KEYS, b"", 503)
    server.asked.clear()
    asked_at: list[int] = []
    for second in range(121):
        assert fails(directory, f"unknown-{second}")
        if server.count(KEYS) > len(asked_at):
            asked_at.append(second)
        clock.now += 1
    assert asked_at == [0, 2, 6, 14, 30, 60, 90, 120]
    assert is_first or directory.signing_key(TENANT, KID), "the known key serves meanwhile"


def test_an_answer_forgets_that_earlier_looks_failed(
    directory: OpenIdDiscovery, server: Answering, clock: Clock
) -> None:
    for _ in range(4):
        server.say(KEYS, b"", 503)
        assert fails(directory, KID)
        clock.now += 2
        server.say(KEYS, {"keys": [minting.jwk()]})
        assert directory.signing_key(TENANT, KID)
        clock.now += 25 * HOUR


@pytest.mark.parametrize("answer", [b"<html>", {"keys": []}, {"keys": [{"kty": "oct"}]}], ids=repr)
def test_a_key_set_without_a_usable_key_takes_no_known_key_away(
    directory: OpenIdDiscovery, server: Answering, clock: Clock, answer: Any
) -> None:
    directory.signing_key(TENANT, KID)
    server.say(KEYS, answer)
    with pytest.raises(InvalidResponse):
        directory.signing_key(TENANT, "unknown")
    clock.now += 2 * HOUR
    assert directory.signing_key(TENANT, KID)


def test_a_key_made_just_now_is_found_after_one_more_fetch(directory: OpenIdDiscovery, server: Answering) -> None:
    directory.signing_key(TENANT, KID)
    server.say(KEYS, {"keys": [minting.jwk(STRANGERS_KEY, "key-2")]})
    assert directory.signing_key(TENANT, "key-2").public_numbers() == STRANGERS_KEY.public_key().public_numbers()
    assert server.count(KEYS) == 2


def test_a_key_that_was_withdrawn_is_refused_within_the_hour(
    directory: OpenIdDiscovery, server: Answering, clock: Clock
) -> None:
    directory.signing_key(TENANT, KID)
    server.say(KEYS, {"keys": [minting.jwk(STRANGERS_KEY, "key-2")]})
    clock.now += HOUR
    assert is_unknown(directory, KID)


def test_known_keys_serve_for_a_day_while_the_directory_does_not_answer(
    directory: OpenIdDiscovery, server: Answering, clock: Clock
) -> None:
    directory.signing_key(TENANT, KID)
    server.say(KEYS, b"<html>", 503)
    server.say(DISCOVERY, b"<html>", 503)
    for _ in range(23):
        clock.now += HOUR
        assert directory.signing_key(TENANT, KID)
    clock.now += HOUR
    with pytest.raises(ServiceUnavailable):
        directory.signing_key(TENANT, KID)


def test_while_the_directory_does_not_answer_it_is_asked_less_and_less_often_and_known_keys_serve(
    directory: OpenIdDiscovery, server: Answering, clock: Clock
) -> None:
    directory.signing_key(TENANT, KID)
    server.say(KEYS, b"", 503)
    server.asked.clear()
    clock.now += 2 * HOUR
    for _ in range(60):
        assert directory.signing_key(TENANT, KID)
        clock.now += 1
    assert server.count(KEYS) == 5


def test_keys_that_are_back_serve_again(directory: OpenIdDiscovery, server: Answering, clock: Clock) -> None:
    directory.signing_key(TENANT, KID)
    server.say(KEYS, b"", 503)
    clock.now += 25 * HOUR
    with pytest.raises(ServiceUnavailable):
        directory.signing_key(TENANT, KID)
    server.say(KEYS, {"keys": [minting.jwk()]})
    clock.now += 31
    assert directory.signing_key(TENANT, KID)


@pytest.mark.parametrize("answer", [b"<html>", [], {"keys": "none"}, {}], ids=repr)
def test_key_sets_that_are_none_give_no_key(directory: OpenIdDiscovery, server: Answering, answer: Any) -> None:
    server.say(KEYS, answer)
    with pytest.raises((InvalidResponse, InvalidIdToken)):
        directory.signing_key(TENANT, KID)


@pytest.mark.parametrize(
    "odd",
    [
        {"kty": "oct", "kid": KID, "k": "c2VjcmV0"},
        {"kty": "EC", "kid": KID, "crv": "P-256", "x": "AA", "y": "AA"},
        minting.jwk(use="enc"),
        minting.jwk(n="AQAB"),
        minting.jwk(n=None),
        {**minting.jwk(), "kid": 7},
        minting.jwk(rsa.generate_private_key(public_exponent=65537, key_size=1024)),  # noqa: S505 - which is the point
        {"kty": "RSA", "kid": KID},
        "text",
        None,
    ],
    ids=lambda odd: repr(odd)[:30],
)
def test_an_odd_key_is_passed_over_and_the_others_serve(
    directory: OpenIdDiscovery, server: Answering, odd: Any
) -> None:
    server.say(KEYS, {"keys": [odd, minting.jwk(STRANGERS_KEY, "key-2")]})
    assert directory.signing_key(TENANT, "key-2")
    assert is_unknown(directory, KID)


def test_the_metadata_of_a_tenant(directory: OpenIdDiscovery, server: Answering) -> None:
    found = directory.metadata(TENANT.upper())
    assert found.tenant == TENANT
    assert found.issuer == f"https://localhost:{server.port}/{TENANT}/v2.0"


def test_a_verified_domain_leads_to_the_tenants_id(directory: OpenIdDiscovery, server: Answering) -> None:
    server.say("/contoso.example/v2.0/.well-known/openid-configuration", metadata(server))
    assert directory.metadata("Contoso.example").tenant == TENANT


@pytest.mark.parametrize(
    "name", ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint"]
)
@pytest.mark.parametrize(
    "wrong",
    [
        None,
        7,
        "",
        f"https://evil.example/{TENANT}/v2.0",
        f"https://localhost.evil.example/{TENANT}/v2.0",
        f"https://localhost:1@evil.example/{TENANT}/v2.0",
        f"//localhost/{TENANT}/v2.0",
        "javascript:alert(1)",
    ],
)
def test_metadata_that_lacks_an_address_or_points_elsewhere_is_broken(
    directory: OpenIdDiscovery, server: Answering, name: str, wrong: Any
) -> None:
    server.say(DISCOVERY, metadata(server, **{name: wrong}))
    with pytest.raises(InvalidResponse):
        directory.metadata(TENANT)


@pytest.mark.parametrize("tenant", ["common", "organizations", "consumers"])
def test_endpoints_of_everybody_are_no_tenant(directory: OpenIdDiscovery, server: Answering, tenant: str) -> None:
    issuer = f"https://localhost:{server.port}/{{tenantid}}/v2.0"
    server.say(f"/{tenant}/v2.0/.well-known/openid-configuration", metadata(server, issuer=issuer))
    with pytest.raises(InvalidResponse, match="no single tenant"):
        directory.metadata(tenant)


@pytest.mark.parametrize("status", [400, 404])
def test_a_tenant_that_does_not_exist_is_refused_by_its_number(
    directory: OpenIdDiscovery, server: Answering, status: int
) -> None:
    server.say(DISCOVERY, {"error": "invalid_tenant"}, status)
    with pytest.raises(OAuthError) as refused:
        directory.metadata(TENANT)
    assert refused.value.codes == (90002,)


def test_a_failure_is_not_kept(directory: OpenIdDiscovery, server: Answering) -> None:
    server.say(DISCOVERY, b"", 503)
    with pytest.raises(ServiceUnavailable):
        directory.metadata(TENANT)
    server.say(DISCOVERY, metadata(server))
    assert directory.metadata(TENANT)


def test_one_tenant_that_hangs_does_not_hold_up_another(directory: OpenIdDiscovery, server: Answering) -> None:
    server.hang("/slow.example/v2.0/.well-known/openid-configuration")

    def ask() -> None:
        with pytest.raises(ServiceUnavailable):
            directory.metadata("slow.example")

    slow = threading.Thread(target=ask)
    slow.start()
    assert directory.metadata(TENANT).tenant == TENANT
    server.over.set()
    slow.join()
