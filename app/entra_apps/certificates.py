"""Generates certificates and federation keys; the private part is never shown."""

import hashlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID

from app.entra.oauth import Assertion

CERTIFICATE_LIFE = timedelta(days=730)
ASSERTION_SECONDS = 300
"""https://learn.microsoft.com/entra/workload-id/workload-identity-federation-create-trust"""


@dataclass(frozen=True)
class Federation:
    """The issuer, subject and audience of the assertions that Microsoft trusts instead of a secret."""

    issuer: str
    subject: str
    audience: str


@dataclass(frozen=True)
class MadeCertificate:
    private_key: str
    certificate: str
    expires: date


def new_certificate(common_name: str) -> MadeCertificate:
    """A 3072-bit key and a self-signed certificate for it, valid for two years; both in PEM."""
    key = _new_key()
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name[:64])])
    start = datetime.now(UTC).replace(microsecond=0)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start - timedelta(minutes=5))
        .not_valid_after(start + CERTIFICATE_LIFE)
        .sign(key, hashes.SHA256())
    )
    expires = (start + CERTIFICATE_LIFE).date()
    return MadeCertificate(_pem(key), certificate.public_bytes(serialization.Encoding.PEM).decode(), expires)


def thumbprint(certificate: str) -> str:
    """SHA-1 in uppercase hexadecimal digits, as the Entra admin center shows it."""
    found = x509.load_pem_x509_certificate(certificate.encode())
    return found.fingerprint(hashes.SHA1()).hex().upper()  # noqa: S303 - a name, not a proof


def new_federation_key() -> str:
    """A private key in PEM whose public part we publish, for assertions that Microsoft trusts."""
    return _pem(_new_key())


def metadata(issued_by: str) -> dict[str, Any]:
    """The OpenID configuration that Microsoft reads to trust our assertions."""
    return {"issuer": issued_by, "jwks_uri": f"{issued_by}/keys", "id_token_signing_alg_values_supported": ["RS256"]}


def key_set(private_keys: Iterable[str]) -> dict[str, Any]:
    """The public keys as a JWK set."""
    return {"keys": [_jwk(one) for one in private_keys]}


def assertion(federation: Federation, private_key: str) -> Assertion:
    """The assertion that MSAL sends instead of a secret; valid for five minutes."""

    def make() -> str:
        now = int(time.time())
        claims = {
            "iss": federation.issuer,
            "sub": federation.subject,
            "aud": federation.audience,
            "iat": now,
            "nbf": now,
            "exp": now + ASSERTION_SECONDS,
            "jti": f"{federation.subject}-{time.time_ns()}",
        }
        return jwt.encode(claims, private_key, algorithm="RS256", headers={"kid": _key_id(private_key)})

    return Assertion(f"{federation.subject}:{_key_id(private_key)}", make)


def _jwk(private_key: str) -> dict[str, Any]:
    jwk = jwt.algorithms.RSAAlgorithm.to_jwk(_public(private_key), as_dict=True)
    return {**jwk, "kid": _key_id(private_key), "use": "sig", "alg": "RS256"}


def _new_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=3072)


def _pem(key: rsa.RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()


def _public(private_key: str) -> rsa.RSAPublicKey:
    key = serialization.load_pem_private_key(private_key.encode(), None)
    assert isinstance(key, rsa.RSAPrivateKey)
    return key.public_key()


def _key_id(private_key: str) -> str:
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return hashlib.sha256(_public(private_key).public_bytes(serialization.Encoding.DER, form)).hexdigest()[:32]
