"""What comes back from Portico: whom it signs in, and what is refused."""

from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from joserfc.jwk import ECKey, KeySet, RSAKey
from werkzeug.test import TestResponse

from tests.clients.conftest import ANN, EC_KEY, ISSUER, RSA_KEY, changes_text, signed

OTHER_KEY = RSAKey.generate_key(2048, {"kid": "rsa"})
LONG_AGO = 1_700_000_000


class Visit:
    """A browser between the application and Portico, whose token endpoint is replaced."""

    def __init__(self, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
        self.browser: FlaskClient = app.test_client()
        self.client = app.extensions["portico"].client
        self.client.server_metadata.update(
            jwks=KeySet([RSA_KEY, EC_KEY]).as_dict(private=False), id_token_signing_alg_values_supported=["RS256"]
        )
        self.monkeypatch = monkeypatch

    def begin(self, path: str = "/portico/sign-in?next=/edit") -> dict[str, str]:
        query = parse_qs(urlsplit(self.browser.get(path).location).query)
        return {name: values[0] for name, values in query.items()}

    def come_back(self, begun: dict[str, str], tokens: dict[str, Any]) -> TestResponse:
        self.monkeypatch.setattr(self.client, "fetch_access_token", lambda **_: tokens)
        return self.browser.get(f"/portico/callback?code=x&state={begun['state']}&iss={ISSUER}")

    def is_signed_in(self) -> bool:
        return self.browser.get("/").status_code == 200


@pytest.fixture
def visit(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Visit:
    return Visit(app, monkeypatch)


def id_token(begun: dict[str, str], key: RSAKey | ECKey = RSA_KEY, alg: str = "RS256", **changes: Any) -> str:
    return signed({**ANN, "nonce": begun["nonce"], **changes}, typ="JWT", key=key, alg=alg, kid=str(key.kid))


def test_a_sign_in_ends_where_it_began(visit: Visit) -> None:
    begun = visit.begin()
    response = visit.come_back(begun, {"id_token": id_token(begun)})
    assert response.location == "/edit"
    assert visit.is_signed_in()
    hint = parse_qs(urlsplit(visit.browser.post("/portico/sign-out").location).query)["id_token_hint"]
    assert hint[0].count(".") == 2
    assert not visit.is_signed_in()


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://elsewhere.example"},
        {"aud": "another-app"},
        {"aud": "another-app", "azp": "app-example"},
        {"nonce": "another"},
        {"nonce": None},
        {"exp": LONG_AGO},
        {"sub": None},
        {"org_id": None},
        {"key": OTHER_KEY},
        {"key": EC_KEY, "alg": "ES256"},
    ],
    ids=changes_text,
)
def test_an_id_token_that_is_not_valid(visit: Visit, changes: dict[str, Any]) -> None:
    begun = visit.begin()
    response = visit.come_back(begun, {"id_token": id_token(begun, **changes)})
    assert (response.status_code, "The ID token is not valid" in response.text) == (400, True)
    assert not visit.is_signed_in()


def test_a_response_without_an_id_token(visit: Visit) -> None:
    assert visit.come_back(visit.begin(), {"access_token": "x"}).status_code == 400
    assert not visit.is_signed_in()


def test_a_response_is_taken_once(visit: Visit) -> None:
    begun = visit.begin()
    tokens = {"id_token": id_token(begun)}
    assert [visit.come_back(begun, tokens).status_code for _ in range(2)] == [302, 400]


@pytest.mark.parametrize(
    ("organization", "status"),
    [("contoso-id", 302), ("contoso", 302), ("Contoso", 302), ("fabrikam", 400), ("CONTOSO-ID", 400)],
)
def test_only_the_company_that_was_asked_for(visit: Visit, organization: str, status: int) -> None:
    begun = visit.begin(f"/portico/sign-in?organization={organization}")
    assert visit.come_back(begun, {"id_token": id_token(begun)}).status_code == status
    assert visit.is_signed_in() == (status == 302)
