import base64
import datetime as dt
import hashlib
import json
import time
import uuid
from typing import Any

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from .driver import CLIENT, SECRET, TENANT, Driver, code_of

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ENDPOINT = f"https://localhost:8001/{TENANT}/oauth2/v2.0/token"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def certificate() -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "app.example.com")])
    now = dt.datetime.now(dt.UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(KEY.public_key())
    builder = builder.serial_number(1).not_valid_before(now).not_valid_after(now + dt.timedelta(days=9))
    return builder.sign(KEY, hashes.SHA256())


CERTIFICATE = certificate()


def thumbprint(algorithm: str) -> str:
    digest = hashlib.new(algorithm, CERTIFICATE.public_bytes(serialization.Encoding.DER)).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def assertion(alg: str = "PS256", header: dict[str, Any] | None = None, **changes: Any) -> dict[str, str]:
    claims = {"iss": CLIENT, "sub": CLIENT, "aud": ENDPOINT, "exp": time.time() + 300, "jti": str(uuid.uuid4())}
    kept = {name: value for name, value in (claims | changes).items() if value is not None}
    headers = {"x5t#S256": thumbprint("sha256")} if header is None else header
    return {"client_assertion": jwt.encode(kept, KEY, alg, headers), "client_assertion_type": JWT_BEARER}


@pytest.fixture
def certified(sandbox: Driver) -> Driver:
    pem = CERTIFICATE.public_bytes(serialization.Encoding.PEM).decode()
    sandbox.configure(certificates=[pem], secrets=[])
    return sandbox


@pytest.mark.parametrize(
    ("secrets", "sent", "code"),
    [
        ([{"id": "2ec2e700-0001-4000-8000-000000000001", "value": SECRET}], "wrong", 7000215),
        ([{"id": "i", "value": SECRET}], "i", 7000215),
        ([{"id": "i", "value": SECRET, "expires": "2020-01-01"}], SECRET, 7000222),
        ([{"id": "i", "value": SECRET}], None, 7000218),
        ([], SECRET, 7000215),
    ],
)
def test_secrets_are_validated(sandbox: Driver, secrets: list, sent: str | None, code: int) -> None:
    sandbox.configure(secrets=secrets)
    response = sandbox.token(code=sandbox.code(), client_secret=sent)
    assert response.status_code == 401
    assert code_of(response) == code


def test_second_secret_works_while_the_first_is_expired(sandbox: Driver) -> None:
    old, new = {"id": "a", "value": "old", "expires": "2020-01-01T00:00:00+00:00"}, {"id": "b", "value": "new"}
    sandbox.configure(secrets=[old, new])
    assert sandbox.token(code=sandbox.code(), client_secret="new").status_code == 200


def test_secret_may_be_sent_with_http_basic(sandbox: Driver) -> None:
    header = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
    form = {"grant_type": "client_credentials", "scope": "https://graph.microsoft.com/.default"}
    path = f"/{TENANT}/oauth2/v2.0/token"
    assert sandbox.client.post(path, data=form, headers={"Authorization": f"Basic {header}"}).status_code == 200


@pytest.mark.parametrize(
    ("alg", "header"), [("PS256", {"x5t#S256": thumbprint("sha256")}), ("RS256", {"x5t": thumbprint("sha1")})]
)
def test_certificate_authenticates_like_a_secret(certified: Driver, alg: str, header: dict) -> None:
    sent = assertion(alg, header)
    assert certified.token(code=certified.code(), client_secret=None, **sent).status_code == 200


def test_audience_may_be_the_plain_http_endpoint(certified: Driver) -> None:
    sent = assertion(aud=ENDPOINT.replace("https", "http"))
    assert certified.token(code=certified.code(), client_secret=None, **sent).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"aud": "https://elsewhere.example/token"},
        {"sub": "someone-else"},
        {"exp": 1},
        {"exp": time.time() + 86400},
        {"jti": None},
        {"header": {"x5t#S256": "unknown"}},
    ],
)
def test_invalid_assertion_returns_700027(certified: Driver, changes: dict) -> None:
    response = certified.token(code=certified.code(), client_secret=None, **assertion(**changes))
    assert response.status_code == 401
    assert code_of(response) == 700027


def test_assertion_can_be_reused_until_it_expires(certified: Driver) -> None:
    sent = assertion()
    assert certified.token(code=certified.code(), client_secret=None, **sent).status_code == 200
    assert certified.token(code=certified.code(), client_secret=None, **sent).status_code == 200


def test_federated_identity_authenticates_as_the_application(sandbox: Driver) -> None:
    jwk = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(KEY.public_key())) | {"kid": "outside", "alg": "RS256"}
    trusted = {
        "issuer": "https://idp.example",
        "subject": "workload",
        "audience": "api://AzureADTokenExchange",
        "jwks": {"keys": [jwk]},
    }
    sandbox.configure(federated=[trusted])
    claims = {"iss": trusted["issuer"], "sub": "workload", "aud": trusted["audience"]}
    good = assertion("RS256", {"kid": "outside"}, **claims)
    assert sandbox.token(code=sandbox.code(), client_secret=None, **good).status_code == 200
    other = assertion("RS256", {"kid": "outside"}, **(claims | {"sub": "another"}))
    assert code_of(sandbox.token(code=sandbox.code(), client_secret=None, **other)) == 70021
    strange = assertion("RS256", {"kid": "outside"}, **(claims | {"aud": "another"}))
    assert code_of(sandbox.token(code=sandbox.code(), client_secret=None, **strange)) == 700027
