"""Invalid ID tokens posted by a page: a JSON response with a stable name, and one audit entry.

test_id_tokens.py defines these tokens: both flows reject the same ones for the same reasons.
"""

from collections.abc import Callable
from typing import Any

import pytest

from app.entra import discovery
from tests.assertions import audit_entries, holds_token, json_of, last_failure_reason, rows, written
from tests.cast import ALICE, BOB, Cast
from tests.directory import CONTOSO, FABRIKAM
from tests.login import test_id_tokens as redirect_flow
from tests.spa import Page, open_page, sign_in_on_page


def same_tokens_as(test: Callable[..., None]) -> pytest.MarkDecorator:
    """The parameters of the server flow's test."""
    (mark,) = test.pytestmark  # type: ignore[attr-defined]
    return pytest.mark.parametrize(*mark.args, **mark.kwargs)


@pytest.fixture(autouse=True)
def _on_single_page(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")


def refused(cast: Cast, reason: str, page: Page | None = None) -> dict[str, Any]:
    """Posts the directory's tokens and expects an error; returns the response."""
    page = page or open_page(cast.browser(), "contoso")
    tokens = page.tokens(cast.directory, ALICE)
    before = rows(cast.app)
    response = page.post_tokens(tokens)
    assert response.status_code == 401, response.text
    assert response.mimetype == "application/json"
    assert response.headers["Cache-Control"] == "no-store"
    assert json_of(response)["error"] == f"id_token_{reason}"
    assert json_of(response)["title"] == "We couldn’t verify this sign-in"
    assert page.browser.get("/account").status_code == 302, "no one is signed in"
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    (entry,) = audit_entries(cast.app, "sign_in.refused")
    assert entry.detail == {"reason": f"id_token_{reason}"}
    assert entry.reference == json_of(response)["reference"]
    assert not holds_token(response.text)
    content: dict[str, Any] = json_of(response)
    return content


@same_tokens_as(redirect_flow.test_token_with_invalid_signature_is_rejected)
def test_token_with_invalid_signature_is_rejected(cast: Cast, alg: str, reason: str) -> None:
    cast.directory.drill("id_token", alg=alg)
    refused(cast, reason)


@same_tokens_as(redirect_flow.test_token_with_invalid_claim_is_rejected)
def test_token_with_invalid_claim_is_rejected(cast: Cast, claims: dict[str, Any], reason: str) -> None:
    cast.directory.drill("id_token", alg="RS256", claims=claims)
    refused(cast, reason)


@same_tokens_as(redirect_flow.test_issuer_with_only_a_valid_prefix_is_rejected)
def test_issuer_with_only_a_valid_prefix_is_rejected(cast: Cast, ending: str) -> None:
    issuer = f"https://localhost:{cast.directory.port}/{CONTOSO}/v2.0{ending}"
    cast.directory.drill("id_token", alg="RS256", claims={"iss": issuer})
    refused(cast, "issuer")


def test_issuer_of_another_tenant_is_rejected(cast: Cast) -> None:
    issuer = f"https://localhost:{cast.directory.port}/{FABRIKAM}/v2.0"
    cast.directory.drill("id_token", alg="RS256", claims={"iss": issuer})
    refused(cast, "issuer")


@same_tokens_as(redirect_flow.test_token_without_required_claim_is_rejected)
def test_token_without_required_claim_is_rejected(cast: Cast, name: str, reason: str) -> None:
    cast.directory.drill("id_token", alg="RS256", remove=[name])
    refused(cast, reason)


@same_tokens_as(redirect_flow.test_malformed_token_is_rejected)
def test_malformed_token_is_rejected(cast: Cast, defect: dict[str, Any], reason: str) -> None:
    cast.directory.drill("id_token", **{"alg": "RS256", **defect})
    refused(cast, reason)


@pytest.mark.parametrize(
    "token", [None, 7, True, [], ["eyJ"], {}, "", " ", "\ud800", "x" * 2_000_000], ids=lambda token: repr(token)[:12]
)
def test_value_that_is_not_a_token_is_rejected(cast: Cast, token: object) -> None:
    page = open_page(cast.browser(), "contoso")
    tokens = {**page.tokens(cast.directory, ALICE), "id_token": token}
    before = rows(cast.app)
    response = page.post_tokens(tokens)
    assert response.status_code in (401, 413)
    assert set(written(before, rows(cast.app))) <= {"audit_entry"}
    assert page.browser.get("/account").status_code == 302


def test_token_with_missing_or_extra_part_is_rejected(cast: Cast) -> None:
    page = open_page(cast.browser(), "contoso")
    tokens = page.tokens(cast.directory, ALICE)
    for malformed in (tokens["id_token"].rpartition(".")[0], tokens["id_token"] + ".e30", tokens["id_token"] + " "):
        response = page.post_tokens({**tokens, "id_token": malformed})
        assert (response.status_code, json_of(response)["error"]) == (401, "id_token_malformed")
    assert page.post_tokens(tokens).status_code == 200


def test_access_token_is_rejected_as_id_token(cast: Cast) -> None:
    page = open_page(cast.browser(), "contoso")
    tokens = page.tokens(cast.directory, ALICE)
    response = page.post_tokens({**tokens, "id_token": tokens["access_token"]})
    assert response.status_code == 401
    assert json_of(response)["error"].startswith("id_token_")


@pytest.mark.parametrize("whose", ["another browser's", "another company's", "an earlier page's"])
def test_token_with_nonce_of_another_page_is_rejected(cast: Cast, whose: str) -> None:
    cast.switch(FABRIKAM, "spa")
    browser = cast.browser()
    other = {
        "another browser's": lambda: open_page(cast.browser(), "contoso"),
        "another company's": lambda: open_page(browser, "fabrikam"),
        "an earlier page's": lambda: open_page(browser, "contoso"),
    }[whose]()
    cast.directory.drill("id_token", alg="RS256", claims={"nonce": other.settings["nonce"]})
    refused(cast, "nonce", open_page(browser, "contoso"))


def test_used_token_is_rejected_in_another_browser(cast: Cast) -> None:
    first = open_page(cast.browser(), "contoso")
    used = first.tokens(cast.directory, BOB)
    assert first.post_tokens(used).status_code == 200
    second = open_page(cast.browser(), "contoso")
    assert json_of(second.post_tokens(used))["error"] == "nonce_foreign"
    assert json_of(second.post_tokens({**used, "nonce": second.settings["nonce"]}))["error"] == "id_token_nonce"


def test_wrong_clock_is_named_to_admin(cast: Cast) -> None:
    cast.directory.drill("id_token", alg="RS256", claims={"exp": {"seconds": -300}, "iat": {"seconds": -3900}})
    assert "clock" in refused(cast, "expired")["admin"]


def test_clock_skew_of_two_minutes_is_tolerated(cast: Cast) -> None:
    cast.directory.drill("id_token", alg="RS256", claims={"nbf": {"seconds": 100}, "iat": {"seconds": 100}})
    assert sign_in_on_page(cast.browser(), ALICE, "contoso", cast.directory).status_code == 200


@pytest.mark.parametrize("keep_old", [True, False])
def test_freshly_rotated_keys_are_accepted_after_one_fetch(cast: Cast, keep_old: bool) -> None:
    sign_in_on_page(cast.browser(), BOB, "contoso", cast.directory)
    cast.directory.forget_requests()
    cast.directory.drill("keys_rotated", keep_old=keep_old)
    assert sign_in_on_page(cast.browser(), ALICE, "contoso", cast.directory).status_code == 200
    assert len(cast.directory.requests("keys")) == 1


def test_repeated_unknown_keys_cause_one_fetch(cast: Cast) -> None:
    sign_in_on_page(cast.browser(), BOB, "contoso", cast.directory)
    cast.directory.forget_requests()
    cast.directory.drill("id_token", alg="unknown_key")
    for _ in range(5):
        assert sign_in_on_page(cast.browser(), ALICE, "contoso", cast.directory).status_code == 401
    assert len(cast.directory.requests("keys")) == 1


def test_failed_key_lookup_after_rotation_returns_503_for_two_seconds(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in_on_page(cast.browser(), BOB, "contoso", cast.directory)
    clock = redirect_flow.StoppedClock()
    monkeypatch.setattr(discovery, "time", clock)
    cast.directory.drill("keys_rotated", times=1)
    cast.directory.drill("keys_unreachable")
    for _ in range(2):
        response = sign_in_on_page(cast.browser(), ALICE, "contoso", cast.directory)
        assert (response.status_code, response.headers["Retry-After"]) == (503, "2")
        assert json_of(response)["error"] == "directory_unreachable"
    cast.directory.clear_drills()
    clock.now += 2
    assert sign_in_on_page(cast.browser(), ALICE, "contoso", cast.directory).status_code == 200


def test_current_session_survives_rejected_token(cast: Cast) -> None:
    browser = cast.browser()
    sign_in_on_page(browser, BOB, "contoso", cast.directory)
    cast.directory.drill("id_token", alg="bad_signature")
    assert sign_in_on_page(browser, ALICE, "contoso", cast.directory).status_code == 401
    assert last_failure_reason(cast.app) == "id_token_signature"
    assert "bjorn" in browser.get("/account").text.lower()
