"""Signs and verifies our own tokens, with the keys of the database."""

import threading
import time
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from flask import Flask, current_app

from app.applications.signing_keys import rotation
from app.core import compact_jws, strict_json
from app.core.database import now

RELOADED_EVERY = 30.0
"""Seconds after which a process looks for new and removed keys. A key is published a day before it signs, so only a
leaked one makes a difference.
"""
UNKNOWN_RELOADED_EVERY = 1.0
"""The same when a token names a key that this process doesn't know."""


CLAIMS = frozenset(("iss", "sub", "aud", "exp"))
"""What each token of ours has."""


class InvalidToken(Exception):
    """A token that isn't ours, is of another type, or has expired."""


@dataclass(frozen=True)
class LoadedKey:
    kid: str
    algorithm: str
    active_at: datetime
    private_key: Any
    public_key: Any
    public_jwk: dict[str, Any]


class KeyRing:
    """The keys, loaded: to decrypt and parse a private key takes longer than to sign with it."""

    def __init__(self) -> None:
        self._keys: tuple[LoadedKey, ...] = ()
        self._loaded_at = float("-inf")
        self._lock = threading.Lock()

    def published(self, *, within: float = RELOADED_EVERY) -> tuple[LoadedKey, ...]:
        """Newest first, not older than `within` seconds."""
        with self._lock:
            if time.monotonic() - self._loaded_at > within:
                known = {key.kid: key for key in self._keys}
                self._keys = tuple(known.get(row.kid) or _load(row) for row in rotation.published())
                self._loaded_at = time.monotonic()
            return self._keys

    def forget(self) -> None:
        """The next use reads the database again."""
        self._loaded_at = float("-inf")

    def sign(self, payload: dict[str, Any], algorithm: str, typ: str) -> str:
        moment = now()
        ours = [key for key in self.published() if key.algorithm == algorithm and key.active_at <= moment]
        if not ours:
            raise RuntimeError(f"there is no {algorithm} signing key; `flask signing-keys show` lists them")
        return jwt.encode(payload, ours[0].private_key, algorithm, headers={"kid": ours[0].kid, "typ": typ})

    def verify(self, token: str, algorithms: Collection[str], typ: str, *, expired: bool = False) -> dict[str, Any]:
        """The claims of a token that we issued. With `expired`, it may have expired. Raises InvalidToken."""
        try:
            header = compact_jws.header_of(token)
            algorithm = str(header.get("alg"))
            if header.get("typ") != typ or algorithm not in algorithms:
                raise InvalidToken("of another type")
            key = self._key(header.get("kid"), algorithm)
            claims = strict_json.read_object(compact_jws.verified_content(token, algorithm, key.public_key))
        except ValueError as error:
            raise InvalidToken(type(error).__name__) from None
        # Its signature is ours, so the claims have the types that we gave them.
        if not claims.keys() >= CLAIMS or claims["iss"] != current_app.config["BASE_URL"]:
            raise InvalidToken("of another issuer")
        if not expired and claims["exp"] <= now().timestamp():
            raise InvalidToken("expired")
        return claims

    def _key(self, kid: object, algorithm: str) -> LoadedKey:
        for within in (RELOADED_EVERY, UNKNOWN_RELOADED_EVERY):
            for key in self.published(within=within):
                if key.kid == kid and key.algorithm == algorithm:
                    return key
        raise InvalidToken("signed with an unknown key")


def init_app(app: Flask) -> None:
    app.extensions["key_ring"] = KeyRing()


def key_ring() -> KeyRing:
    ring: KeyRing = current_app.extensions["key_ring"]
    return ring


def _load(row: Any) -> LoadedKey:
    private = load_pem_private_key((row.private_key or "").encode(), None)
    return LoadedKey(row.kid, row.algorithm, row.active_at, private, private.public_key(), row.public_jwk)
