"""Invalid ID tokens posted by a page: a JSON response with a stable name, and one audit entry.

test_id_tokens.py defines these tokens: both flows refuse the same ones for the same reasons.
"""

from collections.abc import Callable
from typing import Any

import pytest

from app.entra import discovery
from tests.assertions import history, holds_token, json_of, last_refusal, rows, written
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
    """Brings what the directory gives, and expects to be refused; the answer."""
    page = page or open_page(cast.browser(), "contoso")
    tokens = page.tokens(cast.directory, ALICE)
    before = rows(cast.app)
    answer = page.bring(tokens)
    assert answer.status_code == 401, answer.text
    assert answer.mimetype == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert json_of(answer)["error"] == f"id_token_{reason}"
    assert json_of(answer)["title"] == "We couldn’t verify this sign-in"
    assert page.browser.get("/account").status_code == 302, "nobody is signed in"
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    (entry,) = history(cast.app, "sign_in.refused")
    assert entry.detail == {"reason": f"id_token_{reason}"}
    assert entry.reference == json_of(answer)["reference"]
    assert not holds_token(answer.text)
    told: dict[str, Any] = json_of(answer)
    return told


@same_tokens_as(redirect_flow.test_a_token_that_is_signed_wrongly_is_refused)
def test_a_token_that_is_signed_wrongly_is_refused(cast: Cast, alg: str, reason: str) -> None:
    cast.directory.drill("id_token", alg=alg)
    refused(cast, reason)


@same_tokens_as(redirect_flow.test_a_token_that_says_the_wrong_thing_is_refused)
def test_a_token_that_says_the_wrong_thing_is_refused(cast: Cast, claims: dict[str, Any], reason: str) -> None:
    cast.directory.drill("id_token", alg="RS256", claims=claims)
    refused(cast, reason)


@same_tokens_as(redirect_flow.test_an_issuer_that_only_begins_right_is_refused)
def test_an_issuer_that_only_begins_right_is_refused(cast: Cast, ending: str) -> None:
    issuer = f"https://localhost:{cast.directory.port}/{CONTOSO}/v2.0{ending}"
    cast.directory.drill("id_token", alg="RS256", claims={"iss": issuer})
    refused(cast, "issuer")


def test_an_issuer_of_another_tenant_is_refused(cast: Cast) -> None:
    issuer = f"https://localhost:{cast.directory.port}/{FABRIKAM}/v2.0"
    cast.directory.drill("id_token", alg="RS256", claims={"iss": issuer})
    refused(cast, "issuer")


@same_tokens_as(redirect_flow.test_a_token_that_lacks_a_claim_is_refused)
def test_a_token_that_lacks_a_claim_is_refused(cast: Cast, name: str, reason: str) -> None:
    cast.directory.drill("id_token", alg="RS256", remove=[name])
    refused(cast, reason)


@same_tokens_as(redirect_flow.test_a_token_of_an_odd_shape_is_refused)
def test_a_token_of_an_odd_shape_is_refused(cast: Cast, defect: dict[str, Any], reason: str) -> None:
    cast.directory.drill("id_token", **{"alg": "RS256", **defect})
    refused(cast, reason)


@pytest.mark.parametrize(
    "token", [None, 7, True, [], ["eyJ"], {}, "", " ", "\ud800", "x" * 2_000_000], ids=lambda token: repr(token)[:12]
)
def test_what_is_no_token_at_all_is_refused(cast: Cast, token: object) -> None:
    page = open_page(cast.browser(), "contoso")
    tokens = {**page.tokens(cast.directory, ALICE), "id_token": token}
    before = rows(cast.app)
    answer = page.bring(tokens)
    assert answer.status_code in (401, 413)
    assert set(written(before, rows(cast.app))) <= {"audit_entry"}
    assert page.browser.get("/account").status_code == 302


def test_a_token_without_its_last_part_or_with_one_too_many_is_refused(cast: Cast) -> None:
    page = open_page(cast.browser(), "contoso")
    tokens = page.tokens(cast.directory, ALICE)
    for spoiled in (tokens["id_token"].rpartition(".")[0], tokens["id_token"] + ".e30", tokens["id_token"] + " "):
        answer = page.bring({**tokens, "id_token": spoiled})
        assert (answer.status_code, json_of(answer)["error"]) == (401, "id_token_malformed")
    assert page.bring(tokens).status_code == 200


