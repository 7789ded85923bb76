"""The only place that encrypts secrets: AES-256-GCM, each text bound to its associated data."""

import base64
import binascii
import hashlib
import os
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

VERSION = "v1"
NONCE_BYTES = 12


class DecryptionError(Exception):
    """The text was changed, belongs to another row or column, or its key is missing."""

    def __init__(self, why: str, *, associated_data: str, key: str) -> None:
        super().__init__(f"{associated_data}: {why}")
        self.associated_data = associated_data
        """Table, column and row; or what else the text is bound to."""
        self.key = key
        """The name of the key that it needs."""


class Encryptor:
    """Encrypts with the newest key and decrypts with any.

    `keys` are 32 bytes each in URL-safe base64, newest first.
    """

    def __init__(self, keys: Sequence[str]) -> None:
        raw = [base64.urlsafe_b64decode(key) for key in keys]
        self._ciphers = {key_name(key): AESGCM(key) for key in raw}
        self.newest = key_name(raw[0])

    def encrypt(self, text: str, associated_data: str) -> str:
        """The ciphertext, `v1.<key name>.<nonce and ciphertext>`; only the same `associated_data` decrypts it."""
        nonce = os.urandom(NONCE_BYTES)
        box = nonce + self._ciphers[self.newest].encrypt(nonce, text.encode(), associated_data.encode())
        return f"{VERSION}.{self.newest}.{base64.urlsafe_b64encode(box).decode().rstrip('=')}"

    def decrypt(self, sealed: str, associated_data: str) -> str:
        """Raises DecryptionError."""
        version, _, rest = sealed.partition(".")
        name, _, body = rest.partition(".")
        cipher = self._ciphers.get(name)
        if version != VERSION or cipher is None:
            why = f"encrypted with key {name[:16]!r}, which ENCRYPTION_KEYS does not hold"
            raise DecryptionError(why, associated_data=associated_data, key=name[:16])
        try:
            box = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
            return cipher.decrypt(box[:NONCE_BYTES], box[NONCE_BYTES:], associated_data.encode()).decode()
        except (InvalidTag, binascii.Error, ValueError):
            raise DecryptionError(
                "changed, or moved from where it belongs", associated_data=associated_data, key=name
            ) from None

    def has_key(self, name: str) -> bool:
        return name in self._ciphers


def key_name(key: bytes) -> str:
    """A key's public name, which identifies the key without revealing it."""
    return hashlib.sha256(b"portico key name" + key).hexdigest()[:8]


def key_name_of(sealed: str) -> str:
    """The name of the key that a ciphertext needs."""
    return sealed.split(".")[1]
