"""A test's browser: fetches pages as a person would, and validates each page."""

import re
from collections import Counter
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import html5lib
import requests
from flask.testing import FlaskClient
from werkzeug.test import Cookie, TestResponse

from tests.directory import Account, Directory

CSRF = re.compile(r'name="csrf_token" value="([^"]+)"')
BUTTON = re.compile(r'action="(/login/[^/"]+/microsoft/[^"]+)"')
VARYING = re.compile(r'(?<= nonce)="[\w-]+"|(?<=name="csrf_token" value)="[\w.-]+"')
"""Attributes that differ each time and are always valid."""
ID = re.compile(r'\sid="([^"]+)"')


class Browser(FlaskClient):
    """Flask's test client; fails on an invalid page. What a view forgets to commit raises OutsideUnitOfWork
    in the view itself, or is missing when the test looks for it (tests/mutation).
    """

    last_status = ""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        kwargs.setdefault("base_url", self.application.config["BASE_URL"])
        response = super().open(*args, **kwargs)
        self.last_status = response.status
        is_page = response.mimetype == "text/html" and response.status_code not in (301, 302, 303, 304, 308)
        policy = response.headers.get("Content-Security-Policy", "")
        # What has the policy of a sandbox is an email in a preview.
        if is_page and response.request.method != "HEAD" and "sandbox" not in policy:
            check_page(response.text, policy)
        return response

    def csrf(self, path: str = "/login") -> str:
        """A CSRF token of this browser, from a page with a form."""
        found = CSRF.search(self.get(path).text)
        assert found, f"{path} has no form: {self.last_status}"
        return found[1]

    def post_form(self, path: str, *, page: str, **fields: str) -> TestResponse:
        """Posts as the form on `page` would."""
        return self.post(path, data={"csrf_token": self.csrf(page), **fields})

    def opened(self, path: str) -> str:
        """Opens an emailed link and follows the redirect as a browser does; returns the final path."""
        request = self.get(path, follow_redirects=True).request
        query = request.query_string.decode()
        return f"{request.path}?{query}" if query else request.path

    def cookies(self) -> list[Cookie]:
        """The cookies that this browser holds."""
        return list((self._cookies or {}).values())

    def copied(self) -> "Browser":
        """Another browser with the same cookies."""
        other = self.application.test_client()
        assert isinstance(other, Browser)
        other._cookies = dict(self._cookies or {})
        return other

    @property
    def org_id(self) -> str:
        """The public id of the company whose session is active."""
        cookie = self.get_cookie("active")
        assert cookie, "not signed in"
        return cookie.value

    @property
    def session_token(self) -> str:
        """The token of the active session."""
        cookie = self.get_cookie(f"session.{self.org_id}")
        assert cookie, "not signed in"
        return cookie.value

    def present(self, org_id: str, token: str) -> None:
        """Sets the cookies of a session, and makes it the active one."""
        self.set_cookie(f"session.{org_id}", token, domain="localhost")
        self.set_cookie("active", org_id, domain="localhost")

    def lose_cookies(self) -> None:
        """Loses the browser's id and its sessions."""
        for cookie in self.cookies():
            if cookie.key in ("browser", "active") or cookie.key.startswith("session."):
                self.delete_cookie(cookie.key, domain="localhost")

    def begin(self, code: str, *, next_path: str = "", number: int = 0, **fields: str) -> str:
        """Presses a login page's Microsoft button; returns the URL at Microsoft."""
        page = self.get(f"/login/{code}").text
        token = CSRF.search(page)
        assert token
        action = BUTTON.findall(page)[number]
        response = self.post(action, data={"csrf_token": token[1], "next": next_path, **fields})
        assert response.status_code == 303, response.status
        return response.headers["Location"]

    def sign_in_as(self, account: Account, code: str, directory: Directory, **options: Any) -> TestResponse:
        """A complete sign-in: the button, the directory's account picker, and back. Returns the callback's response."""
        return self.get(pick(directory, self.begin(code, **options), account))


def pick(directory: Directory, authorize_url: str, account: Account) -> str:
    """Picks an account in the directory; path and query of the redirect back."""
    with requests.Session() as picker:
        response = picker.post(authorize_url, data={"account": account.oid}, allow_redirects=False, timeout=10)
    assert response.status_code in (302, 303), response.text
    back = urlsplit(response.headers["Location"])
    return f"{back.path}?{back.query}"


@lru_cache(4096)
def _validate(page: str) -> None:
    """Parsing takes as long as the request, and many tests open the same pages."""
    html5lib.HTMLParser(strict=True).parse(page)


def check_page(page: str, policy: str) -> None:
    assert re.search(r"<title>[^<]+ · Portico</title>", page), "a page without a title"
    _validate(VARYING.sub('="x"', page))
    doubled = [name for name, count in Counter(ID.findall(page)).items() if count > 1]
    assert not doubled, f"duplicate IDs: {doubled}"
    assert "unsafe" not in policy
    nonce = re.search(r"'nonce-([^']+)'", policy)
    assert nonce or "<script" not in page, "a page without a nonce in its policy"
    for script in re.findall(r"<script[^>]*>", page):
        assert (nonce and f'nonce="{nonce[1]}"' in script) or 'type="application/json"' in script
    assert not re.search(r"<[^>]+\s(style|on[a-z]+)=", page), "an inline style or handler"
