"""The exchange of tokens for a session: who may post them, and how long the session is valid."""

import time

import pytest
import sqlalchemy as sa
import time_machine

from app.connections.models import Connection
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.sessions.models import Session
from tests.assertions import json_of, rows, written
from tests.browser import Browser
from tests.cast import ALICE, BOB, Cast
from tests.directory import CONTOSO, FABRIKAM
from tests.spa import Page, open_page, sign_in_on_page


@pytest.fixture(autouse=True)
def _on_single_page(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")


def is_signed_in(browser: Browser) -> bool:
    return browser.get("/account").status_code == 200


def assert_forbidden(cast: Cast, page: Page, **given: str) -> None:
    """The post is forbidden with a JSON response and writes nothing."""
    tokens = page.tokens(cast.directory, ALICE)
    before = rows(cast.app)
    response = page.browser.post(page.settings["tokenUrl"], json=tokens, headers=given)
    assert response.status_code == 403
    assert response.mimetype == "application/json"
    assert json_of(response)["title"]
    assert written(before, rows(cast.app)) == {}
    assert not is_signed_in(page.browser)


def test_session_changes_at_every_sign_in(cast: Cast) -> None:
    browser = cast.browser()
    seen = []
    for account in (ALICE, ALICE, BOB):
        assert sign_in_on_page(browser, account, "contoso", cast.directory).status_code == 200
        seen.append(browser.session_token)
    assert len({*seen}) == 3
    assert not is_signed_in(cast.with_token(seen[0]))


def test_post_without_csrf_token_is_forbidden(cast: Cast) -> None:
    assert_forbidden(cast, open_page(cast.browser(), "contoso"))


@pytest.mark.parametrize("token", ["made up", "v1.", "v1.00000000.AAAA", "é".encode().decode("latin-1"), "x" * 5000])
def test_forged_csrf_token_is_forbidden(cast: Cast, token: str) -> None:
    assert_forbidden(cast, open_page(cast.browser(), "contoso"), **{"X-CSRFToken": token})


def test_csrf_token_of_another_browser_is_forbidden(cast: Cast) -> None:
    stolen = open_page(cast.browser(), "contoso").csrf
    assert_forbidden(cast, open_page(cast.browser(), "contoso"), **{"X-CSRFToken": stolen})


def test_nonce_is_not_accepted_as_csrf_token(cast: Cast) -> None:
    page = open_page(cast.browser(), "contoso")
    assert_forbidden(cast, page, **{"X-CSRFToken": page.settings["nonce"]})


def test_csrf_token_is_not_accepted_as_nonce(cast: Cast) -> None:
    page = open_page(cast.browser(), "contoso")
    response = page.post_tokens({**page.tokens(cast.directory, ALICE), "nonce": page.csrf})
    assert (response.status_code, json_of(response)["error"]) == (401, "nonce_foreign")


def test_browser_without_cookies_is_forbidden(cast: Cast) -> None:
    page = open_page(cast.browser(), "contoso")
    page.browser.delete_cookie("browser", domain="localhost")
    assert_forbidden(cast, page, **{"X-CSRFToken": page.csrf})


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost", "http://localhost:5000.evil"])
def test_post_from_another_origin_is_forbidden(cast: Cast, origin: str) -> None:
    page = open_page(cast.browser(), "contoso")
    assert_forbidden(cast, page, **{"X-CSRFToken": page.csrf, "Origin": origin})


def test_sign_ins_in_two_tabs_both_finish(cast: Cast) -> None:
    browser = cast.browser()
    first, second = open_page(browser, "contoso"), open_page(browser, "contoso")
    tokens = second.tokens(cast.directory, ALICE)
    assert first.post_tokens(first.tokens(cast.directory, ALICE)).status_code == 200
    assert second.post_tokens(tokens).status_code == 200
    assert is_signed_in(browser)


def test_old_tab_signs_in_once_after_signing_out_in_another(cast: Cast) -> None:
    browser = cast.browser()
    left_open = open_page(browser, "contoso")
    sign_in_on_page(browser, ALICE, "contoso", cast.directory)
    browser.post_form("/logout", page="/account")
    tokens = left_open.tokens(cast.directory, ALICE)
    assert left_open.post_tokens(tokens).status_code == 200
    browser.post_form("/logout", page="/account")
    assert json_of(left_open.post_tokens(tokens))["error"] == "attempt_spent"
    assert not is_signed_in(browser)


def test_cookie_replayed_after_sign_out_is_invalid(cast: Cast) -> None:
    browser = cast.browser()
    sign_in_on_page(browser, ALICE, "contoso", cast.directory)
    kept = browser.session_token
    assert is_signed_in(cast.with_token(kept))
    browser.post_form("/logout", page="/account")
    assert not is_signed_in(cast.with_token(kept))


def test_replayed_exchange_is_rejected_and_keeps_existing_session(cast: Cast) -> None:
    page = open_page(cast.browser(), "contoso")
    tokens = page.tokens(cast.directory, ALICE)
    assert page.post_tokens(tokens).status_code == 200
    before = rows(cast.app)
    response = page.post_tokens(tokens)
    assert (response.status_code, json_of(response)["error"]) == (401, "attempt_spent")
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    assert is_signed_in(page.browser)


def test_tokens_of_one_companys_page_are_rejected_at_another(cast: Cast) -> None:
    cast.switch(FABRIKAM, "spa")
    browser = cast.browser()
    tokens = open_page(browser, "contoso").tokens(cast.directory, ALICE)
    fabrikam = open_page(browser, "fabrikam")
    assert json_of(fabrikam.post_tokens(tokens))["error"] == "nonce_foreign"
    swapped = fabrikam.post_tokens({**tokens, "nonce": fabrikam.settings["nonce"]})
    assert swapped.status_code == 401
    assert json_of(swapped)["error"] in ("id_token_unknown_key", "id_token_issuer")
    assert not is_signed_in(browser)


def test_inactive_connection_accepts_no_tokens(cast: Cast) -> None:
    page = open_page(cast.browser(), "contoso")
    tokens = page.tokens(cast.directory, ALICE)
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Connection).where(Connection.tenant == CONTOSO).values(is_enabled=False))
    assert page.post_tokens(tokens).status_code == 404


def test_deactivated_person_is_rejected(cast: Cast) -> None:
    sign_in_on_page(cast.browser(), ALICE, "contoso", cast.directory)
    with cast.app.app_context(), unit_of_work():
        cast.person(ALICE).is_active = False
    response = sign_in_on_page(cast.browser(), ALICE, "contoso", cast.directory)
    assert (response.status_code, json_of(response)["error"]) == (403, "deactivated")


@pytest.mark.parametrize("target", ["//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\r\nX: y", 7, None])
def test_unsafe_next_path_falls_back_to_account(cast: Cast, target: object) -> None:
    page = open_page(cast.browser(), "contoso")
    response = page.post_tokens({**page.tokens(cast.directory, ALICE), "next": target})
    assert (response.status_code, response.json) == (200, {"next": "/account"})


def test_page_works_for_half_a_day(cast: Cast) -> None:
    page = open_page(cast.browser(), "contoso")
    with time_machine.travel(time.time() + 11 * 3600, tick=True):
        cast.directory.drill("id_token", alg="RS256", claims={"iat": {"seconds": 0}, "exp": {"seconds": 13 * 3600}})
        assert page.post_tokens(page.tokens(cast.directory, ALICE)).status_code == 200
        with cast.app.app_context():
            assert db.session.query(Session).count() == 1