def test_an_access_token_does_not_pass_for_an_id_token(cast: Cast) -> None:
    page = open_page(cast.browser(), "contoso")
    tokens = page.tokens(cast.directory, ALICE)
    answer = page.bring({**tokens, "id_token": tokens["access_token"]})
    assert answer.status_code == 401
    assert json_of(answer)["error"].startswith("id_token_")


@pytest.mark.parametrize("whose", ["another browser's", "another company's", "an earlier page's"])
def test_a_token_with_the_nonce_of_another_page_is_refused(cast: Cast, whose: str) -> None:
    cast.switch(FABRIKAM, "spa")
    browser = cast.browser()
    other = {
        "another browser's": lambda: open_page(cast.browser(), "contoso"),
        "another company's": lambda: open_page(browser, "fabrikam"),
        "an earlier page's": lambda: open_page(browser, "contoso"),
    }[whose]()
    cast.directory.drill("id_token", alg="RS256", claims={"nonce": other.settings["nonce"]})
    refused(cast, "nonce", open_page(browser, "contoso"))


def test_a_token_that_was_used_before_is_refused_to_another_browser(cast: Cast) -> None:
    first = open_page(cast.browser(), "contoso")
    used = first.tokens(cast.directory, BOB)
    assert first.bring(used).status_code == 200
    second = open_page(cast.browser(), "contoso")
    assert json_of(second.bring(used))["error"] == "nonce_foreign"
    assert json_of(second.bring({**used, "nonce": second.settings["nonce"]}))["error"] == "id_token_nonce"


def test_a_wrong_clock_is_named_to_the_admin(cast: Cast) -> None:
    cast.directory.drill("id_token", alg="RS256", claims={"exp": {"seconds": -300}, "iat": {"seconds": -3900}})
    assert "clock" in refused(cast, "expired")["admin"]


def test_a_clock_that_is_a_minute_off_hinders_nobody(cast: Cast) -> None:
    cast.directory.drill("id_token", alg="RS256", claims={"nbf": {"seconds": 100}, "iat": {"seconds": 100}})
    assert sign_in_on_page(cast.browser(), ALICE, "contoso", cast.directory).status_code == 200


@pytest.mark.parametrize("keep_old", [True, False])
def test_keys_that_were_rotated_just_before_signing_are_accepted_after_one_fetch(cast: Cast, keep_old: bool) -> None:
    sign_in_on_page(cast.browser(), BOB, "contoso", cast.directory)
    cast.directory.forget_requests()
    cast.directory.drill("keys_rotated", keep_old=keep_old)
    assert sign_in_on_page(cast.browser(), ALICE, "contoso", cast.directory).status_code == 200
    assert len(cast.directory.requests("keys")) == 1


def test_unknown_keys_make_us_ask_once_however_many_come(cast: Cast) -> None:
    sign_in_on_page(cast.browser(), BOB, "contoso", cast.directory)
    cast.directory.forget_requests()
    cast.directory.drill("id_token", alg="unknown_key")
    for _ in range(5):
        assert sign_in_on_page(cast.browser(), ALICE, "contoso", cast.directory).status_code == 401
    assert len(cast.directory.requests("keys")) == 1


def test_keys_that_cannot_be_looked_up_after_a_rotation_are_a_503_for_two_seconds(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_in_on_page(cast.browser(), BOB, "contoso", cast.directory)
    clock = redirect_flow.StoppedClock()
    monkeypatch.setattr(discovery, "time", clock)
    cast.directory.drill("keys_rotated", times=1)
    cast.directory.drill("keys_unreachable")
    for _ in range(2):
        answer = sign_in_on_page(cast.browser(), ALICE, "contoso", cast.directory)
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "2")
        assert json_of(answer)["error"] == "directory_unreachable"
    cast.directory.calm()
    clock.now += 2
    assert sign_in_on_page(cast.browser(), ALICE, "contoso", cast.directory).status_code == 200


def test_somebody_who_is_signed_in_stays_so_when_another_token_is_refused(cast: Cast) -> None:
    browser = cast.browser()
    sign_in_on_page(browser, BOB, "contoso", cast.directory)
    cast.directory.drill("id_token", alg="bad_signature")
    assert sign_in_on_page(browser, ALICE, "contoso", cast.directory).status_code == 401
    assert last_refusal(cast.app) == "id_token_signature"
    assert "bjorn" in browser.get("/account").text.lower()
