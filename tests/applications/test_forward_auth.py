"""The check for proxies: who passes, the identity headers, and rejections."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import jwt
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from werkzeug.datastructures import Headers

from app.applications import actions, queries
from app.applications.forward_auth import queries as forward_auth_queries
from app.applications.forward_auth.identity import header_value
from app.applications.forward_auth.request_kind import is_navigation
from app.companies.models import Company
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.people import actions as people
from app.sessions.models import Session
from tests.applications.protected import ORIGIN, Protected, Visit, protect
from tests.assertions import queries as sent
from tests.cast import BOB, Cast

IDENTITY = [
    *("X-Portico-Sub", "X-Portico-Name", "X-Portico-Email", "X-Portico-Email-Verified", "X-Portico-Picture"),
    *("X-Portico-Title", "X-Portico-Org-Id", "X-Portico-Org-Code", "X-Portico-Org-Name", "X-Portico-Org-Role"),
    *("X-Portico-Roles", "X-Portico-External-Id", "X-Portico-Auth-Time", "X-Portico-Amr", "X-Portico-Sid"),
    "X-Portico-Token",
]
FORGED = dict.fromkeys(IDENTITY, "forged")
LIES = {
    "X-Original-URL": "/public",
    "X-Forwarded-Uri": "/public",
    "X-Forwarded-Host": "localhost:5000",
    "X-Forwarded-Prefix": "/",
    "X-Forwarded-For": "127.0.0.1",
    "X-Forwarded-Method": "OPTIONS",
    "Forwarded": "host=localhost:5000",
    "Origin": "https://elsewhere.example",
    "Access-Control-Request-Method": "PUT",
    "Authorization": "Bearer forged",
    "User-Agent": "kube-probe/1.30",
}


@pytest.fixture
def wiki(cast: Cast) -> Protected:
    return protect(cast.app, roles=["editor", "reader"])


@pytest.fixture
def visit(cast: Cast, wiki: Protected) -> Visit:
    """Bob, signed in."""
    return wiki.sign_in(cast.bob(), "/page?a=b")


def assign(cast: Cast, wiki: Protected, *values: str) -> None:
    with cast.app.app_context(), unit_of_work():
        application = queries.by_client_id(wiki.client_id)
        assert application
        actions.assign_roles(cast.person(BOB), application, [*values])


def change(wiki: Protected, **values: Any) -> None:
    with wiki.app.app_context(), unit_of_work():
        application = queries.by_client_id(wiki.client_id)
        assert application
        actions.change(application, **values)


def test_signed_in_person_passes_with_every_header(cast: Cast, wiki: Protected, visit: Visit) -> None:
    assign(cast, wiki, "reader", "editor")
    response = visit.check()
    assert response.status_code == 204
    assert [name for name, _ in response.headers if name.startswith("X-Portico-")] == IDENTITY
    assert response.headers["X-Portico-Org-Code"] == "contoso"
    assert response.headers["X-Portico-Org-Role"] == "member"
    assert response.headers["X-Portico-Roles"] == "editor,reader"
    assert response.headers["X-Portico-External-Id"] == ""
    assert response.headers["Cache-Control"] == "no-store"


def test_token_repeats_the_headers_and_is_signed(cast: Cast, wiki: Protected, visit: Visit) -> None:
    assign(cast, wiki, "editor")
    headers = visit.check().headers
    token = headers["X-Portico-Token"]
    assert jwt.get_unverified_header(token) | {"kid": ""} == {
        "alg": "ES256",
        "typ": "portico-forward-auth+jwt",
        "kid": "",
    }
    keys = {key["kid"]: key for key in cast.browser().get("/oauth/jwks").get_json()["keys"]}
    key = jwt.PyJWK(keys[jwt.get_unverified_header(token)["kid"]]).key
    claims = jwt.decode(token, key, ["ES256"], audience=wiki.client_id, issuer=cast.app.config["BASE_URL"])
    assert claims["exp"] - claims["iat"] == 60
    assert (claims["sub"], claims["sid"]) == (headers["X-Portico-Sub"], headers["X-Portico-Sid"])
    assert (claims["org_code"], claims["org_role"], claims["roles"]) == ("contoso", "member", ["editor"])
    again = jwt.decode(visit.check().headers["X-Portico-Token"], key, ["ES256"], audience=wiki.client_id)
    assert claims["jti"] != again["jti"]


@pytest.mark.parametrize(
    ("value", "header"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        ("Zoë Ångström", "Zo%C3%AB%20%C3%85ngstr%C3%B6m"),
        ("100%, really\r\nX-Portico-Org-Role: owner", "100%25%2C%20really%0D%0AX-Portico-Org-Role:%20owner"),
        ("ann@contoso.example", "ann@contoso.example"),
        (["a", "b,c", "d e"], "a,b%2Cc,d%20e"),
        (1764000000, "1764000000"),
    ],
)
def test_header_values_are_percent_encoded(value: Any, header: str) -> None:
    assert header_value(value) == header


def test_methods_are_separated_by_spaces() -> None:
    assert header_value(["pwd", "otp"], " ") == "pwd otp"


def test_check_costs_one_query(cast: Cast, visit: Visit) -> None:
    visit.check()
    with sent(cast.app) as asked:
        assert visit.check().status_code == 204
    assert len(asked) == 1, asked


def test_rejection_costs_one_query(cast: Cast, wiki: Protected) -> None:
    browser = cast.browser()
    with sent(cast.app) as asked:
        assert wiki.check(browser).status_code == 401
    assert len(asked) == 1, asked


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "OPTIONS", "PROPFIND"])
def test_no_header_replaces_a_session(cast: Cast, wiki: Protected, visit: Visit, method: str) -> None:
    other = protect(cast.app, "Other", "https://other.example").sign_in(cast.bob())
    token = other.browser.get_cookie("portico", "other.example")
    assert token
    for cookie in ("", "portico=", f"portico={'x' * 43}", f"portico={token.value}", "session=x; __Host-portico=x"):
        for headers in ({}, FORGED, LIES, FORGED | LIES):
            asked = {"X-Forwarded-Method": method, **headers, **({"Cookie": cookie} if cookie else {})}
            response = cast.browser().get(f"/forward-auth/{wiki.client_id}", base_url=ORIGIN, headers=asked)
            assert response.status_code == 401, (cookie, headers)
            assert {response.headers[name] for name in IDENTITY} == {""}
    assert visit.check(Authorization="Bearer the-applications-own").status_code == 204


def test_portico_session_alone_opens_no_application(cast: Cast, wiki: Protected) -> None:
    assert cast.alice().get(f"/forward-auth/{wiki.client_id}").status_code == 401


def deactivate(cast: Cast, _wiki: Protected) -> None:
    people.set_active(cast.person(BOB), False, actor_id=cast.person(BOB).id)


def end_session(cast: Cast, _wiki: Protected) -> None:
    db.session.execute(sa.update(Session).values(ended_at=now()))


def idle_too_long(cast: Cast, _wiki: Protected) -> None:
    db.session.execute(sa.update(Session).values(last_seen_at=now() - timedelta(hours=13)))


def close_company(cast: Cast, _wiki: Protected) -> None:
    db.session.execute(sa.update(Company).where(Company.id == cast.person(BOB).company_id).values(is_active=False))


def exclude_company(cast: Cast, wiki: Protected) -> None:
    application = queries.by_client_id(wiki.client_id)
    assert application
    actions.set_companies(application, [])


def require_role(cast: Cast, wiki: Protected) -> None:
    application = queries.by_client_id(wiki.client_id)
    assert application
    actions.change(application, allowed_roles=["editor"])


def disable(cast: Cast, wiki: Protected) -> None:
    application = queries.by_client_id(wiki.client_id)
    assert application
    actions.change(application, is_enabled=False)


@pytest.mark.parametrize(
    ("happens", "status"),
    [
        (deactivate, 401),
        (end_session, 401),
        (idle_too_long, 401),
        (close_company, 401),
        (exclude_company, 403),
        (require_role, 403),
        (disable, 403),
    ],
)
def test_settings_change_takes_effect_immediately(
    cast: Cast, wiki: Protected, visit: Visit, happens: Callable[[Cast, Protected], None], status: int
) -> None:
    assert visit.check().status_code == 204
    with cast.app.app_context(), unit_of_work():
        happens(cast, wiki)
    response = visit.check()
    assert response.status_code == status
    assert {response.headers[name] for name in IDENTITY} == {""}


def test_removed_role_takes_effect_immediately(cast: Cast, wiki: Protected) -> None:
    change(wiki, allowed_roles=["editor"])
    bob = cast.bob()
    assign(cast, wiki, "editor")
    visit = wiki.sign_in(bob)
    assert visit.check().headers["X-Portico-Roles"] == "editor"
    assign(cast, wiki, "reader")
    refused = visit.check()
    assert refused.status_code == 403
    assert "You don’t have access to Wiki" in refused.text
    assert "http-equiv" not in refused.text
    assert [f'href="{wiki.path("start")}{query}"' in refused.text for query in ("", "?prompt=select_account")] == [
        True,
        True,
    ]
    assert visit.check(X_Forwarded_Method="POST").get_json()["error"] == "access_denied"
    assign(cast, wiki, "editor")
    assert visit.check().status_code == 401, "the grant was revoked"
    assert wiki.sign_in(bob).check().status_code == 204


def test_check_counts_as_use_of_the_session(cast: Cast, visit: Visit) -> None:
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Session).values(last_seen_at=now() - timedelta(hours=1)))
    visit.check().close()
    with cast.app.app_context():
        assert db.session.scalars(sa.select(sa.func.max(Session.last_seen_at))).one() > now() - timedelta(minutes=1)


def test_failing_check_returns_503(wiki: Protected, visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("gone"))

    monkeypatch.setattr(forward_auth_queries, "by_client_id", fails)
    assert visit.check().status_code == 503


def test_unknown_application_is_rejected(cast: Cast) -> None:
    assert Protected(cast.app, "app-unknown").check(cast.browser()).status_code == 403


@pytest.mark.parametrize(
    ("method", "headers", "expected"),
    [
        ("GET", {"Sec-Fetch-Mode": "navigate"}, True),
        ("HEAD", {"Accept": "text/html,*/*"}, True),
        ("GET", {"Accept": "text/html,*/*"}, True),
        ("GET", {"Accept": "*/*"}, False),
        ("GET", {}, False),
        ("GET", {"Accept": "application/json"}, False),
        ("GET", {"Sec-Fetch-Mode": "cors", "Accept": "text/html"}, False),
        ("GET", {"Sec-Fetch-Mode": "websocket"}, False),
        ("GET", {"Sec-Fetch-Mode": "navigate", "X-Requested-With": "XMLHttpRequest"}, False),
        ("GET", {"Accept": "text/html", "Upgrade": "websocket"}, False),
        ("GET", {"Accept": "text/html", "Sec-WebSocket-Key": "a"}, False),
        ("POST", {"Sec-Fetch-Mode": "navigate", "Accept": "text/html"}, False),
        ("OPTIONS", {"Accept": "text/html"}, False),
    ],
)
def test_only_navigations_are_redirected(method: str, headers: dict[str, str], expected: bool) -> None:
    assert is_navigation(Headers(headers), method) is expected


def test_script_gets_json_with_the_url(cast: Cast, wiki: Protected) -> None:
    for headers in ({"Sec_Fetch_Mode": "cors"}, {"X_Forwarded_Method": "POST"}, {"X_Requested_With": "fetch"}):
        response = wiki.check(cast.browser(), **headers)
        assert response.status_code == 401
        assert response.get_json() == {
            "error": "login_required",
            "sign_in_url": f"{ORIGIN}/.portico/{wiki.client_id}/start",
        }


def test_application_cookies_are_passed_on_without_portico_cookies(wiki: Protected, visit: Visit) -> None:
    visit.browser.set_cookie("theme", "dark; x", domain="wiki.example")
    for name in ("portico-state.1.2", "portico2"):
        visit.browser.set_cookie(name, "x", domain="wiki.example")
    kept = visit.check().headers["Cookie"]
    assert {pair.partition("=")[0].strip() for pair in kept.split(";")} == {"theme", "portico2"}


def test_responses_suit_another_host(cast: Cast, wiki: Protected, visit: Visit) -> None:
    page = wiki.check(cast.browser())
    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'nonce-")
    assert "/static/" not in page.text
    assert "Set-Cookie" not in page.headers
    assert cast.browser().get("/login", base_url=ORIGIN).status_code == 400
