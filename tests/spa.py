"""What MSAL.js does, for tests that need no browser: authorization code with PKCE, redeemed from the page's origin."""

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from werkzeug.test import TestResponse

from tests.directory import Account, Directory
from tests.visitor import Visitor

DATA_BLOCK = re.compile(r'<script type="application/json" id="single-page">(.*?)</script>', re.DOTALL)


@dataclass(frozen=True)
class Page:
    """A login page that was opened: what its script would know."""

    visitor: Visitor
    settings: dict[str, Any]
    csrf: str

    def tokens(self, directory: Directory, account: Account) -> dict[str, Any]:
        """What the script would post once the window has closed."""
        verifier = secrets.token_urlsafe(48)
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        metadata = json.loads(self.settings["authorityMetadata"])
        request = {
            "client_id": self.settings["clientId"],
            "redirect_uri": self.settings["redirectUri"],
            "scope": " ".join([*self.settings["scopes"], "openid", "profile"]),
        }
        with requests.Session() as window:
            picked = window.post(
                metadata["authorization_endpoint"],
                params={
                    **request,
                    "response_type": "code",
                    "response_mode": "fragment",
                    "nonce": self.settings["nonce"],
                    "state": "state",
                    "code_challenge": challenge,
                    "code_challenge_method": "S256",
                },
                data={"account": account.oid},
                allow_redirects=False,
                timeout=10,
            )
            answer = parse_qs(urlsplit(picked.headers["Location"]).fragment)
            redeemed = window.post(
                metadata["token_endpoint"],
                data={
                    **request,
                    "grant_type": "authorization_code",
                    "code": answer["code"][0],
                    "code_verifier": verifier,
                },
                headers={"Origin": self.settings["redirectUri"].partition("/auth/")[0]},
                timeout=10,
            ).json()
        return {
            "id_token": redeemed["id_token"],
            "access_token": redeemed["access_token"],
            "nonce": self.settings["nonce"],
            "next": "/",
        }

    def bring(self, tokens: dict[str, Any], **headers: str) -> TestResponse:
        """Posts what the script would, with its CSRF token."""
        return self.visitor.post(self.settings["tokenUrl"], json=tokens, headers={"X-CSRFToken": self.csrf, **headers})


def open_page(visitor: Visitor, code: str, number: int = 0) -> Page:
    block = DATA_BLOCK.search(visitor.get(f"/login/{code}").text)
    assert block, "the login page has no single-page sign-in"
    data = json.loads(block[1])
    return Page(visitor, data["connections"][number], data["csrf"])


def sign_in_on_page(visitor: Visitor, account: Account, code: str, directory: Directory) -> TestResponse:
    """The whole way on a login page. Returns the exchange's answer."""
    page = open_page(visitor, code)
    return page.bring(page.tokens(directory, account))
