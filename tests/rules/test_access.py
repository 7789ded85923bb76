"""Access to every URL: anonymous, Alice (owner), Bob (member) and Charlie (of another company)."""

from importlib import import_module

from flask import Flask
from werkzeug.test import TestResponse

from app.http.access import Access
from app.urls import ROUTES
from tests.browser import Browser
from tests.rules.conftest import Everyone, owned, routes, unknown_ids

KEPT_PRIVATELY = ("people.avatar", "applications.launchpad.icon")
"""Personal, but the person's browser may cache it."""
ENDS_THE_SESSION = ("login.page.sign_out",)
OUR_FORMS = [route for route in routes("POST") if not route.from_anywhere]


def test_every_route_has_an_access_mark(app: Flask) -> None:
    marked = {(route.rule, route.endpoint) for route in ROUTES if isinstance(route.access, Access)}
    assert {(rule.rule, rule.endpoint) for rule in app.url_map.iter_rules()} == marked
    assert set(app.extensions["routes"]) == {route.endpoint for route in ROUTES}


def test_endpoint_is_the_module_and_name_of_its_view() -> None:
    for route in ROUTES:
        module = route.view.__module__.removeprefix("app.").removesuffix(".views")
        assert route.endpoint == f"{module}.{route.view.__name__}", route.rule
        assert callable(getattr(import_module(route.view.__module__), route.view.__name__)), route.rule


def test_no_url_is_listed_twice() -> None:
    assert len({(route.rule, method) for route in ROUTES for method in route.methods}) == sum(
        len(route.methods) for route in ROUTES
    )


def test_every_route_either_shows_or_changes() -> None:
    machines = {("PUT",), ("PATCH",), ("DELETE",)}
    assert {route.methods for route in ROUTES if not route.rule.startswith("/scim/v2/")} <= {("GET",), ("POST",)}
    assert {route.methods for route in ROUTES} <= {("GET",), ("POST",), *machines}


def test_anonymous_visitor_is_sent_to_sign_in_and_back(everyone: Everyone) -> None:
    for route in routes("GET", Access.MEMBER, Access.ADMIN):
        path = everyone.addresses.path(route)
        response = everyone.anonymous.get(f"{path}?a=b")
        assert (response.status_code, response.location) == (302, f"/login?next={path}?a%3Db"), route.rule


def test_anonymous_visitor_changes_nothing(everyone: Everyone) -> None:
    for route in routes("POST", Access.MEMBER, Access.ADMIN):
        response = everyone.anonymous.post_form(everyone.addresses.path(route), page="/login/contoso")
        assert response.status_code == 401, route.rule


def test_members_can_open_every_member_page(everyone: Everyone) -> None:
    for browser in (everyone.alice, everyone.bob):
        for route in routes("GET", Access.MEMBER):
            assert browser.get(everyone.addresses.path(route)).status_code == 200, route.rule


def test_members_get_403_for_admin_pages(everyone: Everyone) -> None:
    for route in routes("GET", Access.ADMIN):
        path = everyone.addresses.path(route)
        assert everyone.alice.get(path).status_code in (200, 302), route.rule
        assert everyone.bob.get(path).status_code == 403, route.rule
    for route in routes("POST", Access.ADMIN):
        response = everyone.bob.post_form(everyone.addresses.path(route), page="/account")
        assert response.status_code == 403, route.rule


def test_outsider_gets_404_for_everything_of_another_company(everyone: Everyone) -> None:
    for route in ROUTES:
        if not owned(route):
            continue
        paths = everyone.addresses.path(route), everyone.addresses.path(route, **unknown_ids(route))
        responses = [_ask(everyone.charlie, route.methods[0], path) for path in paths]
        assert [response.status_code for response in responses] == [404, 404], route.rule
        assert _without_nonce(responses[0].text) == _without_nonce(responses[1].text), route.rule


def test_sessions_of_a_colleague_are_not_found(everyone: Everyone) -> None:
    for route in ROUTES:
        if "<uuid:session_id>" in route.rule and route.access is Access.MEMBER:
            response = _ask(everyone.bob, route.methods[0], everyone.addresses.path(route))
            assert response.status_code == 404, route.rule
    assert everyone.alice.get("/account").status_code == 200


def test_post_without_csrf_token_is_rejected(everyone: Everyone) -> None:
    for browser in (everyone.anonymous, everyone.alice):
        for route in OUR_FORMS:
            path = everyone.addresses.path(route)
            assert browser.post(path).status_code == 403, route.rule
            assert browser.post(path, data={"csrf_token": "made up"}).status_code == 403, route.rule
            assert browser.post(path, json={"made": "up"}).status_code == 403, route.rule
    assert everyone.alice.get("/account").status_code == 200


def test_post_from_another_site_is_rejected(everyone: Everyone) -> None:
    token = everyone.alice.csrf("/account")
    for route in OUR_FORMS:
        for origin in ("https://evil.example", "null"):
            path = everyone.addresses.path(route)
            response = everyone.alice.post(path, data={"csrf_token": token}, headers={"Origin": origin})
            assert response.status_code == 403, route.rule
    assert everyone.alice.get("/account").status_code == 200


def test_only_application_endpoints_accept_requests_from_anywhere() -> None:
    assert {route.rule for route in routes("POST") if route.from_anywhere} == {
        "/.portico/<client_id>/sign-out",
        *(f"/oauth/{name}" for name in ("authorize", "token", "userinfo", "introspect", "revoke", "par", "logout")),
        "/scim/v2/<public_id>/token",
        *(f"/scim/v2/{name}" for name in ("Users", "Users/", "Groups", "Groups/", "Bulk", ".search")),
    }


def test_reading_changes_nothing(everyone: Everyone) -> None:
    shown = {route.rule for route in routes("GET")}
    for route in routes("POST"):
        if route.rule not in shown:
            assert everyone.alice.get(everyone.addresses.path(route)).status_code == 405, route.rule
    assert everyone.alice.get("/account").status_code == 200


def test_personal_pages_are_not_cached(everyone: Everyone) -> None:
    for route in routes("GET", Access.MEMBER, Access.ADMIN):
        kept = everyone.alice.get(everyone.addresses.path(route)).headers["Cache-Control"]
        if route.endpoint in KEPT_PRIVATELY:
            assert "private" in kept.split(", "), route.rule
        else:
            assert kept == "no-store", route.rule


def test_only_proxy_endpoints_accept_any_host() -> None:
    assert {route.rule for route in ROUTES if route.any_host} == {
        "/forward-auth/<client_id>",
        *(f"/.portico/<client_id>/{name}" for name in ("start", "callback", "sign-out", "refused")),
    }


def test_other_hosts_are_answered_only_by_probes(everyone: Everyone) -> None:
    for route in routes("GET"):
        if route.any_host:
            continue
        response = everyone.alice.get(everyone.addresses.path(route), base_url="http://evil.example")
        assert response.status_code in ((200, 503) if route.rule in ("/healthz", "/readyz", "/metrics") else (400,)), (
            route
        )


def _ask(browser: Browser, method: str, path: str) -> TestResponse:
    return browser.get(path) if method == "GET" else browser.post_form(path, page="/account")


def _without_nonce(page: str) -> str:
    start = page.find('nonce="')
    return page[:start] + page[page.find('"', start + 7) :]
