"""A passkey in software: answers `navigator.credentials` calls as a browser would."""

import hashlib
import json
import re
import secrets
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import cbor2
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import bytes_to_base64url

OPTIONS = re.compile(r'data-passkey="(?:get|create)".*?<script type="application/json"[^>]*>(.*?)</script>', re.DOTALL)
PRESENT_AND_VERIFIED, MAY_BE_SYNCED, WITH_KEY = 0x05, 0x08, 0x40


def options(page: str) -> dict[str, Any]:
    """The WebAuthn options in a page."""
    found = OPTIONS.search(page)
    assert found, "the page doesn't ask for a passkey"
    requested: dict[str, Any] = json.loads(found[1])
    return requested


@dataclass
class SoftPasskey:
    """A passkey that keeps no counter."""

    origin: str
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    is_synced: bool = True

    def create(self, page: str) -> str:
        """The response to a page that adds a passkey."""
        public = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32), -3: public.y.to_bytes(32)}
        attested = bytes(16) + len(self.credential_id).to_bytes(2) + self.credential_id + cbor2.dumps(cose)
        data = self._data(PRESENT_AND_VERIFIED | WITH_KEY) + attested
        attestation = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        return self._answer("webauthn.create", page, attestationObject=attestation)

    def get(self, page: str) -> str:
        """The response to a page that asks for the passkey."""
        data = self._data(PRESENT_AND_VERIFIED)
        client = self._client("webauthn.get", page)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(SHA256()))
        return self._answer("webauthn.get", page, authenticatorData=data, signature=signature)

    def _data(self, flags: int) -> bytes:
        host = urlsplit(self.origin).hostname or ""
        flags |= MAY_BE_SYNCED if self.is_synced else 0
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + bytes(4)

    def _client(self, kind: str, page: str) -> bytes:
        requested = {"type": kind, "challenge": options(page)["challenge"], "origin": self.origin, "crossOrigin": False}
        return json.dumps(requested).encode()

    def _answer(self, kind: str, page: str, **parts: bytes) -> str:
        response = {"clientDataJSON": self._client(kind, page), **parts}
        name = bytes_to_base64url(self.credential_id)
        return json.dumps(
            {
                "id": name,
                "rawId": name,
                "type": "public-key",
                "response": {part: bytes_to_base64url(value) for part, value in response.items()},
                "clientExtensionResults": {},
            }
        )
