"""Invalid ID tokens that an application must reject: the drill `id_token` specifies the defects.

The keys of a `Defects` document, each optional:

- `claims`: values that replace the real ones; `{"seconds": -120}` is two minutes ago
- `remove`: names of claims to leave out
- `header`: values that replace those of the header
- `alg`: `none`, `HS256` (keyed with the public key's PEM), `RS512`, `PS256`, `ES256`, `bad_signature`, `unknown_key`
- `duplicate`: claims that occur twice in the payload: a list (same value), or an object of other values put first
- `pad`: the size in bytes that the token grows to, at least
- `raw`: the text that is sent instead of a token
"""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from sandbox.keys import SigningKey, base64url

Defects = Mapping[str, Any]


@cache
def _unknown_key() -> SigningKey:
    """A key that no key set ever contains."""
    return SigningKey()


def _rsa(message: bytes, key: SigningKey, scheme: padding.AsymmetricPadding, digest: hashes.HashAlgorithm) -> bytes:
    return key.private.sign(message, scheme, digest)


def _elliptic(message: bytes, key: SigningKey) -> bytes:
    r, s = decode_dss_signature(ec.generate_private_key(ec.SECP256R1()).sign(message, ec.ECDSA(hashes.SHA256())))
    return r.to_bytes(32) + s.to_bytes(32)


def _rs256(message: bytes, key: SigningKey) -> bytes:
    return _rsa(message, key, padding.PKCS1v15(), hashes.SHA256())


def _flipped(message: bytes, key: SigningKey) -> bytes:
    signature = _rs256(message, key)
    return bytes([signature[0] ^ 1]) + signature[1:]


PSS = padding.PSS(padding.MGF1(hashes.SHA256()), salt_length=32)

# alg of the drill -> alg of the header, signature
SIGNATURES: dict[str, tuple[str, Callable[[bytes, SigningKey], bytes]]] = {
    "RS256": ("RS256", _rs256),
    "none": ("none", lambda message, key: b""),
    "HS256": ("HS256", lambda message, key: hmac.digest(key.public_pem, message, hashlib.sha256)),
    "RS512": ("RS512", lambda message, key: _rsa(message, key, padding.PKCS1v15(), hashes.SHA512())),
    "PS256": ("PS256", lambda message, key: _rsa(message, key, PSS, hashes.SHA256())),
    "ES256": ("ES256", _elliptic),
    "bad_signature": ("RS256", _flipped),
    "unknown_key": ("RS256", lambda message, key: _rs256(message, _unknown_key())),
}


def _moment(value: Any) -> Any:
    if isinstance(value, dict) and set(value) == {"seconds"}:
        return int(time.time()) + value["seconds"]
    return value


def _payload(claims: dict[str, Any], defects: Defects) -> bytes:
    claims = {**claims, **{name: _moment(value) for name, value in defects.get("claims", {}).items()}}
    claims = {name: value for name, value in claims.items() if name not in defects.get("remove", ())}
    if "pad" in defects:
        claims["padding"] = "x" * int(defects["pad"])
    twice = defects.get("duplicate", ())
    first = dict(twice) if isinstance(twice, dict) else {name: claims.get(name) for name in twice}
    members = [f"{json.dumps(name)}:{json.dumps(value)}" for name, value in [*first.items(), *claims.items()]]
    return ("{" + ",".join(members) + "}").encode()


def defective_token(claims: dict[str, Any], key: SigningKey, defects: Defects) -> str:
    """A token with these claims and defects; raises KeyError for an unknown `alg`."""
    if "raw" in defects:
        return str(defects["raw"])
    chosen = defects.get("alg", "RS256")
    alg, sign = SIGNATURES[chosen]
    kid = _unknown_key().kid if chosen == "unknown_key" else key.kid
    header = {"typ": "JWT", "alg": alg, "kid": kid, **defects.get("header", {})}
    message = f"{base64url(json.dumps(header).encode())}.{base64url(_payload(claims, defects))}"
    return f"{message}.{base64url(sign(message.encode(), key))}"
