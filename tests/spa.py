"""Does what MSAL.js does, for tests without a browser: authorization code with PKCE, redeemed from the page's
origin.
"""

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar
from urllib.parse import parse_qs, urlencode, urlsplit

import requests
from werkzeug.test import TestResponse

from tests.browser import Browser
from tests.directory import Account, Directory

DATA_BLOCK = re.compile(r'<script type="application/json" id="single-page">(.*?)</script>', re.DOTALL)


Opener = TypeVar("Opener", bound=Browser | requests.Session)


@dataclass(frozen=True)
class Page(Generic[Opener]):
    """An opened login page, with the data of its script."""

    browser: Opener
    settings: dict[str, Any]
    csrf: str
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    def request(self) -> dict[str, str]:
        """The parameters of both requests to the directory."""
        return {
            "client_id": self.settings["clientId"],
            "redirect_uri": self.settings["redirectUri"],
            "scope": " ".join([*self.settings["scopes"], "openid", "profile"]),
        }

    def authorize_query(self) -> str:
        challenge = base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).rstrip(b"=").decode()
        return urlencode(
            {
                **self.request(),
                "response_type": "code",
                "response_mode": "fragment",
                "nonce": self.settings["nonce"],
                "state": "state",
                "code_challenge": challenge,
                "code_challenge_method": "S256",
            }
        )

    def tokens(self, _directory: Directory, account: Account) -> dict[str, Any]:
        """What the script would post after the popup has closed."""
        endpoint = json.loads(self.settings["authorityMetadata"])["authorization_endpoint"]
        url = f"{endpoint}?{self.authorize_query()}"
        with requests.Session() as window:
            picked = window.post(url, data={"account": account.oid}, allow_redirects=False, timeout=10)
        response = redeem(self, parse_qs(urlsplit(picked.headers["Location"]).fragment)["code"][0])
        return {
            "id_token": response["id_token"],
            "access_token": response["access_token"],
            "nonce": self.settings["nonce"],
            "next": "/",
        }

    def post_tokens(self: "Page[Browser]", tokens: dict[str, Any], **headers: str) -> TestResponse:
        """Posts tokens as the script would, with its CSRF token."""
        return self.browser.post(self.settings["tokenUrl"], json=tokens, headers={"X-CSRFToken": self.csrf, **headers})


def redeem(page: Page, code: str) -> dict[str, Any]:
    """The token endpoint's response to the page's script, tokens or an error."""
    metadata = json.loads(page.settings["authorityMetadata"])
    grant = {"grant_type": "authorization_code", "code": code, "code_verifier": page.verifier}
    origin = page.settings["redirectUri"].partition("/auth/")[0]
    response: dict[str, Any] = requests.post(
        metadata["token_endpoint"], data={**page.request(), **grant}, headers={"Origin": origin}, timeout=10
    ).json()
    return response


def open_page(browser: Opener, code: str = "", number: int = 0, path: str = "") -> Page[Opener]:
    block = DATA_BLOCK.search(browser.get(path or f"/login/{code}").text)
    assert block, "the login page has no SPA connection"
    data = json.loads(block[1])
    return Page(browser, data["connections"][number], data["csrf"])


def sign_in_on_page(browser: Browser, account: Account, code: str, directory: Directory) -> TestResponse:
    """A complete sign-in on a login page. Returns the exchange's response."""
    page = open_page(browser, code)
    return page.post_tokens(page.tokens(directory, account))
