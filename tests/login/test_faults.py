"""When the directory refuses or doesn't answer: every fault has its page, in time, and doesn't affect others."""

import logging
import time
import tomllib

import pytest

from app import entra
from app.entra.error_codes import ADVICE
from app.settings import ROOT
from tests.assertions import history, last_refusal, rows, written
from tests.browser import pick
from tests.cast import ALICE, BOB, OWNER_PASSWORD, Cast

DRILLS = tomllib.loads((ROOT / "sandbox" / "drills.toml").read_text())
CODES = {name: drill["code"] for name, drill in DRILLS.items() if "code" in drill and "refresh" not in drill["stages"]}
AT_TOKEN = sorted(name for name, code in CODES.items() if code in ADVICE and code != 90002)
SOON = 1.5
"""Seconds: what a page takes at the most, here, when READ_SECONDS is a tenth of what it is."""


@pytest.mark.parametrize("name", AT_TOKEN)
def test_each_refusal_of_the_directorys_has_words_for_the_person_and_for_the_admin(cast: Cast, name: str) -> None:
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
    # A credential that was refused is noted, too, so that the next one is tried.
    assert set(written(before, rows(cast.app))) == {"audit_entry"}
    assert len(history(cast.app, "sign_in.refused")) == 1
    assert last_refusal(cast.app) == f"aadsts_{CODES[name]}"
    assert browser.get("/account").status_code == 302


@pytest.mark.parametrize("name", ["declined", "account_not_in_tenant", "not_assigned", "conditional_access"])
def test_a_refusal_in_the_redirect_has_the_same_words(cast: Cast, name: str) -> None:
    browser = cast.browser()
    cast.directory.drill(name, at="redirect")
    response = browser.get(pick(cast.directory, browser.begin("contoso"), ALICE))
    assert response.status_code == 400
    assert last_refusal(cast.app) == f"aadsts_{CODES[name]}"


def test_a_tenant_that_is_gone_is_named_at_the_button(cast: Cast) -> None:
    cast.directory.drill("tenant_not_found")
    browser = cast.browser()
    page = browser.get("/login/contoso").text
    response = browser.post_form(f"/login/contoso/microsoft/{cast.contoso_connection}", page="/login/contoso", next="/")
    assert cast.contoso_connection in page
    assert response.status_code == 400
    assert "directory (tenant) ID" in response.text
    assert last_refusal(cast.app) == "aadsts_90002"


@pytest.mark.parametrize("drill", ["id_token_missing", "token_malformed"])
def test_a_token_answer_that_makes_no_sense_is_a_502(cast: Cast, drill: str, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    cast.directory.drill(drill)
    browser = cast.browser()
    before = rows(cast.app)
    response = browser.sign_in_as(ALICE, "contoso", cast.directory)
    assert response.status_code == 502
    assert "Unexpected response" in response.text
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    assert last_refusal(cast.app) == "directory_broken"
    assert "access_token" not in caplog.text


@pytest.mark.parametrize("drill", ["directory_down", "discovery_unreachable", "directory_busy"])
def test_a_directory_that_is_down_at_the_button_is_a_503(cast: Cast, drill: str) -> None:
    cast.directory.drill(drill)
    response = cast.browser().post_form(
        f"/login/contoso/microsoft/{cast.contoso_connection}", page="/login/contoso", next="/"
    )
    assert response.status_code == 503
    assert int(response.headers["Retry-After"]) > 0
    assert last_refusal(cast.app) == "directory_unreachable"


@pytest.mark.parametrize(("drill", "wait"), [("token_down", "10"), ("token_busy", "30")])
def test_a_token_endpoint_that_is_down_is_a_503_that_says_when_to_come_back(cast: Cast, drill: str, wait: str) -> None:
    cast.directory.drill(drill)
    browser = cast.browser()
    before = rows(cast.app)
    response = browser.sign_in_as(ALICE, "contoso", cast.directory)
    assert (response.status_code, response.headers["Retry-After"]) == (503, wait)
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    cast.directory.calm()
    assert browser.sign_in_as(ALICE, "contoso", cast.directory).status_code == 303


def test_a_token_endpoint_that_hangs_is_a_503_within_ten_seconds(cast: Cast) -> None:
    browser = cast.browser()
    back = pick(cast.directory, browser.begin("contoso"), ALICE)
    cast.directory.drill("token_hangs")
    began = time.monotonic()
    assert browser.get(back).status_code == 503
    assert time.monotonic() - began < 10
    cast.directory.calm()


@pytest.mark.parametrize("drill", ["directory_hangs", "directory_slow"])
def test_a_directory_that_hangs_at_the_button_is_a_503_in_time(
    cast: Cast, drill: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entra.http_client, "READ_SECONDS", entra.http_client.READ_SECONDS / 10)
    browser = cast.browser()
    token = browser.csrf("/login/contoso")
    cast.directory.drill(drill)
    began = time.monotonic()
    response = browser.post(f"/login/contoso/microsoft/{cast.contoso_connection}", data={"csrf_token": token})
    assert response.status_code == 503
    assert time.monotonic() - began < SOON
    cast.directory.calm()


def test_a_directory_that_is_a_little_slow_is_waited_for(cast: Cast) -> None:
    cast.directory.drill("token_slow", seconds=0.5)
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303


def test_people_who_are_signed_in_go_on_while_the_directory_is_down(cast: Cast) -> None:
    browser = cast.alice()
    cast.directory.drill("directory_down")
    cast.directory.drill("graph_down")
    for path in ("/account", "/people", f"/people/{cast.person_id(ALICE)}", "/login/contoso"):
        assert browser.get(path).status_code == 200


def test_signing_out_works_while_the_directory_is_down(cast: Cast) -> None:
    browser = cast.alice()
    token = browser.csrf("/account")
    cast.directory.drill("directory_down")
    assert browser.post("/logout", data={"csrf_token": token}).status_code == 200
    assert browser.get("/account").status_code == 302


def test_the_429_of_one_person_is_nobody_elses(cast: Cast) -> None:
    cast.directory.drill("token_busy", times=1, retry_after=3600)
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 503
    assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 303
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303


def test_a_password_works_while_the_directory_is_down(cast: Cast) -> None:
    cast.directory.drill("directory_down")
    browser = cast.browser()
    given = {"email": "owner@contoso.example", "password": OWNER_PASSWORD}
    assert browser.post_form("/login/contoso/password", page="/login/contoso", **given).status_code == 303
