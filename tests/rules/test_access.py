"""Access to every URL: anonymous, Alice (owner), Bob (member) and Charlie (of another company)."""

from flask import Flask
from werkzeug.test import TestResponse

from app.http.access import Access
from app.urls import ROUTES
from tests.browser import Browser
from tests.rules.conftest import Everybody, nobodys, owned, routes

KEPT_PRIVATELY = ("people.avatar", "applications.launchpad.icon")
"""Personal, but the person's own browser may cache it."""
ENDS_THE_SESSION = ("login.page.sign_out",)
OUR_FORMS = [route for route in routes("POST") if not route.from_anywhere]


def test_every_route_carries_an_access_mark(app: Flask) -> None:
    marked = {(route.rule, route.endpoint) for route in ROUTES if isinstance(route.access, Access)}
    assert {(rule.rule, rule.endpoint) for rule in app.url_map.iter_rules()} == marked
    assert set(app.extensions["routes"]) == {route.endpoint for route in ROUTES}


def test_an_endpoint_is_its_views_module_and_name() -> None:
    for route in ROUTES:
        module = route.view.__module__.removeprefix("app.").removesuffix(".views")
        assert route.endpoint == f"{module}.{route.view.__name__}", route.rule


def test_no_address_stands_twice() -> None:
    assert len({(route.rule, method) for route in ROUTES for method in route.methods}) == sum(
        len(route.methods) for route in ROUTES
    )


def test_every_route_either_shows_or_changes() -> None:
    assert {route.methods for route in ROUTES} <= {("GET",), ("POST",)}


def test_a_stranger_is_sent_to_sign_in_and_brought_back(everybody: Everybody) -> None:
    for route in routes("GET", Access.MEMBER, Access.ADMIN):
        path = everybody.addresses.path(route)
        answer = everybody.anonymous.get(f"{path}?a=b")
        assert (answer.status_code, answer.location) == (302, f"/login?next={path}?a%3Db"), route.rule


def test_a_stranger_changes_nothing(everybody: Everybody) -> None:
    for route in routes("POST", Access.MEMBER, Access.ADMIN):
        answer = everybody.anonymous.post_form(everybody.addresses.path(route), page="/login/contoso")
        assert answer.status_code == 401, route.rule


def test_members_open_every_members_page(everybody: Everybody) -> None:
    for browser in (everybody.alice, everybody.bob):
        for route in routes("GET", Access.MEMBER):
            assert browser.get(everybody.addresses.path(route)).status_code == 200, route.rule


def test_members_are_refused_what_is_for_admins(everybody: Everybody) -> None:
    for route in routes("GET", Access.ADMIN):
        path = everybody.addresses.path(route)
        assert everybody.alice.get(path).status_code in (200, 302), route.rule
        assert everybody.bob.get(path).status_code == 403, route.rule
    for route in routes("POST", Access.ADMIN):
        answer = everybody.bob.post_form(everybody.addresses.path(route), page="/account")
        assert answer.status_code == 403, route.rule


def test_an_outsider_finds_nothing_of_another_companys(everybody: Everybody) -> None:
    for route in ROUTES:
        if not owned(route):
            continue
        paths = everybody.addresses.path(route), everybody.addresses.path(route, **nobodys(route))
        answers = [_ask(everybody.charlie, route.methods[0], path) for path in paths]
        assert [answer.status_code for answer in answers] == [404, 404], route.rule
        assert _without_nonce(answers[0].text) == _without_nonce(answers[1].text), route.rule


def test_a_colleagues_sessions_are_her_own(everybody: Everybody) -> None:
    for route in ROUTES:
        if "<uuid:session_id>" in route.rule and route.access is Access.MEMBER:
            answer = _ask(everybody.bob, route.methods[0], everybody.addresses.path(route))
            assert answer.status_code == 404, route.rule
    assert everybody.alice.get("/account").status_code == 200


def test_nothing_is_posted_without_a_csrf_token(everybody: Everybody) -> None:
    for browser in (everybody.anonymous, everybody.alice):
        for route in OUR_FORMS:
            path = everybody.addresses.path(route)
            assert browser.post(path).status_code == 403, route.rule
            assert browser.post(path, data={"csrf_token": "made up"}).status_code == 403, route.rule
            assert browser.post(path, json={"made": "up"}).status_code == 403, route.rule
    assert everybody.alice.get("/account").status_code == 200


def test_nothing_is_posted_from_another_site(everybody: Everybody) -> None:
    token = everybody.alice.csrf("/account")
    for route in OUR_FORMS:
        for origin in ("https://evil.example", "null"):
            path = everybody.addresses.path(route)
            answer = everybody.alice.post(path, data={"csrf_token": token}, headers={"Origin": origin})
            assert answer.status_code == 403, route.rule
    assert everybody.alice.get("/account").status_code == 200


def test_only_what_is_for_applications_takes_requests_from_anywhere() -> None:
    assert {route.rule for route in routes("POST") if route.from_anywhere} == {
        "/.portico/<client_id>/sign-out",
        *(f"/oauth/{name}" for name in ("authorize", "token", "userinfo", "introspect", "revoke", "par", "logout")),
    }


def test_nothing_is_changed_by_reading(everybody: Everybody) -> None:
    shown = {route.rule for route in routes("GET")}
    for route in routes("POST"):
        if route.rule not in shown:
            assert everybody.alice.get(everybody.addresses.path(route)).status_code == 405, route.rule
    assert everybody.alice.get("/account").status_code == 200


def test_no_cache_keeps_what_is_personal(everybody: Everybody) -> None:
    for route in routes("GET", Access.MEMBER, Access.ADMIN):
        kept = everybody.alice.get(everybody.addresses.path(route)).headers["Cache-Control"]
        if route.endpoint in KEPT_PRIVATELY:
            assert "private" in kept.split(", "), route.rule
        else:
            assert kept == "no-store", route.rule


def test_only_what_proxies_pass_on_is_answered_under_any_host() -> None:
    assert {route.rule for route in ROUTES if route.any_host} == {
        "/forward-auth/<client_id>",
        *(f"/.portico/<client_id>/{name}" for name in ("start", "callback", "sign-out", "refused")),
    }


def test_another_host_is_answered_by_probes_alone(everybody: Everybody) -> None:
    for route in routes("GET"):
        if route.any_host:
            continue
        answer = everybody.alice.get(everybody.addresses.path(route), base_url="http://evil.example")
        assert answer.status_code in ((200, 503) if route.rule in ("/healthz", "/readyz", "/metrics") else (400,)), (
            route
        )


def _ask(browser: Browser, method: str, path: str) -> TestResponse:
    return browser.get(path) if method == "GET" else browser.post_form(path, page="/account")


def _without_nonce(page: str) -> str:
    start = page.find('nonce="')
    return page[:start] + page[page.find('"', start + 7) :]
