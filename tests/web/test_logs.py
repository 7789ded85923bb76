"""Log lines: one JSON object each, and no secret in any."""

import json
import logging
from typing import Any

import pytest

from app.web.logs import STRUCK_OUT, without_secrets
from tests.cast import ALICE, OWNER_PASSWORD, Cast
from tests.directory import CONTOSO_SECRET
from tests.visitor import pick

TOKEN = "eyJ0eXAiOiJKV1QiLCJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJzb21lYm9keSJ9.c2lnbmF0dXJl"


@pytest.mark.parametrize(
    "text",
    [
        f"got {TOKEN} from it",
        f"Authorization: Bearer {TOKEN}",
        "Authorization: Bearer opaque-token-value",
        "POST code=opaque-token-value&state=x",
        "/auth/abc/callback?state=1&code=opaque-token-value",
        '{"client_secret": "opaque-token-value"}',
        "{'code_verifier': 'opaque-token-value'}",
        "password = opaque-token-value",
        "CLIENT_SECRET:opaque-token-value",
        "refresh_token=opaque-token-value;",
    ],
)
def test_what_looks_like_a_secret_is_struck_out(text: str) -> None:
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
def test_a_secret_is_struck_out_wherever_it_stands(event: dict[str, Any]) -> None:
    shown = str(without_secrets(None, "info", event))
    assert "opaque" not in shown
    assert STRUCK_OUT in shown


@pytest.mark.parametrize(
    "event",
    [{"event": "sign_in_refused", "reason": "state", "code": "contoso"}, {"status": 404}, {"error_code": None}, {}],
    ids=str,
)
def test_what_is_no_secret_stays(event: dict[str, Any]) -> None:
    assert without_secrets(None, "info", event) == event


def test_a_whole_sign_in_tells_no_log_any_secret(cast: Cast, caplog: pytest.LogCaptureFixture) -> None:
    quiet = {name: logging.getLogger(name).level for name in ("msal", "identity", "urllib3")}
    caplog.set_level(logging.DEBUG)
    visitor = cast.visitor()
    back = pick(cast.directory, visitor.begin("contoso"), ALICE)
    visitor.get(back)
    with visitor.session_transaction() as kept:
        token = kept["_user_id"]
    given = {"email": "owner@contoso.example", "password": OWNER_PASSWORD}
    cast.visitor().post_form("/login/contoso/password", page="/login/contoso", **given)
    code = back.partition("code=")[2].partition("&")[0]
    assert all(level == logging.CRITICAL for level in quiet.values())
    for secret in (code, token, CONTOSO_SECRET, OWNER_PASSWORD, "eyJ"):
        assert secret not in caplog.text


def test_a_request_has_an_id_that_its_caller_may_give(cast: Cast) -> None:
    visitor = cast.visitor()
    assert visitor.get("/healthz", headers={"X-Request-ID": "abc-12345"}).headers["X-Request-ID"] == "abc-12345"
    for odd in ("short", "x" * 65, "a b c d e f g", "<script>alert(1)</script>"):
        given = visitor.get("/healthz", headers={"X-Request-ID": odd}).headers["X-Request-ID"]
        assert given != odd
        assert json.dumps(given)
