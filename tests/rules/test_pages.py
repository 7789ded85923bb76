"""Requirements of every page; tests/browser.py checks that each fetched page is valid HTML."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from pydantic import SecretStr
from werkzeug.test import TestResponse

from app import create_app
from app.core.database import db
from app.http import rate_limits
from app.http.access import Access
from app.settings import Settings
from tests.browser import Browser
from tests.cast import OWNER_PASSWORD
from tests.rules.conftest import Everyone, routes

NOT_STANDALONE_PAGES = (
    *("login.microsoft.redirect.callback", "login.microsoft.popup.show"),  # for redirects from Microsoft
    *(
        "connections.credentials.federation_metadata",
        "connections.credentials.federation_keys",
    ),  # for connections with a federated credential
    *("crm.authorization.federation_metadata", "crm.authorization.federation_keys"),  # for the same reason
    *("applications.provider.authorize.show", "applications.provider.picture.show"),  # for applications
    "companies.branding.image",  # Contoso has none
    *(f"applications.forward_auth.{view}" for view in ("check", "refused", "start", "callback")),  # on their hosts
)
FRAMED = {
    "/account/advanced/login-page/<uuid:page_id>/preview": "'self'",
    "/account/advanced/branding/preview": "'self'",
}
"""Shown inside one of our pages; no other page may be framed."""


def pages(everyone: Everyone) -> Iterator[tuple[str, TestResponse]]:
    """Every page, including error pages."""
    for browser, accesses in ((everyone.anonymous, [Access.PUBLIC]), (everyone.alice, list(Access))):
        for route in routes("GET", *accesses):
            response = browser.get(everyone.addresses.path(route))
            is_page = response.mimetype == "text/html" and response.status_code not in (302, 303)
            if is_page and route.endpoint not in NOT_STANDALONE_PAGES:
                assert response.status_code == 200, route.rule
                yield route.rule, response
    values = everyone.addresses.values
    for link in (f"/invitation?key={values['key']}", f"/setup?key={values['setup_key']}"):
        yield link.partition("?")[0], everyone.anonymous.get(link, follow_redirects=True)
    refusal = everyone.addresses.values["public_id"]
    for path in ("/nowhere", "/login/unknown", f"/auth/{refusal}/callback?state=a&code=b", "/login?code=!"):
        yield path, everyone.anonymous.get(path)
    yield "signed out", everyone.bob.post_form("/logout", page="/account")


def test_every_page_has_title_language_one_heading_and_sandbox_notice(everyone: Everyone) -> None:
    seen = 0
    for path, response in pages(everyone):
        page = response.text
        assert page.startswith("<!doctype html>\n<html lang="), path
        if 'id="main"' in page:
            seen += 1
            assert len(re.findall(r"<h1[ >]", page)) == 1, path
            assert page.count("<main") == 1, path
            assert 'href="#main"' in page, path
            assert page.count('class="sandbox-strip"') == 1, path
            assert "Undefined" not in page, path
    assert seen > 10


def test_every_response_has_security_headers(everyone: Everyone) -> None:
    for path, response in pages(everyone):
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy, path
        framed_by = FRAMED.get(path, "'none'")
        assert f"frame-ancestors {framed_by};" in policy, path
        assert "unsafe-" not in policy, path
        assert response.headers["X-Content-Type-Options"] == "nosniff", path
        assert response.headers["Referrer-Policy"] == "same-origin", path


@pytest.fixture
def custom_cloud(everyone: Everyone, app: Flask, settings: Settings) -> Iterator[Browser]:
    """The same data behind a directory that is not the sandbox."""
    changed = {
        **settings.model_dump(),
        "microsoft_cloud": "custom",
        "entra_authority": "https://directory.example",
        "graph_url": "https://graph.example",
        "redis_url": SecretStr(""),
    }
    other = create_app(Settings(_env_file=None, **changed))
    other.test_client_class = Browser
    client = other.test_client()
    assert isinstance(client, Browser)
    yield client
    with other.app_context():
        db.engine.dispose()
    # Restores the process's limiter to the tests' application.
    rate_limits.init_app(app, settings)


def test_pages_with_another_directory_do_not_mention_sandbox(everyone: Everyone, custom_cloud: Browser) -> None:
    response = custom_cloud.post_form(
        "/login/contoso/password",
        page="/login/contoso",
        email="owner@contoso.example",
        password=OWNER_PASSWORD,
    )
    assert response.status_code == 303
    for route in routes("GET"):
        page = custom_cloud.get(everyone.addresses.path(route))
        # An iframe attribute has this name as well.
        assert not re.search(rb'sandbox(?!=")', page.data.lower()), route.rule
        assert "localhost:" not in page.headers.get("Content-Security-Policy", ""), route.rule
