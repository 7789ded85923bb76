"""Any change of how a person signs in requires reauthentication, is recorded, and is emailed."""

import re

from app.http.access import Access, Route
from app.people.sign_in_changes import CHANGES
from app.urls import ROUTES
from tests.assertions import history
from tests.cast import BOB, OWNER_PASSWORD, Cast
from tests.recent import signed_in_long_ago, signed_in_recently
from tests.rules.conftest import Everybody

FORM = {"old": OWNER_PASSWORD, "password": "a wholly other phrase", "number": "000000", "credential": "{}", "name": "x"}
PAGE_OF_PROOF = "/account/reauthenticate"
SIGN_IN_METHODS = re.compile(r"/account/(password|microsoft|second-factor|recovery-codes)|/second-factor/")


def marked() -> list[Route]:
    return [route for route in ROUTES if route.requires_recent_sign_in]


def test_every_address_that_changes_how_somebody_signs_in_is_marked() -> None:
    changing = {route.endpoint for route in ROUTES if SIGN_IN_METHODS.search(route.rule)}
    changing -= {route.endpoint for route in ROUTES if route.access is Access.PUBLIC}
    assert changing
    assert changing == {route.endpoint for route in marked()}


def test_a_mark_names_a_page_to_come_back_to_and_needs_somebody_signed_in() -> None:
    pages = {route.endpoint for route in ROUTES if route.methods == ("GET",)}
    for route in marked():
        assert route.requires_recent_sign_in in pages, route.rule
        assert route.access is not Access.PUBLIC, route.rule


def test_without_a_recent_sign_in_marked_addresses_ask_for_it_and_change_nothing(
    everybody: Everybody, cast: Cast
) -> None:
    signed_in_long_ago(cast.app)
    before = len(history(cast.app))
    for route in marked():
        path = everybody.addresses.path(route)
        if route.methods == ("GET",):
            answer = everybody.alice.get(path)
        else:
            answer = everybody.alice.post_form(path, page="/account", **FORM)
        assert answer.status_code == 303, route.rule
        assert answer.location.startswith(f"{PAGE_OF_PROOF}?next="), route.rule
    assert len(history(cast.app)) == before


def test_without_a_recent_sign_in_no_address_at_all_changes_how_somebody_signs_in(
    everybody: Everybody, cast: Cast
) -> None:
    signed_in_long_ago(cast.app)
    before = len(history(cast.app))
    for route in ROUTES:
        if route.methods == ("POST",) and route.access is not Access.PUBLIC:
            everybody.alice.post_form(everybody.addresses.path(route), page="/login/contoso", **FORM)
    changes = {event_class.event_name for event_class in CHANGES}
    changed = [entry.event for entry in history(cast.app)[before:] if entry.event in changes]
    assert changed == []


def test_a_script_is_told_in_json(everybody: Everybody, cast: Cast) -> None:
    signed_in_long_ago(cast.app)
    page = everybody.bob
    token = page.csrf("/account")
    path = f"/account/microsoft/{cast.contoso_connection}/token"
    answer = page.post(path, json={}, headers={"X-CSRFToken": token})
    assert answer.status_code == 403
    assert answer.json
    assert answer.json["error"] == "reauthentication_required"


def test_coming_back_leads_to_the_page_of_the_form(everybody: Everybody, cast: Cast) -> None:
    signed_in_recently(cast.app, None)
    person_id = cast.person_id(BOB)
    answer = everybody.alice.post_form(f"/people/{person_id}/second-factor/remove", page="/account")
    assert answer.location == f"{PAGE_OF_PROOF}?next=/people/{person_id}"
    answer = everybody.alice.get("/account/password?a=b")
    assert answer.location == f"{PAGE_OF_PROOF}?next=/account/password?a%3Db"
