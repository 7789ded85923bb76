"""Hand-made ID tokens and assertions, valid and invalid, signed with real RSA keys."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from app.entra import id_tokens, workload_assertions
from app.entra.errors import InvalidIdToken
from app.entra.id_tokens import Claims, Expected
from app.entra.workload_assertions import ExpectedWorkload

NOW = 1_800_000_000.0
TENANT = "11111111-1111-4111-8111-111111111111"
OTHER_TENANT = "33333333-3333-4333-8333-333333333333"
CLIENT = "22222222-2222-4222-8222-222222222222"
OID = "c0000001-0000-4000-8000-000000000001"
AUTHORITY = "https://login.microsoftonline.com"
ISSUER = f"{AUTHORITY}/{TENANT}/v2.0"
EXPECTED = Expected(ISSUER, CLIENT, tenant=TENANT, nonce="this transaction's nonce")
KID = "key-1"

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ELLIPTIC_KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC_PEM = KEY.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def header(**changes: Any) -> dict[str, Any]:
    return {"typ": "JWT", "alg": "RS256", "kid": KID, **changes}


def encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def rs256(message: bytes, key: rsa.RSAPrivateKey = KEY) -> bytes:
    return key.sign(message, padding.PKCS1v15(), hashes.SHA256())


def rs512(message: bytes) -> bytes:
    return KEY.sign(message, padding.PKCS1v15(), hashes.SHA512())


def ps256(message: bytes) -> bytes:
    return KEY.sign(message, padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32), hashes.SHA256())


def es256(message: bytes) -> bytes:
    return ELLIPTIC_KEY.sign(message, ec.ECDSA(hashes.SHA256()))


def hs256_with_the_public_key(message: bytes) -> bytes:
    return hmac.digest(PUBLIC_PEM, message, hashlib.sha256)


def signed(header_bytes: bytes, payload_bytes: bytes, sign: Any = rs256) -> str:
    """A token of exactly these bytes."""
    message = f"{encoded(header_bytes)}.{encoded(payload_bytes)}"
    return f"{message}.{encoded(sign(message.encode()))}"


def jwk(key: rsa.RSAPrivateKey = KEY, kid: str = KID, **changes: Any) -> dict[str, Any]:
    numbers = key.public_key().public_numbers()
    size = (numbers.n.bit_length() + 7) // 8
    return {
        "kty": "RSA",
        "use": "sig",
        "kid": kid,
        "n": encoded(numbers.n.to_bytes(size)),
        "e": encoded(numbers.e.to_bytes(3)),
        **changes,
    }


def signing_key(kid: str) -> Any:
    if kid != KID:
        raise InvalidIdToken("unknown_key")
    return KEY.public_key()


@dataclass(frozen=True)
class Kind:
    """A kind of token: a valid one's claims, and its validation."""

    name: str
    good: dict[str, Any]
    validate: Callable[[object, float], Any]

    def claims(self, **changes: Any) -> dict[str, Any]:
        """The claims of a valid token, with these changes."""
        return {**self.good, **changes}

    def token(self, head: dict[str, Any] | None = None, sign: Any = rs256, **changes: Any) -> str:
        head = header() if head is None else head
        return signed(json.dumps(head).encode(), json.dumps(self.claims(**changes)).encode(), sign)

    def token_without(self, *names: str) -> str:
        left = {name: value for name, value in self.good.items() if name not in names}
        return signed(json.dumps(header()).encode(), json.dumps(left).encode())

    def reason(self, text: object) -> str:
        """Why the text is refused."""
        with pytest.raises(InvalidIdToken) as refused:
            self.validate(text, NOW)
        return refused.value.reason


TIMES = {"iat": int(NOW) - 5, "nbf": int(NOW) - 5, "exp": int(NOW) + 3600}
ID_TOKEN = Kind(
    "id-token",
    {
        "ver": "2.0",
        "iss": ISSUER,
        "aud": CLIENT,
        "tid": TENANT,
        "oid": OID,
        "sub": "pairwise-subject",
        "nonce": EXPECTED.nonce,
        **TIMES,
        "name": "Adaeze Okonkwo",
        "preferred_username": "adaeze.okonkwo@contoso.example",
        "email": "adaeze.okonkwo@contoso.example",
    },
    lambda text, now: id_tokens.validate(text, EXPECTED, signing_key, now),
)
SUBJECT = "d0000001-0000-4000-8000-000000000001"
EXPECTED_WORKLOAD = ExpectedWorkload(ISSUER, TENANT, CLIENT, SUBJECT)
ASSERTION = Kind(
    "assertion",
    {
        "ver": "2.0",
        "iss": ISSUER,
        "aud": f"api://{CLIENT}",
        "tid": TENANT,
        "oid": OID,
        "sub": SUBJECT,
        "appid": CLIENT,
        "appidacr": "2",
        "uti": "cco-NSNLc0Gud0TtH_kiAA",
        **TIMES,
    },
    lambda text, now: workload_assertions.validate(text, EXPECTED_WORKLOAD, signing_key, now),
)
both_kinds = pytest.mark.parametrize("kind", [ID_TOKEN, ASSERTION], ids=lambda kind: kind.name)
claims, token, token_without, reason = ID_TOKEN.claims, ID_TOKEN.token, ID_TOKEN.token_without, ID_TOKEN.reason


def validated(text: object) -> Claims:
    found = ID_TOKEN.validate(text, NOW)
    assert isinstance(found, Claims)
    return found
