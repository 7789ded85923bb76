"""A forward-auth test application, and a browser on its host."""

import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Flask
from werkzeug.test import TestResponse

from app.applications import actions
from app.applications.actions import Role
from app.applications.forward_auth import actions as forward_auth
from app.core.unit_of_work import unit_of_work
from tests.browser import Browser

ORIGIN = "https://wiki.example"
NAVIGATION = {"Sec-Fetch-Mode": "navigate", "Accept": "text/html"}
REFRESH = re.compile(r'http-equiv="refresh" content="0; url=([^"]+)"')


@dataclass
class Protected:
    """A registered application. Its proxy passes requests on with the application's host."""

    app: Flask
    client_id: str
    origin: str = ORIGIN

    def check(self, browser: Browser, uri: str = "/", **headers: str) -> TestResponse:
        """The proxy's check of a request of this browser."""
        asked = {**NAVIGATION, "X-Forwarded-Method": "GET", "X-Forwarded-Uri": uri, **_named(headers)}
        return self.get(browser, f"/forward-auth/{self.client_id}", asked)

    def get(self, browser: Browser, path: str, headers: dict[str, str] | None = None) -> TestResponse:
        return browser.get(path, base_url=self.origin, headers=headers)

    def path(self, name: str) -> str:
        return f"/.portico/{self.client_id}/{name}"

    def start(self, browser: Browser, uri: str = "/") -> str:
        """Starts a sign-in as a rejected page does; the path and query at Portico."""
        refused = self.check(browser, uri)
        assert refused.status_code == 401, refused.status
        (start,) = REFRESH.findall(refused.text)
        begun = self.get(browser, start.replace("&amp;", "&"))
        assert begun.status_code == 303, begun.text
        assert begun.location.startswith(self.app.config["BASE_URL"])
        return _path(begun.location)

    def ticket(self, portico: Browser, authorize: str) -> str:
        """The path and query at the application to which Portico redirects a signed-in person."""
        back = portico.get(authorize)
        assert back.status_code == 303, back.text
        assert back.location.startswith(f"{self.origin}{self.path('callback')}?"), back.location
        return _path(back.location)

    def sign_in(self, portico: Browser, uri: str = "/") -> "Visit":
        """A complete silent sign-in of a person signed in at Portico; the browser at the application."""
        browser = self.app.test_client()
        assert isinstance(browser, Browser)
        done = self.get(browser, self.ticket(portico, self.start(browser, uri)))
        assert (done.status_code, done.location) == (303, self.origin + uri), done.text
        return Visit(self, browser)


@dataclass
class Visit:
    """Someone who is signed in to the application."""

    application: Protected
    browser: Browser

    def check(self, uri: str = "/", **headers: str) -> TestResponse:
        return self.application.check(self.browser, uri, **headers)


def protect(app: Flask, name: str = "Wiki", origin: str = ORIGIN, **options: Any) -> Protected:
    """Registers a forward-auth application of the installation, or of a company."""
    roles, companies = options.pop("roles", ()), options.pop("companies", None)
    with app.app_context(), unit_of_work():
        made = actions.create(name=name, company_id=options.pop("company_id", None))
        forward_auth.protect(made, f"{origin}/start")
        actions.change(made, **options)
        actions.set_roles(made, [Role(value, value.title(), "company") for value in roles])
        actions.set_companies(made, companies)
        return Protected(app, made.client_id, origin)


def _named(headers: dict[str, str]) -> dict[str, str]:
    """`X_Forwarded_Method` as an argument is the header of that name with hyphens."""
    return {name.replace("_", "-"): value for name, value in headers.items()}


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}" if parts.query else parts.path
