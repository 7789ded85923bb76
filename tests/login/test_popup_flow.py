"""Signing in on the page itself: what the server makes of the tokens that a login page brings."""

import time

import time_machine

from app.core.database import db
from app.people.models import Person
from app.sessions.models import Session
from tests.assertions import json_of
from tests.cast import ALICE, BOB, Cast
from tests.directory import CONTOSO, FABRIKAM
from tests.spa import open_page, sign_in_on_page


def test_a_person_signs_in_on_the_page_and_has_the_same_account(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    browser = cast.browser()
    answer = sign_in_on_page(browser, ALICE, "contoso", cast.directory)
    assert (answer.status_code, answer.json) == (200, {"next": "/account"})
    page = browser.get("/account").text
    assert "Chief Information Officer" in page


def test_the_same_person_through_both_flows_is_one_row_and_a_switch_keeps_her(cast: Cast) -> None:
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303
    before = cast.person_id(ALICE)
    cast.switch(CONTOSO, "spa")
    assert sign_in_on_page(cast.browser(), ALICE, "contoso", cast.directory).status_code == 200
    cast.switch(CONTOSO, "server")
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303
    assert cast.person_id(ALICE) == before
    with cast.app.app_context():
        assert db.session.query(Person).filter_by(tid=ALICE.tid).count() == 1


def test_a_nonce_is_spent_once(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    page = open_page(cast.browser(), "contoso")
    tokens = page.tokens(cast.directory, ALICE)
    assert page.bring(tokens).status_code == 200
    again = page.bring(tokens)
    assert (again.status_code, json_of(again)["error"]) == (401, "attempt_spent")
    with cast.app.app_context():
        assert db.session.query(Session).count() == 1
    assert page.browser.get("/account").status_code == 200


def test_a_nonce_of_another_browser_is_refused(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    stolen = open_page(cast.browser(), "contoso").tokens(cast.directory, ALICE)
    answer = open_page(cast.browser(), "contoso").bring(stolen)
    assert (answer.status_code, json_of(answer)["error"]) == (401, "nonce_foreign")


def test_a_nonce_of_another_company_is_refused(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    cast.switch(FABRIKAM, "spa")
    browser = cast.browser()
    tokens = open_page(browser, "contoso").tokens(cast.directory, ALICE)
    answer = open_page(browser, "fabrikam").bring(tokens)
    assert (answer.status_code, json_of(answer)["error"]) == (401, "nonce_foreign")


def test_a_nonce_that_the_browser_made_itself_is_refused(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    page = open_page(cast.browser(), "contoso")
    page.settings["nonce"] = "of-my-own-making"
    assert page.bring(page.tokens(cast.directory, ALICE)).status_code == 401


def test_a_page_that_lay_open_for_too_long_says_so(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    page = open_page(cast.browser(), "contoso")
    tokens = page.tokens(cast.directory, ALICE)
    with time_machine.travel(time.time() + 13 * 3600):
        answer = page.bring(tokens)
    assert (answer.status_code, json_of(answer)["error"]) == (401, "page_too_old")


def test_a_post_without_csrf_token_or_from_another_origin_is_forbidden(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    page = open_page(cast.browser(), "contoso")
    tokens = page.tokens(cast.directory, ALICE)
    assert page.browser.post(page.settings["tokenUrl"], json=tokens).status_code == 403
    assert page.bring(tokens, Origin="https://evil.example").status_code == 403
    assert page.bring(tokens).status_code == 200


def test_a_profile_is_taken_only_from_an_access_token_of_the_same_person(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    bobs = open_page(cast.browser(), "contoso").tokens(cast.directory, BOB)
    page = open_page(cast.browser(), "contoso")
    tokens = {**page.tokens(cast.directory, ALICE), "access_token": bobs["access_token"]}
    assert page.bring(tokens).status_code == 200
    with cast.app.app_context():
        alice = cast.person(ALICE)
        assert (alice.name, alice.title, alice.synced_at) == ("Adaeze Okonkwo", None, None)


def test_nothing_that_the_page_says_about_a_person_is_believed(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    page = open_page(cast.browser(), "contoso")
    claims = {"oid": BOB.oid, "name": "Somebody Else", "email": "bob@contoso.example", "role": "owner"}
    assert page.bring({**page.tokens(cast.directory, ALICE), **claims}).status_code == 200
    with cast.app.app_context():
        assert cast.person(ALICE).role == "member"
        assert db.session.query(Person).filter_by(oid=BOB.oid).count() == 0


def test_what_microsoft_said_is_put_into_the_same_words_as_in_the_server_flow(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    page = open_page(cast.browser(), "contoso")
    answer = page.bring({"error": "access_denied", "error_description": "AADSTS50105: not assigned <script>"})
    assert answer.status_code == 401
    assert json_of(answer)["error"] == "aadsts_50105"
    assert json_of(answer)["code"] == "AADSTS50105"
    assert "Users and groups" in json_of(answer)["admin"]


def test_a_body_that_is_no_json_object_is_answered_in_json(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    page = open_page(cast.browser(), "contoso")
    for body in ("[]", "null", "{", '"text"', "1" * 10):
        answer = page.browser.post(
            page.settings["tokenUrl"],
            data=body,
            content_type="application/json",
            headers={"X-CSRFToken": page.csrf},
        )
        assert answer.status_code == 400
        assert json_of(answer)["title"]


def test_a_connection_of_the_server_flow_takes_no_tokens_from_a_page(cast: Cast) -> None:
    browser = cast.browser()
    answer = browser.post(
        f"/auth/{cast.contoso_connection}/token", json={}, headers={"X-CSRFToken": browser.csrf("/login/contoso")}
    )
    assert answer.status_code == 404


def test_the_window_page_is_not_cut_off_from_its_opener_and_not_stored(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    page = cast.browser().get(f"/auth/{cast.contoso_connection}/popup")
    assert page.status_code == 200
    assert "Cross-Origin-Opener-Policy" not in page.headers
    assert page.headers["Cache-Control"] == "no-store"


def test_only_login_pages_with_a_single_page_connection_load_its_script_and_may_talk_to_the_directory(
    cast: Cast,
) -> None:
    cast.switch(CONTOSO, "spa")
    with_script = cast.browser().get("/login/contoso")
    without = cast.browser().get("/login/fabrikam")
    assert "/static/spa." in with_script.text
    assert "/static/spa." not in without.text
    assert f"connect-src 'self' {cast.directory.origin};" in with_script.headers["Content-Security-Policy"]
    assert "connect-src 'self';" in without.headers["Content-Security-Policy"]
