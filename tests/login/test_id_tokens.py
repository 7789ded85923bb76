"""ID tokens that must not be believed, the whole way: a page with words, and one line of history."""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.entra import discovery
from tests.assertions import history, holds_token, last_refusal, rows, written
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
    """Signs in, and expects to be refused; the page."""
    browser = browser or cast.browser()
    back = pick(cast.directory, browser.begin("contoso"), ALICE)
    before = rows(cast.app)
    response = browser.get(back)
    assert response.status_code == 400, response.text
    assert browser.get("/account").status_code == 302, "nobody is signed in"
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    (entry,) = history(cast.app, "sign_in.refused")
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
def test_a_token_that_is_signed_wrongly_is_refused(cast: Cast, alg: str, reason: str) -> None:
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
def test_a_token_that_says_the_wrong_thing_is_refused(cast: Cast, claims: dict[str, Any], reason: str) -> None:
    cast.directory.drill("id_token", alg="RS256", claims=claims)
    refused(cast, reason)


@pytest.mark.parametrize("ending", ["/", ".evil.example", "?x"])
def test_an_issuer_that_only_begins_right_is_refused(cast: Cast, ending: str) -> None:
    issuer = f"https://localhost:{cast.directory.port}/{CONTOSO}/v2.0{ending}"
    cast.directory.drill("id_token", alg="RS256", claims={"iss": issuer})
    refused(cast, "issuer")


def test_an_issuer_of_another_tenant_is_refused(cast: Cast) -> None:
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
def test_a_token_that_lacks_a_claim_is_refused(cast: Cast, name: str, reason: str) -> None:
    cast.directory.drill("id_token", alg="RS256", remove=[name])
    refused(cast, reason)


@pytest.mark.parametrize(
    ("defect", "reason"),
    [
        ({"header": {"kid": "nobody's"}}, "unknown_key"),
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
def test_a_token_of_an_odd_shape_is_refused(cast: Cast, defect: dict[str, Any], reason: str) -> None:
    cast.directory.drill("id_token", **{"alg": "RS256", **defect})
    refused(cast, reason)


def _nonce(url: str) -> str:
    return parse_qs(urlsplit(url).query)["nonce"][0]


@pytest.mark.parametrize("whose", ["another browser's", "another company's", "this browser's other attempt's"])
def test_a_nonce_of_another_attempt_is_refused(cast: Cast, whose: str) -> None:
    browser = cast.browser()
    begun: Callable[[], str] = {
        "another browser's": lambda: cast.browser().begin("contoso"),
        "another company's": lambda: browser.begin("fabrikam"),
        "this browser's other attempt's": lambda: browser.begin("contoso"),
    }[whose]
    cast.directory.drill("id_token", alg="RS256", claims={"nonce": _nonce(begun())})
    refused(cast, "nonce", browser)


def test_a_nonce_that_was_used_before_is_refused(cast: Cast) -> None:
    earlier = cast.browser()
    url = earlier.begin("contoso")
    assert earlier.get(pick(cast.directory, url, BOB)).status_code == 303
    cast.directory.drill("id_token", alg="RS256", claims={"nonce": _nonce(url)})
    refused(cast, "nonce")


def test_a_wrong_clock_is_named_to_the_admin(cast: Cast) -> None:
    cast.directory.drill("id_token", alg="RS256", claims={"exp": {"seconds": -300}, "iat": {"seconds": -3900}})
    assert "clock" in refused(cast, "expired")


def test_a_clock_that_is_a_minute_off_hinders_nobody(cast: Cast) -> None:
    cast.directory.drill("id_token", alg="RS256", claims={"nbf": {"seconds": 100}, "iat": {"seconds": 100}})
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303


@pytest.mark.parametrize("keep_old", [True, False])
def test_keys_that_were_rotated_just_before_signing_are_accepted_after_one_fetch(cast: Cast, keep_old: bool) -> None:
    cast.bob()
    cast.directory.forget_requests()
    cast.directory.drill("keys_rotated", keep_old=keep_old)
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303
    assert len(cast.directory.requests("keys")) == 1


def test_unknown_keys_make_us_ask_once_however_many_come(cast: Cast) -> None:
    cast.bob()
    cast.directory.forget_requests()
    cast.directory.drill("id_token", alg="unknown_key")
    for _ in range(5):
        assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 400
    assert len(cast.directory.requests("keys")) == 1


def test_known_keys_serve_while_the_key_set_cannot_be_reached(cast: Cast) -> None:
    cast.bob()
    cast.directory.drill("keys_unreachable")
    cast.directory.drill("discovery_unreachable")
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303


def test_keys_that_cannot_be_looked_up_after_a_rotation_are_a_503_for_two_seconds(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    cast.bob()
    clock = StoppedClock()
    monkeypatch.setattr(discovery, "time", clock)
    cast.directory.drill("keys_rotated", times=1)
    cast.directory.drill("keys_unreachable")
    for _ in range(2):
        answer = cast.browser().sign_in_as(ALICE, "contoso", cast.directory)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert last_refusal(cast.app) == "directory_unreachable"
    cast.directory.calm()
    clock.now += 2
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303


def test_a_person_who_is_signed_in_stays_so_when_another_token_is_refused(cast: Cast) -> None:
    browser = cast.bob()
    cast.directory.drill("id_token", alg="bad_signature")
    assert browser.sign_in_as(ALICE, "contoso", cast.directory).status_code == 400
    assert last_refusal(cast.app) == "id_token_signature"
    assert "bjorn" in browser.get("/account").text.lower()
