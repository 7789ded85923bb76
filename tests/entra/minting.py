"""Hand-made ID tokens, valid and invalid, signed with real RSA keys."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa

from app.entra.errors import InvalidIdToken
from app.entra.id_tokens import Claims, Expected, validate

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


def claims(**changes: Any) -> dict[str, Any]:
    """The claims of a valid token, with these changes."""
    good = {
        "ver": "2.0",
        "iss": ISSUER,
        "aud": CLIENT,
        "tid": TENANT,
        "oid": OID,
        "sub": "pairwise-subject",
        "nonce": EXPECTED.nonce,
        "iat": int(NOW) - 5,
        "nbf": int(NOW) - 5,
        "exp": int(NOW) + 3600,
        "name": "Adaeze Okonkwo",
        "preferred_username": "adaeze.okonkwo@contoso.example",
        "email": "adaeze.okonkwo@contoso.example",
    }
    return {**good, **changes}


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


def token(head: dict[str, Any] | None = None, sign: Any = rs256, **changes: Any) -> str:
    return signed(json.dumps(header() if head is None else head).encode(), json.dumps(claims(**changes)).encode(), sign)


def token_without(*names: str) -> str:
    left = {name: value for name, value in claims().items() if name not in names}
    return signed(json.dumps(header()).encode(), json.dumps(left).encode())


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


def validated(text: object, now: float = NOW) -> Claims:
    return validate(text, EXPECTED, signing_key, now)


def reason(text: object) -> str:
    with pytest.raises(InvalidIdToken) as refused:
        validated(text)
    return refused.value.reason
