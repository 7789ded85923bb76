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
from tests.entra.minting import KEY, KID, OTHER_KEY, TENANT

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
    """A monotonic clock for the directory, advanced by hand."""

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


def test_keys_are_fetched_once(directory: OpenIdDiscovery, server: Answering) -> None:
    for _ in range(10):
        assert directory.signing_key(TENANT, KID).public_numbers() == KEY.public_key().public_numbers()
    assert server.asked == [DISCOVERY, KEYS]


def test_fifty_concurrent_sign_ins_fetch_keys_once(directory: OpenIdDiscovery, server: Answering) -> None:
    with ThreadPoolExecutor(50) as threads:
        list(threads.map(lambda _: directory.signing_key(TENANT, KID), range(50)))
    assert server.asked == [DISCOVERY, KEYS]


def test_waiting_threads_do_not_repeat_a_failed_fetch(directory: OpenIdDiscovery, server: Answering) -> None:
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


def test_thousand_unknown_keys_cause_one_fetch_in_thirty_seconds(
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


def test_thousand_unknown_keys_cause_one_fetch_without_cached_keys(
    directory: OpenIdDiscovery, server: Answering, clock: Clock
) -> None:
    assert all(is_unknown(directory, f"unknown-{number}") for number in range(1000))
    assert server.count(KEYS) == 1


def fails(directory: OpenIdDiscovery, kid: str) -> bool:
    with pytest.raises(ServiceUnavailable) as failure:
        directory.signing_key(TENANT, kid)
    assert 1 <= (failure.value.retry_after or 0) <= 30
    return True


def test_failed_key_lookup_is_not_an_unknown_key_and_is_retried_soon(
    directory: OpenIdDiscovery, server: Answering, clock: Clock
) -> None:
    directory.signing_key(TENANT, KID)
    server.say(KEYS, b"", 503)
    assert fails(directory, "key-2")
    server.say(KEYS, {"keys": [minting.jwk(OTHER_KEY, "key-2")]})
    clock.now += 2
    assert directory.signing_key(TENANT, "key-2")


@pytest.mark.parametrize("is_first", [True, False], ids=["nothing is known", "another key is known"])
def test_failed_key_lookup_is_retried_with_growing_delay(
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
    assert is_first or directory.signing_key(TENANT, KID), "the known key is used meanwhile"


def test_success_resets_retry_delay(directory: OpenIdDiscovery, server: Answering, clock: Clock) -> None:
    for _ in range(4):
        server.say(KEYS, b"", 503)
        assert fails(directory, KID)
        clock.now += 2
        server.say(KEYS, {"keys": [minting.jwk()]})
        assert directory.signing_key(TENANT, KID)
        clock.now += 25 * HOUR


@pytest.mark.parametrize("response", [b"<html>", {"keys": []}, {"keys": [{"kty": "oct"}]}], ids=repr)
def test_key_set_without_usable_key_keeps_cached_keys(
    directory: OpenIdDiscovery, server: Answering, clock: Clock, response: Any
) -> None:
    directory.signing_key(TENANT, KID)
    server.say(KEYS, response)
    with pytest.raises(InvalidResponse):
        directory.signing_key(TENANT, "unknown")
    clock.now += 2 * HOUR
    assert directory.signing_key(TENANT, KID)


def test_new_key_is_found_after_one_fetch(directory: OpenIdDiscovery, server: Answering) -> None:
    directory.signing_key(TENANT, KID)
    server.say(KEYS, {"keys": [minting.jwk(OTHER_KEY, "key-2")]})
    assert directory.signing_key(TENANT, "key-2").public_numbers() == OTHER_KEY.public_key().public_numbers()
    assert server.count(KEYS) == 2


def test_removed_key_is_rejected_within_an_hour(directory: OpenIdDiscovery, server: Answering, clock: Clock) -> None:
    directory.signing_key(TENANT, KID)
    server.say(KEYS, {"keys": [minting.jwk(OTHER_KEY, "key-2")]})
    clock.now += HOUR
    assert is_unknown(directory, KID)


def test_cached_keys_are_used_for_a_day_while_directory_is_down(
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


def test_directory_that_is_down_is_asked_less_often(
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


def test_keys_work_again_once_directory_is_back(directory: OpenIdDiscovery, server: Answering, clock: Clock) -> None:
    directory.signing_key(TENANT, KID)
    server.say(KEYS, b"", 503)
    clock.now += 25 * HOUR
    with pytest.raises(ServiceUnavailable):
        directory.signing_key(TENANT, KID)
    server.say(KEYS, {"keys": [minting.jwk()]})
    clock.now += 31
    assert directory.signing_key(TENANT, KID)


@pytest.mark.parametrize("response", [b"<html>", [], {"keys": "none"}, {}], ids=repr)
def test_invalid_key_set_provides_no_key(directory: OpenIdDiscovery, server: Answering, response: Any) -> None:
    server.say(KEYS, response)
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
def test_invalid_key_is_skipped_and_others_are_used(directory: OpenIdDiscovery, server: Answering, odd: Any) -> None:
    server.say(KEYS, {"keys": [odd, minting.jwk(OTHER_KEY, "key-2")]})
    assert directory.signing_key(TENANT, "key-2")
    assert is_unknown(directory, KID)


def test_tenant_metadata_is_read(directory: OpenIdDiscovery, server: Answering) -> None:
    found = directory.metadata(TENANT.upper())
    assert found.tenant == TENANT
    assert found.issuer == f"https://localhost:{server.port}/{TENANT}/v2.0"


def test_verified_domain_is_resolved_to_tenant_id(directory: OpenIdDiscovery, server: Answering) -> None:
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
def test_metadata_with_missing_or_foreign_url_is_rejected(
    directory: OpenIdDiscovery, server: Answering, name: str, wrong: Any
) -> None:
    server.say(DISCOVERY, metadata(server, **{name: wrong}))
    with pytest.raises(InvalidResponse):
        directory.metadata(TENANT)


@pytest.mark.parametrize("tenant", ["common", "organizations", "consumers"])
def test_multi_tenant_endpoints_are_rejected(directory: OpenIdDiscovery, server: Answering, tenant: str) -> None:
    issuer = f"https://localhost:{server.port}/{{tenantid}}/v2.0"
    server.say(f"/{tenant}/v2.0/.well-known/openid-configuration", metadata(server, issuer=issuer))
    with pytest.raises(InvalidResponse, match="no single tenant"):
        directory.metadata(tenant)


@pytest.mark.parametrize("status", [400, 404])
def test_unknown_tenant_raises_error_90002(directory: OpenIdDiscovery, server: Answering, status: int) -> None:
    server.say(DISCOVERY, {"error": "invalid_tenant"}, status)
    with pytest.raises(OAuthError) as refused:
        directory.metadata(TENANT)
    assert refused.value.codes == (90002,)


def test_failure_is_not_cached(directory: OpenIdDiscovery, server: Answering) -> None:
    server.say(DISCOVERY, b"", 503)
    with pytest.raises(ServiceUnavailable):
        directory.metadata(TENANT)
    server.say(DISCOVERY, metadata(server))
    assert directory.metadata(TENANT)


def test_hanging_tenant_does_not_delay_another(directory: OpenIdDiscovery, server: Answering) -> None:
    server.hang("/slow.example/v2.0/.well-known/openid-configuration")

    def ask() -> None:
        with pytest.raises(ServiceUnavailable):
            directory.metadata("slow.example")

    slow = threading.Thread(target=ask)
    slow.start()
    assert directory.metadata(TENANT).tenant == TENANT
    server.over.set()
    slow.join()
