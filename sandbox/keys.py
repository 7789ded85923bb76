"""Signing keys: each tenant has its own, and they rotate."""

import base64
import hashlib
import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID


def base64url(data: bytes) -> str:
    """Unpadded base64url, as JOSE writes bytes."""
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class SigningKey:
    """An RSA key of 2048 bits with the self-signed certificate that Entra ID publishes along with it."""

    def __init__(self) -> None:
        self.private = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "accounts.sandbox.example")])
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=1826))
            .sign(self.private, hashes.SHA256())
        )
        self.certificate = certificate.public_bytes(serialization.Encoding.DER)
        # Entra ID's key IDs are the thumbprints of their certificates.
        self.kid = base64url(hashlib.sha1(self.certificate, usedforsecurity=False).digest())

    @cached_property
    def public_pem(self) -> bytes:
        """The public key as PEM."""
        return self.private.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )

    def jwk(self, issuer: str) -> dict[str, Any]:
        """The published form (https://learn.microsoft.com/entra/identity-platform/access-tokens#validate-tokens)."""
        numbers = self.private.public_key().public_numbers()
        return {
            "kty": "RSA",
            "use": "sig",
            "kid": self.kid,
            "x5t": self.kid,
            "n": base64url(numbers.n.to_bytes(256)),
            "e": base64url(numbers.e.to_bytes(3)),
            "x5c": [base64.b64encode(self.certificate).decode()],
            "issuer": issuer,
        }


@cache
def _signing_key(tid: str, generation: int) -> SigningKey:
    """Cached per process, so that a reset to the seed restores the same keys and caches stay valid."""
    return SigningKey()


@dataclass
class _Ring:
    signing: SigningKey
    published: list[SigningKey]
    made: dict[str, SigningKey] = field(default_factory=dict)


class Keys:
    """The keys of all tenants."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._rings: dict[str, _Ring] = {}

    def _ring(self, tid: str) -> _Ring:
        with self._lock:
            if tid not in self._rings:
                key = _signing_key(tid, 0)
                self._rings[tid] = _Ring(key, [key], {key.kid: key})
            return self._rings[tid]

    def signing(self, tid: str) -> SigningKey:
        """The current signing key."""
        return self._ring(tid).signing

    def published(self, tid: str) -> list[SigningKey]:
        """The published keys."""
        return list(self._ring(tid).published)

    def known(self, tid: str, kid: str) -> SigningKey | None:
        """Any key that this tenant ever signed with."""
        return self._ring(tid).made.get(kid)

    def rotate(self, tid: str, *, keep_old: bool = True) -> SigningKey:
        """Creates a new signing key; `keep_old` leaves the earlier one in the published set."""
        with self._lock:
            ring = self._ring(tid)
            key = _signing_key(tid, len(ring.made))
            ring.published = [key, ring.signing] if keep_old else [key]
            ring.signing = ring.made[key.kid] = key
            return key
