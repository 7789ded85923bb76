"""Every cookie is bound to this host, and signing out clears the browser's cache and storage."""

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from app import create_app
from app.companies.models import Company
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.http.rate_limits import limiter
from app.people import actions as people
from app.settings import Settings
from tests.accounts import sign_in
from tests.browser import BUTTON, CSRF, Browser
from tests.cast import OWNER_PASSWORD, Cast

OWNER = "owner@contoso.example"


@pytest.fixture
def secure(cast: Cast, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Iterator[Browser]:
    """A browser that reaches the application over https."""
    monkeypatch.setattr(limiter, "__dict__", dict(vars(limiter)))
    app = create_app(settings.model_copy(update={"base_url": "https://localhost", "trusted_proxies": 1}))
    app.test_client_class = Browser
    client = app.test_client()
    assert isinstance(client, Browser)
    client.environ_base["HTTP_REFERER"] = "https://localhost/login/contoso"
    yield client
    with app.app_context():
        db.engine.dispose()


def test_cookies_over_https_are_bound_to_the_host(secure: Browser) -> None:
    page = secure.get("/login/contoso")
    token = CSRF.search(page.text)
    assert token
    started = secure.post(BUTTON.findall(page.text)[0], data={"csrf_token": token[1]})
    given = {"csrf_token": token[1], "email": OWNER, "password": OWNER_PASSWORD}
    entered = secure.post("/login/contoso/password", data=given)
    assert (started.status_code, entered.status_code) == (303, 303)
    lines = [line for response in (page, started, entered) for line in response.headers.getlist("Set-Cookie")]
    names = {line.partition("=")[0].partition(".")[0] for line in lines}
    expected = ("browser", "session", "active", "last_code", "attempt", "device")
    assert names == {f"__Host-{name}" for name in expected}
    for line in lines:
        attributes = {part.strip() for part in line.split(";")[1:]}
        assert {"Path=/", "SameSite=Lax", "Secure", "HttpOnly"} <= attributes, line
        assert not any(part.startswith("Domain") for part in attributes), line


def test_browser_switches_between_two_companies_over_https(cast: Cast, secure: Browser) -> None:
    with cast.app.app_context(), unit_of_work():
        fabrikam = db.session.scalars(sa.select(Company).where(Company.name == "Fabrikam")).one()
        people.make(fabrikam.id, email="o@fabrikam.example", name="O", role="owner", password=OWNER_PASSWORD)
    for email, code in ((OWNER, "contoso"), ("o@fabrikam.example", "fabrikam")):
        assert sign_in(secure, email, OWNER_PASSWORD, code) == 303
    names = {f"__Host-session.{one}" for one in (cast.org_id(), fabrikam.public_id)}
    assert {cookie.key for cookie in secure.cookies() if "session" in cookie.key} == names
    assert "Fabrikam" in secure.get("/account").text
    secure.post_form("/sessions/switch", page="/account", company=cast.org_id())
    assert "Olivia Owner" in secure.get("/account").text


def test_last_login_code_is_remembered_over_https(secure: Browser) -> None:
    assert sign_in(secure, OWNER, OWNER_PASSWORD) == 303
    secure.post_form("/logout", page="/account")
    assert 'value="contoso"' in secure.get("/login").text


def test_signing_out_clears_cache_and_storage_but_no_cookies(cast: Cast) -> None:
    browser = cast.browser()
    sign_in(browser, OWNER, OWNER_PASSWORD)
    for _ in range(2):
        response = browser.post_form("/logout", page="/login/contoso")
        assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert {"device", "last_code"} <= {cookie.key for cookie in browser.cookies()}
