"""Every change to sign-in methods, and deleting a company, requires reauthentication, is recorded and is emailed."""

import re

from app.http.access import Access, Route
from app.people.sign_in_changes import CHANGES
from app.urls import ROUTES
from tests.assertions import audit_entries
from tests.cast import BOB, OWNER_PASSWORD, Cast
from tests.recent import signed_in_long_ago, signed_in_recently
from tests.rules.conftest import Everyone

FORM = {"old": OWNER_PASSWORD, "password": "a wholly other phrase", "number": "000000", "credential": "{}", "name": "x"}
REAUTHENTICATION = "/account/reauthenticate"
SIGN_IN_METHODS = re.compile(
    r"/account/(password|microsoft|second-factor|recovery-codes|sessions/remember)|/second-factor/|/company/delete"
)


def marked() -> list[Route]:
    return [route for route in ROUTES if route.requires_recent_sign_in]


def test_every_route_that_changes_sign_in_methods_is_marked() -> None:
    changing = {route.endpoint for route in ROUTES if SIGN_IN_METHODS.search(route.rule)}
    changing -= {route.endpoint for route in ROUTES if route.access is Access.PUBLIC}
    assert changing
    assert changing == {route.endpoint for route in marked()}


def test_mark_names_a_page_to_return_to_and_requires_sign_in() -> None:
    pages = {route.endpoint for route in ROUTES if route.methods == ("GET",)}
    for route in marked():
        assert route.requires_recent_sign_in in pages, route.rule
        assert route.access is not Access.PUBLIC, route.rule


def test_marked_routes_require_reauthentication_and_change_nothing(everyone: Everyone, cast: Cast) -> None:
    signed_in_long_ago(cast.app)
    before = len(audit_entries(cast.app))
    for route in marked():
        path = everyone.addresses.path(route)
        if route.methods == ("GET",):
            response = everyone.alice.get(path)
        else:
            response = everyone.alice.post_form(path, page="/account", **FORM)
        assert response.status_code == 303, route.rule
        assert response.location.startswith(f"{REAUTHENTICATION}?next="), route.rule
    assert len(audit_entries(cast.app)) == before


def test_no_other_route_changes_sign_in_methods_without_reauthentication(everyone: Everyone, cast: Cast) -> None:
    signed_in_long_ago(cast.app)
    before = len(audit_entries(cast.app))
    for route in ROUTES:
        if route.methods == ("POST",) and route.access is not Access.PUBLIC:
            everyone.alice.post_form(everyone.addresses.path(route), page="/login/contoso", **FORM)
    changes = {event_class.event_name for event_class in CHANGES}
    changed = [entry.event for entry in audit_entries(cast.app)[before:] if entry.event in changes]
    assert changed == []


def test_script_gets_json_error(everyone: Everyone, cast: Cast) -> None:
    signed_in_long_ago(cast.app)
    page = everyone.bob
    token = page.csrf("/account")
    path = f"/account/microsoft/{cast.contoso_connection}/token"
    response = page.post(path, json={}, headers={"X-CSRFToken": token})
    assert response.status_code == 403
    assert response.json
    assert response.json["error"] == "reauthentication_required"


def test_reauthentication_returns_to_the_page_of_the_form(everyone: Everyone, cast: Cast) -> None:
    signed_in_recently(cast.app, None)
    person_id = cast.person_id(BOB)
    response = everyone.alice.post_form(f"/people/{person_id}/second-factor/remove", page="/account")
    assert response.location == f"{REAUTHENTICATION}?next=/people/{person_id}"
    response = everyone.alice.get("/account/password?a=b")
    assert response.location == f"{REAUTHENTICATION}?next=/account/password?a%3Db"
