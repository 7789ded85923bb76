"""Signed-in people, and their actions on Portico's pages."""

import re
from dataclasses import dataclass
from html import unescape
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

from tests.accounts import person
from tests.browser import CSRF, Browser
from tests.cast import OWNER_PASSWORD, Cast

OWNER = "owner@contoso.example"
NEXT = re.compile(r'name="next"[^>]*value="([^"]*)"')


@dataclass(frozen=True)
class Session:
    browser: Browser
    person_id: UUID

    def reauthenticate(self, location: str, password: str = OWNER_PASSWORD) -> str:
        """Confirms with the password on the page at this URL; returns the redirect target."""
        page = self.browser.get(location).text
        response = self.browser.post(
            "/account/reauthenticate",
            data={"csrf_token": found(CSRF, page), "password": password, "next": self.next_of(location)},
        )
        assert response.status_code == 303, response.text
        return str(response.location)

    @staticmethod
    def next_of(location: str) -> str:
        return parse_qs(urlsplit(location).query)["next"][0]


def sign_in(browser: Browser, location: str, email: str = OWNER, password: str = OWNER_PASSWORD) -> str:
    """Signs in with a password on the login page at this URL; returns the redirect target."""
    page = browser.get(location).text
    code = urlsplit(location).path.rpartition("/")[2]
    fields = {"csrf_token": found(CSRF, page), "email": email, "password": password, "next": found(NEXT, page)}
    response = browser.post(f"/login/{code}/password", data=fields)
    assert response.status_code == 303, response.text
    return str(response.location)


def signed_in_with_password(cast: Cast) -> Session:
    browser = cast.browser()
    sign_in(browser, "/login/contoso")
    return Session(browser, person(cast.app, OWNER).id)


def found(pattern: re.Pattern[str], page: str) -> str:
    match = pattern.search(page)
    assert match
    return unescape(match[1])
