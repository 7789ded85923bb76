"""Invalid ID tokens in the complete flow: an error page and one audit entry."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.entra import discovery
from tests.assertions import audit_entries, holds_token, last_failure_reason, rows, written
from tests.browser import Browser, pick
from tests.cast import ALICE, BOB, Cast
from tests.directory import CONTOSO, CONTOSO_CLIENT, FABRIKAM


class StoppedClock:
    """A monotonic clock that the test advances."""

    def __init__(self) -> None:
        self.now = time.monotonic()

    def monotonic(self) -> float:
        return self.now


V1_ISSUER = f"https://sts.windows.net/{CONTOSO}/"


def refused(cast: Cast, reason: str, browser: Browser | None = None) -> str:
    """Signs in and expects an error; returns the page."""
    browser = browser or cast.browser()
    back = pick(cast.directory, browser.begin("contoso"), ALICE)
    before = rows(cast.app)
    response = browser.get(back)
    assert response.status_code == 400, response.text
    assert browser.get("/account").status_code == 302, "no one is signed in"
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    (entry,) = audit_entries(cast.app, "sign_in.refused")
    assert entry.detail == {"reason": f"id_token_{reason}"}
    assert entry.reference
    assert entry.reference in response.text
    assert "We couldn’t verify" in response.text or "We couldn’t verify this sign-in" in response.text
    assert not holds_token(response.text)
    return response.text


@pytest.mark.parametrize(
    ("alg", "reason"),
    [
        ("none", "malformed"),
        ("HS256", "algorithm"),
        ("RS512", "algorithm"),
        ("PS256", "algorithm"),
        ("ES256", "algorithm"),
        ("bad_signature", "signature"),
        ("unknown_key", "unknown_key"),
    ],
)
def test_token_with_invalid_signature_is_rejected(cast: Cast, alg: str, reason: str) -> None:
    cast.directory.drill("id_token", alg=alg)
    refused(cast, reason)


@pytest.mark.parametrize(
    ("claims", "reason"),
    [
        ({"iss": "https://login.microsoftonline.com/{tenantid}/v2.0"}, "issuer"),
        ({"iss": V1_ISSUER}, "issuer"),
        ({"tid": FABRIKAM}, "tenant"),
        ({"aud": "00000003-0000-0000-c000-000000000000"}, "audience"),
        ({"aud": [CONTOSO_CLIENT, FABRIKAM]}, "audience"),
        ({"azp": FABRIKAM}, "audience"),
        ({"ver": "1.0"}, "version"),
        ({"exp": {"seconds": -1}}, "expired"),
        ({"iat": {"seconds": 200}}, "issued_in_future"),
        ({"nbf": {"seconds": 200}}, "not_yet_valid"),
        ({"exp": "soon"}, "malformed"),
        ({"nonce": "not-this-one"}, "nonce"),
        ({"nonce": "\ud800"}, "nonce"),
        ({"oid": ""}, "object_id"),
        ({"oid": "'; DROP TABLE person"}, "object_id"),
        ({"sub": None}, "subject_missing"),
    ],
    ids=str,
)
def test_token_with_invalid_claim_is_rejected(cast: Cast, claims: dict[str, Any], reason: str) -> None:
    cast.directory.drill("id_token", alg="RS256", claims=claims)
    refused(cast, reason)


@pytest.mark.parametrize("ending", ["/", ".evil.example", "?x"])
def test_issuer_with_only_a_valid_prefix_is_rejected(cast: Cast, ending: str) -> None:
    issuer = f"https://localhost:{cast.directory.port}/{CONTOSO}/v2.0{ending}"
    cast.directory.drill("id_token", alg="RS256", claims={"iss": issuer})
    refused(cast, "issuer")


def test_issuer_of_another_tenant_is_rejected(cast: Cast) -> None:
    issuer = f"https://localhost:{cast.directory.port}/{FABRIKAM}/v2.0"
    cast.directory.drill("id_token", alg="RS256", claims={"iss": issuer})
    refused(cast, "issuer")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("exp", "exp_missing"),
        ("iat", "iat_missing"),
        ("sub", "subject_missing"),
        ("oid", "object_id_missing"),
        ("tid", "tenant"),
        ("iss", "issuer"),
        ("aud", "audience"),
        ("nonce", "nonce_missing"),
    ],
)
def test_token_without_required_claim_is_rejected(cast: Cast, name: str, reason: str) -> None:
    cast.directory.drill("id_token", alg="RS256", remove=[name])
    refused(cast, reason)


@pytest.mark.parametrize(
    ("defect", "reason"),
    [
        ({"header": {"kid": "unknown"}}, "unknown_key"),
        ({"header": {"kid": None}}, "header"),
        ({"header": {"crit": ["b64"], "b64": False}}, "header"),
        ({"header": {"typ": "at+jwt"}}, "header"),
        ({"duplicate": ["oid"]}, "duplicate_key"),
        ({"duplicate": {"tid": FABRIKAM}}, "duplicate_key"),
        ({"pad": 16 * 1024}, "too_large"),
        ({"raw": "nonsense"}, "malformed"),
        ({"raw": "a.b.c"}, "malformed"),
        ({"raw": "e30.e30."}, "malformed"),
        ({"raw": ""}, "missing"),
        ({"raw": "é\x00"}, "malformed"),
    ],
    ids=str,
)
def test_malformed_token_is_rejected(cast: Cast, defect: dict[str, Any], reason: str) -> None:
    cast.directory.drill("id_token", **{"alg": "RS256", **defect})
    refused(cast, reason)


def _nonce(url: str) -> str:
    return parse_qs(urlsplit(url).query)["nonce"][0]


@pytest.mark.parametrize("whose", ["another browser's", "another company's", "this browser's other transaction's"])
def test_nonce_of_another_transaction_is_rejected(cast: Cast, whose: str) -> None:
    browser = cast.browser()
    start: Callable[[], str] = {
        "another browser's": lambda: cast.browser().begin("contoso"),
        "another company's": lambda: browser.begin("fabrikam"),
        "this browser's other transaction's": lambda: browser.begin("contoso"),
    }[whose]
    cast.directory.drill("id_token", alg="RS256", claims={"nonce": _nonce(start())})
    refused(cast, "nonce", browser)


def test_reused_nonce_is_rejected(cast: Cast) -> None:
    earlier = cast.browser()
    url = earlier.begin("contoso")
    assert earlier.get(pick(cast.directory, url, BOB)).status_code == 303
    cast.directory.drill("id_token", alg="RS256", claims={"nonce": _nonce(url)})
    refused(cast, "nonce")


def test_wrong_clock_is_named_to_admin(cast: Cast) -> None:
    cast.directory.drill("id_token", alg="RS256", claims={"exp": {"seconds": -300}, "iat": {"seconds": -3900}})
    assert "clock" in refused(cast, "expired")


def test_clock_skew_of_two_minutes_is_tolerated(cast: Cast) -> None:
    cast.directory.drill("id_token", alg="RS256", claims={"nbf": {"seconds": 100}, "iat": {"seconds": 100}})
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303


@pytest.mark.parametrize("keep_old", [True, False])
def test_freshly_rotated_keys_are_accepted_after_one_fetch(cast: Cast, keep_old: bool) -> None:
    cast.bob()
    cast.directory.forget_requests()
    cast.directory.drill("keys_rotated", keep_old=keep_old)
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303
    assert len(cast.directory.requests("keys")) == 1


def test_repeated_unknown_keys_cause_one_fetch(cast: Cast) -> None:
    cast.bob()
    cast.directory.forget_requests()
    cast.directory.drill("id_token", alg="unknown_key")
    for _ in range(5):
        assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 400
    assert len(cast.directory.requests("keys")) == 1


def test_cached_keys_are_used_while_key_set_is_unreachable(cast: Cast) -> None:
    cast.bob()
    cast.directory.drill("keys_unreachable")
    cast.directory.drill("discovery_unreachable")
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303


def test_failed_key_lookup_after_rotation_returns_503_for_two_seconds(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.bob()
    clock = StoppedClock()
    monkeypatch.setattr(discovery, "time", clock)
    cast.directory.drill("keys_rotated", times=1)
    cast.directory.drill("keys_unreachable")
    for _ in range(2):
        response = cast.browser().sign_in_as(ALICE, "contoso", cast.directory)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
        assert last_failure_reason(cast.app) == "directory_unreachable"
    cast.directory.clear_drills()
    clock.now += 2
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303


def test_current_session_survives_rejected_token(cast: Cast) -> None:
    browser = cast.bob()
    cast.directory.drill("id_token", alg="bad_signature")
    assert browser.sign_in_as(ALICE, "contoso", cast.directory).status_code == 400
    assert last_failure_reason(cast.app) == "id_token_signature"
    assert "bjorn" in browser.get("/account").text.lower()
