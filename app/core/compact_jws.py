"""Signed tokens in the compact form of JWS (RFC 7515, section 7.1): their parts and their signature.

PyJWT verifies the signature. Its `decode` also looks at each character of a token in Python, which takes longer than
verifying it.
"""

import base64
import binascii
import re
from typing import Any

import jwt

from app.core import strict_json

COMPACT = re.compile(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+")


class InvalidJws(ValueError):
    """A token that is not in the compact form."""


class WrongSignature(InvalidJws):
    """A token that another key has signed, or that was changed."""


def header_of(token: str) -> dict[str, Any]:
    """The header, which is not verified. Raises InvalidJws, and InvalidJson, which is a ValueError as well."""
    if not COMPACT.fullmatch(token):
        raise InvalidJws
    return strict_json.read_object(_decoded(token.partition(".")[0]))


def verified_content(token: str, algorithm: str, public_key: Any) -> bytes:
    """What was signed. `algorithm` is the one for which the key is meant, whatever the token's header says.

    Raises InvalidJws, WrongSignature.
    """
    if not COMPACT.fullmatch(token):
        raise InvalidJws
    signed, _, signature = token.rpartition(".")
    content, proof = _decoded(signed.partition(".")[2]), _decoded(signature)
    if not jwt.get_algorithm_by_name(algorithm).verify(signed.encode(), public_key, proof):
        raise WrongSignature
    return content


def _decoded(part: str) -> bytes:
    """What is encoded in the one way that RFC 7515 allows: the last character's unused bits are 0."""
    try:
        content = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        raise InvalidJws from None
    if base64.urlsafe_b64encode(content).decode().rstrip("=") != part:
        raise InvalidJws
    return content
