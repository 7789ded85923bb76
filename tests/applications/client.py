"""A test application: its requests, and its checks of responses."""

import base64
import hashlib
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from flask import Flask
from werkzeug.test import TestResponse

from app.applications import actions
from app.applications.actions import Role
from app.applications.models import UriUse
from app.core.unit_of_work import unit_of_work
from tests.browser import Browser

REDIRECT_URI = "https://app.example/callback"
SIGNED_OUT_URI = "https://app.example/signed-out"
PAGE_ORIGIN = "https://app.example"


@dataclass
class Client:
    """A registered application with its own HTTP client for back-channel requests."""

    app: Flask
    client_id: str
    secret: str | None
    redirect_uri: str = REDIRECT_URI
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))

    @property
    def challenge(self) -> str:
        return base64.urlsafe_b64encode(hashlib.sha256(self.verifier.encode()).digest()).decode().rstrip("=")

    def parameters(self, **changes: str | None) -> dict[str, str]:
        """The parameters of an authorization request; None omits one."""
        usual = {
            "client_id": self.client_id,
            "redirect_uri": self.redirect_uri,
            "response_type": "code",
            "scope": "openid profile email",
            "state": "the state",
            "nonce": "the nonce",
            "code_challenge": self.challenge,
            "code_challenge_method": "S256",
        }
        return {name: value for name, value in (usual | changes).items() if value is not None}

    def url(self, **changes: str | None) -> str:
        return f"/oauth/authorize?{urlencode(self.parameters(**changes))}"

    def authorize(self, browser: Browser, **changes: str | None) -> TestResponse:
        return browser.get(self.url(**changes))

    def page(self, browser: Browser, **changes: str | None) -> str:
        """The path of Portico's page to which an authorization request leads."""
        response = self.authorize(browser, **changes)
        assert response.status_code == 303, response.text
        assert response.location is not None
        assert response.location.startswith("/"), response.location
        return response.location

    def refused(self, browser: Browser, **changes: str | None) -> str:
        """The text of the error page for a request that isn't redirected."""
        response = self.authorize(browser, **changes)
        assert response.status_code == 400
        assert "Location" not in response.headers
        return response.text

    def code(self, browser: Browser, **changes: str | None) -> str:
        """The code that a signed-in person's browser receives without a page."""
        return returned(self.authorize(browser, **changes))["code"]

    def post(self, path: str, **fields: str) -> TestResponse:
        """An authenticated request from the application's server."""
        own = {"client_id": self.client_id} | ({"client_secret": self.secret} if self.secret else {})
        return self.machine().post(path, data={**own, **fields})

    def redeem(self, code: str, **changes: str) -> TestResponse:
        fields = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.redirect_uri,
            "code_verifier": self.verifier,
        }
        return self.post("/oauth/token", **(fields | changes))

    def refresh(self, token: str, **fields: str) -> TestResponse:
        return self.post("/oauth/token", grant_type="refresh_token", refresh_token=token, **fields)

    def tokens(self, browser: Browser, **changes: str | None) -> dict[str, Any]:
        """A complete silent sign-in."""
        response = self.redeem(self.code(browser, **changes))
        assert response.status_code == 200, response.text
        received: dict[str, Any] = response.get_json()
        return received

    def userinfo(self, access_token: str) -> TestResponse:
        return self.machine().get("/oauth/userinfo", headers={"Authorization": f"Bearer {access_token}"})

    def verified(self, token: str, audience: str | None = None) -> dict[str, Any]:
        """The claims of a token, after verification with the published keys."""
        published = {key["kid"]: key for key in self.machine().get("/oauth/jwks").get_json()["keys"]}
        key = published[jwt.get_unverified_header(token)["kid"]]
        return jwt.decode(
            token,
            jwt.PyJWK(key).key,
            [key["alg"]],
            audience=audience or self.client_id,
            issuer=self.app.config["BASE_URL"],
        )

    def machine(self) -> Browser:
        """A client without cookies."""
        made = self.app.test_client()
        assert isinstance(made, Browser)
        return made


def register(app: Flask, name: str = "Example App", **options: Any) -> Client:
    """Registers an application of the installation, or of a company, with a secret unless it is public."""
    values = {"require_pkce": True, **options}
    company_id, roles = values.pop("company_id", None), values.pop("roles", ())
    companies, resources = values.pop("companies", None), values.pop("resources", {})
    redirect_uris = values.pop("redirect_uris", [REDIRECT_URI])
    with app.app_context(), unit_of_work():
        made = actions.create(name=name, company_id=company_id)
        actions.change(made, **values)
        actions.set_uris(made, UriUse.REDIRECT, redirect_uris)
        actions.set_uris(made, UriUse.POST_LOGOUT, [SIGNED_OUT_URI])
        actions.set_uris(made, UriUse.CORS_ORIGIN, [PAGE_ORIGIN])
        actions.set_roles(made, [Role(value, value.title(), "company") for value in roles])
        actions.set_companies(made, companies)
        actions.set_resources(made, resources)
        secret = actions.add_secret(made) if made.has_secrets else None
        return Client(app, made.client_id, secret, redirect_uris[0])


def returned(response: TestResponse) -> dict[str, str]:
    """The parameters of the redirect to the application."""
    assert response.status_code == 303, (response.status, response.text)
    assert response.location.startswith(REDIRECT_URI), response.location
    return {name: values[0] for name, values in parse_qs(urlsplit(response.location).query).items()}
