"""PKCE (RFC 7636)."""

import base64
import hashlib


def challenge_of(verifier: str) -> str:
    """The code challenge of a verifier by the method S256, section 4.2."""
    digest = hashlib.sha256(verifier.encode("utf-8", "surrogatepass")).digest()
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
