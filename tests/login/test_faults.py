"""Directory errors and outages: each has its page, appears in time, and doesn't affect other people."""

import logging
import time
import tomllib

import pytest

from app import entra
from app.entra.error_codes import ADVICE
from app.settings import ROOT
from tests.assertions import audit_entries, last_failure_reason, rows, written
from tests.browser import pick
from tests.cast import ALICE, BOB, OWNER_PASSWORD, Cast

DRILLS = tomllib.loads((ROOT / "sandbox" / "drills.toml").read_text())
CODES = {name: drill["code"] for name, drill in DRILLS.items() if "code" in drill and "refresh" not in drill["stages"]}
AT_TOKEN = sorted(name for name, code in CODES.items() if code in ADVICE and code != 90002)
SOON = 1.5
"""Seconds that a page may take here, where READ_SECONDS is a tenth of its real value."""


@pytest.mark.parametrize("name", AT_TOKEN)
def test_each_directory_error_is_explained_to_person_and_admin(cast: Cast, name: str) -> None:
    browser = cast.browser()
    back = pick(cast.directory, browser.begin("contoso"), ALICE)
    cast.directory.drill(name, at="token")
    before = rows(cast.app)
    response = browser.get(back)
    words = ADVICE[CODES[name]]
    assert response.status_code == 400, response.text
    page = response.text.replace("&#39;", "'").replace("&amp;", "&")
    assert all(text in page for text in (words.title, words.person, words.who_can_help, words.admin))
    assert f"AADSTS{CODES[name]}" in page
    # Only that: a rejected credential is marked in its own row, and no session or person is created.
    assert set(written(before, rows(cast.app))) == {"audit_entry"}
    assert len(audit_entries(cast.app, "sign_in.refused")) == 1
    assert last_failure_reason(cast.app) == f"aadsts_{CODES[name]}"
    assert browser.get("/account").status_code == 302


@pytest.mark.parametrize("name", ["declined", "account_not_in_tenant", "not_assigned", "conditional_access"])
def test_error_in_redirect_has_the_same_texts(cast: Cast, name: str) -> None:
    browser = cast.browser()
    cast.directory.drill(name, at="redirect")
    response = browser.get(pick(cast.directory, browser.begin("contoso"), ALICE))
    assert response.status_code == 400
    assert last_failure_reason(cast.app) == f"aadsts_{CODES[name]}"


def test_missing_tenant_is_named_when_sign_in_starts(cast: Cast) -> None:
    cast.directory.drill("tenant_not_found")
    browser = cast.browser()
    page = browser.get("/login/contoso").text
    response = browser.post_form(f"/login/contoso/microsoft/{cast.contoso_connection}", page="/login/contoso", next="/")
    assert cast.contoso_connection in page
    assert response.status_code == 400
    assert "directory (tenant) ID" in response.text
    assert last_failure_reason(cast.app) == "aadsts_90002"


@pytest.mark.parametrize("drill", ["id_token_missing", "token_malformed"])
def test_malformed_token_response_returns_502(cast: Cast, drill: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    cast.directory.drill(drill)
    browser = cast.browser()
    before = rows(cast.app)
    response = browser.sign_in_as(ALICE, "contoso", cast.directory)
    assert response.status_code == 502
    assert "Unexpected response" in response.text
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    assert last_failure_reason(cast.app) == "directory_broken"
    assert "access_token" not in caplog.text


@pytest.mark.parametrize("drill", ["directory_down", "discovery_unreachable", "directory_busy"])
def test_unreachable_directory_returns_503_when_sign_in_starts(cast: Cast, drill: str) -> None:
    cast.directory.drill(drill)
    response = cast.browser().post_form(
        f"/login/contoso/microsoft/{cast.contoso_connection}", page="/login/contoso", next="/"
    )
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert last_failure_reason(cast.app) == "directory_unreachable"


@pytest.mark.parametrize(("drill", "wait"), [("token_down", "10"), ("token_busy", "30")])
def test_unreachable_token_endpoint_returns_503_with_retry_after(cast: Cast, drill: str, wait: str) -> None:
    cast.directory.drill(drill)
    browser = cast.browser()
    before = rows(cast.app)
    response = browser.sign_in_as(ALICE, "contoso", cast.directory)
    assert (response.status_code, response.headers["Retry-After"]) == (503, wait)
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    cast.directory.clear_drills()
    assert browser.sign_in_as(ALICE, "contoso", cast.directory).status_code == 303


def test_hanging_token_endpoint_returns_503_within_ten_seconds(cast: Cast) -> None:
    browser = cast.browser()
    back = pick(cast.directory, browser.begin("contoso"), ALICE)
    cast.directory.drill("token_hangs")
    began = time.monotonic()
    assert browser.get(back).status_code == 503
    assert time.monotonic() - began < 10
    cast.directory.clear_drills()


@pytest.mark.parametrize("drill", ["directory_hangs", "directory_slow"])
def test_hanging_directory_returns_503_in_time(cast: Cast, drill: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(entra.http_client, "READ_SECONDS", entra.http_client.READ_SECONDS / 10)
    browser = cast.browser()
    token = browser.csrf("/login/contoso")
    cast.directory.drill(drill)
    began = time.monotonic()
    response = browser.post(f"/login/contoso/microsoft/{cast.contoso_connection}", data={"csrf_token": token})
    assert response.status_code == 503
    assert time.monotonic() - began < SOON
    cast.directory.clear_drills()


def test_slow_directory_is_waited_for(cast: Cast) -> None:
    cast.directory.drill("token_slow", seconds=0.5)
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303


def test_signed_in_people_can_continue_while_directory_is_down(cast: Cast) -> None:
    browser = cast.alice()
    cast.directory.drill("directory_down")
    cast.directory.drill("graph_down")
    for path in ("/account", "/people", f"/people/{cast.person_id(ALICE)}", "/login/contoso"):
        assert browser.get(path).status_code == 200


def test_signing_out_works_while_directory_is_down(cast: Cast) -> None:
    browser = cast.alice()
    token = browser.csrf("/account")
    cast.directory.drill("directory_down")
    assert browser.post("/logout", data={"csrf_token": token}).status_code == 200
    assert browser.get("/account").status_code == 302


def test_rate_limit_of_one_person_does_not_affect_others(cast: Cast) -> None:
    cast.directory.drill("token_busy", times=1, retry_after=3600)
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 503
    assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 303
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303


def test_password_works_while_directory_is_down(cast: Cast) -> None:
    cast.directory.drill("directory_down")
    browser = cast.browser()
    given = {"email": "owner@contoso.example", "password": OWNER_PASSWORD}
    assert browser.post_form("/login/contoso/password", page="/login/contoso", **given).status_code == 303
