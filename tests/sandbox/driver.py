"""Uses the sandbox through Flask's test client, as an application and a person would use the real service."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TENANT = "11111111-1111-4111-8111-111111111111"
FABRIKAM = "33333333-3333-4333-8333-333333333333"
CLIENT = "22222222-2222-4222-8222-222222222222"
SECRET = "contoso-sandbox-secret-value"
WEB = "https://app.example.com/auth/k3/callback"
SPA = "https://app.example.com/auth/k3/popup"
VERIFIER = "v" * 64
ADAEZE, BJORN, GUEST, DISABLED, NO_PHOTO, NO_MAIL = (
    f"c00000{n:02d}-0000-4000-8000-0000000000{n:02d}" for n in (1, 2, 9, 10, 7, 8)
)


def challenge(verifier: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def answer(response: TestResponse) -> dict[str, str]:
    """The parameters of a redirect, from its query or fragment."""
    assert response.status_code == 302, response.get_data(as_text=True)
    parts = urlsplit(response.location)
    return {name: values[0] for name, values in parse_qs(parts.fragment or parts.query).items()}


@dataclass
class Driver:
    """Contoso's application and a browser at the sandbox."""

    client: FlaskClient
    tenant: str = TENANT
    application: str = CLIENT

    def configure(self, **settings: Any) -> None:
        path = f"/sandbox/api/tenants/{self.tenant}/applications/{self.application}"
        response = self.client.put(path, json=settings)
        assert response.status_code == 200, response.text

    def drill(self, name: str, **parameters: Any) -> None:
        response = self.client.put("/sandbox/api/drills", json={"name": name, **parameters})
        assert response.status_code == 200, response.text

    def request(self, **changes: str | None) -> str:
        asked: dict[str, str | None] = {
            "client_id": self.application,
            "response_type": "code",
            "redirect_uri": WEB,
            "scope": "openid profile email offline_access User.Read",
            "state": "st&te",
            "nonce": "n0nce",
            "code_challenge": challenge(VERIFIER),
            "code_challenge_method": "S256",
        }
        query = urlencode({name: value for name, value in (asked | changes).items() if value is not None})
        return f"/{self.tenant}/oauth2/v2.0/authorize?{query}"

    def begin(self, **changes: str | None) -> TestResponse:
        return self.client.get(self.request(**changes))

    def pick(self, person: str = ADAEZE, consent: str | None = None, **changes: str | None) -> TestResponse:
        form = {"account": person} | ({"consent": consent} if consent else {})
        return self.client.post(self.request(**changes), data=form)

    def code(self, person: str = ADAEZE, **changes: str | None) -> str:
        return answer(self.pick(person, **changes))["code"]

    def token(self, origin: str | None = None, tenant: str | None = None, **form: str | None) -> TestResponse:
        fields: dict[str, str | None] = {
            "grant_type": "authorization_code",
            "client_id": self.application,
            "client_secret": SECRET,
            "redirect_uri": WEB,
            "code_verifier": VERIFIER,
        }
        sent = {name: value for name, value in (fields | form).items() if value is not None}
        headers = {"Origin": origin} if origin else {}
        return self.client.post(f"/{tenant or self.tenant}/oauth2/v2.0/token", data=sent, headers=headers)

    def tokens(self, person: str = ADAEZE, **changes: str | None) -> dict[str, Any]:
        response = self.token(code=self.code(person, **changes))
        assert response.status_code == 200, response.text
        tokens: dict[str, Any] = response.get_json()
        return tokens

    def app_token(self) -> str:
        """The application's own, for Graph."""
        fields = {
            "grant_type": "client_credentials",
            "client_id": self.application,
            "client_secret": SECRET,
            "scope": "https://graph.microsoft.com/.default",
        }
        response = self.client.post(f"/{self.tenant}/oauth2/v2.0/token", data=fields)
        assert response.status_code == 200, response.text
        return str(response.get_json()["access_token"])

    def put_person(self, oid: str, **values: Any) -> None:
        response = self.client.put(f"/sandbox/api/tenants/{self.tenant}/people/{oid}", json=values)
        assert response.status_code == 200, response.text

    def jwks(self) -> jwt.PyJWKSet:
        return jwt.PyJWKSet.from_dict(self.client.get(f"/{self.tenant}/discovery/v2.0/keys").get_json())

    def claims(self, id_token: str) -> dict[str, Any]:
        """Validates an ID token as an application should; raises jwt.PyJWTError."""
        key = self.jwks()[jwt.get_unverified_header(id_token)["kid"]]
        claims: dict[str, Any] = jwt.decode(id_token, key, algorithms=["RS256"], audience=self.application)
        return claims

    def graph(self, path: str, token: str, **more: Any) -> TestResponse:
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        return self.client.open(f"/v1.0{path}", headers=headers, **more)


def code_of(response: TestResponse) -> int:
    """The AADSTS code of a JSON error, whose format is checked as well."""
    document = response.get_json()
    assert {"error", "error_description", "error_codes", "timestamp", "trace_id", "correlation_id"} <= set(document)
    code = int(document["error_codes"][0])
    assert document["error_codes"] == [code]
    assert document["error_description"].startswith(f"AADSTS{code}: ")
    return code
