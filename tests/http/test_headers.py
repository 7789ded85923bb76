"""Security headers and the checks before every request."""

import re

import pytest
from pydantic import SecretStr

from app import create_app
from app.http.rate_limits import limiter
from app.settings import Settings, new_key
from tests.cast import ALICE, SCRIPT_NAME, Cast


@pytest.fixture
def public(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """As in production: over https, with the real Microsoft."""
    # Creating these applications reconfigures the process's limiter, which is restored afterwards.
    monkeypatch.setattr(limiter, "__dict__", dict(vars(limiter)))
    return Settings(
        _env_file=None,
        base_url="https://app.example.com",
        secret_key=SecretStr("s" * 40),
        encryption_keys=(SecretStr(new_key()),),
        database_url=SecretStr(f"sqlite:///{tmp_path_factory.mktemp('public') / 'portico.db'}"),
    )


@pytest.mark.parametrize("path", ["/", "/login", "/login/contoso", "/nothing", "/account", "/people"])
def test_every_page_has_a_nonce_policy_and_cannot_be_framed(cast: Cast, path: str) -> None:
    headers = cast.alice().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "base-uri 'none'" in policy
    assert re.search(r"script-src 'nonce-[\w-]{20,}'", policy)
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_nonce_is_used_once(cast: Cast) -> None:
    browser = cast.browser()
    assert len({browser.get("/login").headers["Content-Security-Policy"] for _ in range(5)}) == 5


def test_https_sets_hsts_and_secure_cookies(public: Settings) -> None:
    app = create_app(public)
    client = app.test_client()
    response = client.get("/login", base_url="https://app.example.com")
    assert "max-age=31536000" in response.headers["Strict-Transport-Security"]
    with client.session_transaction(base_url="https://app.example.com") as kept:
        kept["x"] = 1
    cookie = client.get_cookie("__Host-browser", domain="app.example.com")
    assert cookie
    assert cookie.secure
    assert cookie.http_only


def test_http_sets_no_hsts(cast: Cast) -> None:
    assert "Strict-Transport-Security" not in cast.browser().get("/login").headers


def test_script_in_a_name_is_escaped(cast: Cast) -> None:
    browser = cast.browser()
    browser.sign_in_as(SCRIPT_NAME, "contoso", cast.directory)
    for path in ("/account", "/people", f"/people/{cast.person_id(SCRIPT_NAME)}"):
        page = browser.get(path).text
        assert "<script>" not in page
        assert "&lt;script&gt;" in page


def test_null_character_is_rejected_everywhere(cast: Cast) -> None:
    browser = cast.alice()
    token = browser.csrf("/account")
    for path in ("/login/%00", "/auth/%00/callback?state=a", "/people?q=%00", "/people?after=%00~x", "/login?code=%00"):
        assert browser.get(path).status_code == 400, path
    given = {"csrf_token": token, "email": "a\x00b@example.com", "password": "x"}
    assert browser.post("/login/contoso/password", data=given).status_code == 400


def test_oversized_request_is_rejected(cast: Cast) -> None:
    response = cast.alice().post("/logout", data={"x": "y" * 2_000_000})
    assert response.status_code in (403, 413)


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT"])
def test_unsupported_method_does_nothing(cast: Cast, method: str) -> None:
    assert cast.alice().open("/account", method=method).status_code in (403, 405)


def test_missing_page_is_explained(cast: Cast) -> None:
    response = cast.browser().get("/nothing/here")
    assert response.status_code == 404
    assert "This page doesn’t exist" in response.text


def test_internal_error_shows_reference_and_no_traceback(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_args: object) -> None:
        raise RuntimeError("the inner workings")

    browser = cast.alice()
    monkeypatch.setattr("app.sessions.queries.active_sessions", broken)
    response = browser.get("/account")
    assert response.status_code == 500
    assert re.search(r"PRT-[2-9A-Z]{8}", response.text)
    assert "inner workings" not in response.text
    assert cast.person_id(ALICE)


def test_missing_database_returns_503_while_healthz_works(public: Settings) -> None:
    gone = public.model_copy(
        update={"database_url": SecretStr("postgresql+psycopg://unknown@127.0.0.1:1/none?connect_timeout=1")}
    )
    client = create_app(gone).test_client()
    base = "https://app.example.com"
    response = client.get("/login/contoso", base_url=base)
    assert (response.status_code, response.headers["Retry-After"]) == (503, "5")
    assert client.get("/healthz", base_url=base).status_code == 200
    assert client.get("/readyz", base_url=base).status_code == 503


def test_readyz_requires_database_at_current_migration(cast: Cast, public: Settings) -> None:
    assert cast.browser().get("/readyz").status_code == 200
    response = create_app(public).test_client().get("/readyz", base_url="https://app.example.com")
    assert response.status_code == 503
    assert "flask db upgrade" in response.text
