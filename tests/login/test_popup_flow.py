"""The SPA flow: how the server handles tokens posted by a login page."""

import time

import time_machine

from app.core.database import db
from app.people.models import Person
from app.sessions.models import Session
from tests.assertions import json_of
from tests.cast import ALICE, BOB, Cast
from tests.directory import CONTOSO, FABRIKAM
from tests.spa import open_page, sign_in_on_page


def test_person_signs_in_on_page_with_the_same_account(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    browser = cast.browser()
    response = sign_in_on_page(browser, ALICE, "contoso", cast.directory)
    assert (response.status_code, response.json) == (200, {"next": "/account"})
    page = browser.get("/account").text
    assert "Chief Information Officer" in page


def test_person_stays_the_same_in_both_flows(cast: Cast) -> None:
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303
    before = cast.person_id(ALICE)
    cast.switch(CONTOSO, "spa")
    assert sign_in_on_page(cast.browser(), ALICE, "contoso", cast.directory).status_code == 200
    cast.switch(CONTOSO, "server")
    assert cast.browser().sign_in_as(ALICE, "contoso", cast.directory).status_code == 303
    assert cast.person_id(ALICE) == before
    with cast.app.app_context():
        assert db.session.query(Person).filter_by(tid=ALICE.tid).count() == 1


def test_nonce_works_once(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    page = open_page(cast.browser(), "contoso")
    tokens = page.tokens(cast.directory, ALICE)
    assert page.post_tokens(tokens).status_code == 200
    again = page.post_tokens(tokens)
    assert (again.status_code, json_of(again)["error"]) == (401, "attempt_spent")
    with cast.app.app_context():
        assert db.session.query(Session).count() == 1
    assert page.browser.get("/account").status_code == 200


def test_nonce_of_another_browser_is_rejected(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    stolen = open_page(cast.browser(), "contoso").tokens(cast.directory, ALICE)
    response = open_page(cast.browser(), "contoso").post_tokens(stolen)
    assert (response.status_code, json_of(response)["error"]) == (401, "nonce_foreign")


def test_nonce_of_another_company_is_rejected(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    cast.switch(FABRIKAM, "spa")
    browser = cast.browser()
    tokens = open_page(browser, "contoso").tokens(cast.directory, ALICE)
    response = open_page(browser, "fabrikam").post_tokens(tokens)
    assert (response.status_code, json_of(response)["error"]) == (401, "nonce_foreign")


def test_self_made_nonce_is_rejected(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    page = open_page(cast.browser(), "contoso")
    page.settings["nonce"] = "self-made"
    assert page.post_tokens(page.tokens(cast.directory, ALICE)).status_code == 401


def test_page_open_for_too_long_says_so(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    page = open_page(cast.browser(), "contoso")
    tokens = page.tokens(cast.directory, ALICE)
    with time_machine.travel(time.time() + 13 * 3600):
        response = page.post_tokens(tokens)
    assert (response.status_code, json_of(response)["error"]) == (401, "page_too_old")


def test_post_without_csrf_token_or_from_another_origin_is_forbidden(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    page = open_page(cast.browser(), "contoso")
    tokens = page.tokens(cast.directory, ALICE)
    assert page.browser.post(page.settings["tokenUrl"], json=tokens).status_code == 403
    assert page.post_tokens(tokens, Origin="https://evil.example").status_code == 403
    assert page.post_tokens(tokens).status_code == 200


def test_profile_is_read_only_with_access_token_of_the_same_person(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    bobs = open_page(cast.browser(), "contoso").tokens(cast.directory, BOB)
    page = open_page(cast.browser(), "contoso")
    tokens = {**page.tokens(cast.directory, ALICE), "access_token": bobs["access_token"]}
    assert page.post_tokens(tokens).status_code == 200
    with cast.app.app_context():
        alice = cast.person(ALICE)
        assert (alice.name, alice.title, alice.synced_at) == ("Adaeze Okonkwo", None, None)


def test_claims_posted_by_the_page_are_ignored(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    page = open_page(cast.browser(), "contoso")
    claims = {"oid": BOB.oid, "name": "Someone Else", "email": "bob@contoso.example", "role": "owner"}
    assert page.post_tokens({**page.tokens(cast.directory, ALICE), **claims}).status_code == 200
    with cast.app.app_context():
        assert cast.person(ALICE).role == "member"
        assert db.session.query(Person).filter_by(oid=BOB.oid).count() == 0


def test_microsoft_error_gets_same_texts_as_in_server_flow(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    page = open_page(cast.browser(), "contoso")
    response = page.post_tokens({"error": "access_denied", "error_description": "AADSTS50105: not assigned <script>"})
    assert response.status_code == 401
    assert json_of(response)["error"] == "aadsts_50105"
    assert json_of(response)["code"] == "AADSTS50105"
    assert "Users and groups" in json_of(response)["admin"]


def test_body_other_than_a_json_object_gets_json_error(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    page = open_page(cast.browser(), "contoso")
    for body in ("[]", "null", "{", '"text"', "1" * 10):
        response = page.browser.post(
            page.settings["tokenUrl"],
            data=body,
            content_type="application/json",
            headers={"X-CSRFToken": page.csrf},
        )
        assert response.status_code == 400
        assert json_of(response)["title"]


def test_server_flow_connection_accepts_no_tokens_from_page(cast: Cast) -> None:
    browser = cast.browser()
    response = browser.post(
        f"/auth/{cast.contoso_connection}/token", json={}, headers={"X-CSRFToken": browser.csrf("/login/contoso")}
    )
    assert response.status_code == 404


def test_popup_page_keeps_its_opener_and_is_not_stored(cast: Cast) -> None:
    cast.switch(CONTOSO, "spa")
    page = cast.browser().get(f"/auth/{cast.contoso_connection}/popup")
    assert page.status_code == 200
    assert "Cross-Origin-Opener-Policy" not in page.headers
    assert page.headers["Cache-Control"] == "no-store"


def test_only_pages_with_spa_connection_load_script_and_contact_directory(
    cast: Cast,
) -> None:
    cast.switch(CONTOSO, "spa")
    with_script = cast.browser().get("/login/contoso")
    without = cast.browser().get("/login/fabrikam")
    assert "/static/spa." in with_script.text
    assert "/static/spa." not in without.text
    assert f"connect-src 'self' {cast.directory.origin};" in with_script.headers["Content-Security-Policy"]
    assert "connect-src 'self';" in without.headers["Content-Security-Policy"]
