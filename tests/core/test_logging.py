"""Log lines: one JSON object each, without secrets."""

import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask, request, request_finished

from app.companies.models import Company
from app.core.database import db
from app.core.logging import COMPANY, NO_RULE, RULE, STRUCK_OUT, without_secrets
from tests.browser import pick
from tests.cast import ALICE, BOB, OWNER_PASSWORD, Cast
from tests.directory import CONTOSO, CONTOSO_SECRET
from tests.spa import sign_in_on_page

TOKEN = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJl"  # pragma: allowlist secret


@pytest.mark.parametrize(
    "text",
    [
        f"received {TOKEN} from it",
        f"Authorization: Bearer {TOKEN}",
        "Authorization: Bearer opaque-token-value",
        "POST code=opaque-token-value&state=x",
        "/auth/abc/callback?state=1&code=opaque-token-value",
        '{"client_secret": "opaque-token-value"}',
        "{'code_verifier': 'opaque-token-value'}",
        "password = opaque-token-value",
        "CLIENT_SECRET:opaque-token-value",
        "refresh_token=opaque-token-value;",
        "/login/contoso/reset?key=opaque-token-value",
        *(
            "GET /setup/opaque-token-value/save",
            "/invitation/opaque-token-value",
            "/account/confirm/opaque-token-value",
        ),
    ],
)
def test_text_that_looks_like_a_secret_is_redacted(text: str) -> None:
    shown = without_secrets(None, "info", {"event": text})["event"]
    assert STRUCK_OUT in shown
    assert "opaque-token-value" not in shown
    assert TOKEN not in shown


@pytest.mark.parametrize(
    "event",
    [
        {"answer": {"access_token": "opaque"}},
        {"answers": [{"deep": {"client_secret": "opaque"}}]},
        {"parts": ["x", "code=opaque"]},
        {"client_secret": "opaque"},
        {"password": "opaque"},
        {"body": b"code=opaque&x=1"},
        {"pair": ("id_token", "id_token=opaque")},
    ],
    ids=str,
)
def test_secret_is_redacted_at_any_depth(event: dict[str, Any]) -> None:
    shown = str(without_secrets(None, "info", event))
    assert "opaque" not in shown
    assert STRUCK_OUT in shown


@pytest.mark.parametrize(
    "event",
    [{"event": "sign_in_refused", "reason": "state", "code": "contoso"}, {"status": 404}, {"error_code": None}, {}],
    ids=str,
)
def test_harmless_event_stays_unchanged(event: dict[str, Any]) -> None:
    assert without_secrets(None, "info", event) == event


@pytest.mark.parametrize("name", ["gunicorn.error", "app", "werkzeug"])
@pytest.mark.parametrize(
    "arguments",
    [
        ("Error handling request %s", "/invitation/opaque?a=opaque"),
        ("Exception on %s [%s]", "/nowhere/opaque", "GET"),
        (
            "Invalid request from ip=%s: %s",
            "203.0.113.8",
            ValueError("Invalid HTTP request line: 'GET /opaque?b=opaque'"),
        ),
        ("Invalid request: %s", ValueError("/opaque")),
    ],
    ids=str,
)
def test_log_lines_of_libraries_contain_no_path(
    app: Flask, caplog: pytest.LogCaptureFixture, name: str, arguments: Any
) -> None:
    logging.getLogger(name).error(*arguments)
    assert STRUCK_OUT in caplog.text
    assert "opaque" not in caplog.text


def test_access_log_names_url_rule_and_never_its_values(cast: Cast) -> None:
    found: list[str | None] = []

    def note(_app: Flask, **_: Any) -> None:
        found.append(request.environ.get(RULE))

    with request_finished.connected_to(note, cast.app):
        for path in (
            "/login/contoso?a=b",
            "/invitation/opaque",
            "/invitation?key=opaque",
            "/nowhere/opaque",
            "/setup/x/y",
        ):
            cast.browser().get(path)
    assert found == ["/login/<code>", NO_RULE, "/invitation", NO_RULE, NO_RULE]


def test_complete_sign_in_logs_no_secret(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    quiet = {name: logging.getLogger(name).level for name in ("msal", "identity", "urllib3")}
    caplog.set_level(logging.DEBUG)
    browser = cast.browser()
    back = pick(cast.directory, browser.begin("contoso"), ALICE)
    browser.get(back)
    token = browser.session_token
    given = {"email": "owner@contoso.example", "password": OWNER_PASSWORD}
    cast.browser().post_form("/login/contoso/password", page="/login/contoso", **given)
    code = back.partition("code=")[2].partition("&")[0]
    assert all(level == logging.CRITICAL for level in quiet.values())
    for secret in (code, token, CONTOSO_SECRET, OWNER_PASSWORD, "eyJ"):
        assert secret not in caplog.text


@pytest.fixture
def named(app: Flask) -> Iterator[list[str | None]]:
    """Each request's company as the access log names it: gunicorn.conf.py reads it there."""
    found: list[str | None] = []

    def note(_app: Flask, **_: Any) -> None:
        found.append(request.environ.get(COMPANY))

    with request_finished.connected_to(note, app):
        yield found


def test_every_step_of_a_sign_in_logs_its_company(cast: Cast, named: list[str | None]) -> None:
    with cast.app.app_context():
        contoso = str(db.session.scalars(sa.select(Company.id).where(Company.name == "Contoso")).one())
    browser = cast.browser()
    back = pick(cast.directory, browser.begin("contoso"), ALICE)
    statuses = [browser.get(path).status_code for path in (back, back, "/account")]
    assert statuses == [303, 400, 200]
    wrong = {"email": "owner@contoso.example", "password": "not this"}
    assert cast.browser().post_form("/login/contoso/password", page="/login/contoso", **wrong).status_code == 422
    cast.switch(CONTOSO, "spa")
    assert sign_in_on_page(cast.browser(), BOB, "contoso", cast.directory).status_code == 200
    assert named == [contoso] * 9


def test_no_company_is_logged_where_none_is_known(cast: Cast, named: list[str | None]) -> None:
    for path in ("/healthz", "/login", "/login/unknown"):
        cast.browser().get(path)
    assert named == [None] * 3


def test_events_logged_during_sign_in_name_company(
    cast: Cast, named: list[str | None], caplog: pytest.LogCaptureFixture
) -> None:
    cast.directory.drill("graph_down")
    response = cast.browser().sign_in_as(ALICE, "contoso", cast.directory)
    (line,) = [record.msg for record in caplog.records if "profile_not_read" in record.getMessage()]
    assert isinstance(line, dict)
    assert (line["company"], line["request_id"]) == (named[-1], response.headers["X-Request-ID"])


def test_caller_may_supply_request_id(cast: Cast) -> None:
    browser = cast.browser()
    assert browser.get("/healthz", headers={"X-Request-ID": "abc-12345"}).headers["X-Request-ID"] == "abc-12345"
    for odd in ("short", "x" * 65, "a b c d e f g", "<script>alert(1)</script>"):
        given = browser.get("/healthz", headers={"X-Request-ID": odd}).headers["X-Request-ID"]
        assert given != odd
        assert json.dumps(given)
