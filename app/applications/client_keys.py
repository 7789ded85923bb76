"""The public keys that verify client assertions: registered, or published by the application at its `jwks_uri` and then
remembered for a while in each process.
"""

import threading
from collections import OrderedDict
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from app.applications.outbound import NotAllowed, Outbound, Unreachable
from app.core import strict_json

FRESH_SECONDS = 600.0
"""How long the keys are used before they are fetched again: as long a withdrawn key still works."""
REFETCH_SECONDS = 10.0
"""How long after a fetch, successful or not, an unknown key doesn't cause another."""
WAIT_SECONDS = 2.0
"""How long a request waits for another one's fetch."""
MOST_REMEMBERED = 500
"""Addresses per process."""
MOST_KEYS = 20
SMALLEST_RSA_BITS = 2048
ALGORITHMS = {("RSA", None): ("RS256", "PS256"), ("EC", "P-256"): ("ES256",)}
"""The signatures that are accepted, by type and curve of a key."""


@dataclass(frozen=True)
class ClientKey:
    kid: str | None
    algorithms: tuple[str, ...]
    key: Any


class KeysUnavailable(Exception):
    """The keys can't be fetched; the text says why."""


@dataclass
class _Remembered:
    lock: threading.Lock = field(default_factory=threading.Lock)
    keys: tuple[ClientKey, ...] = ()
    fetched_at: float = float("-inf")
    tried_at: float = float("-inf")
    problem: str | None = None
    """Why the last fetch failed."""

    def find(self, kid: str | None) -> tuple[ClientKey, ...]:
        if monotonic() - self.fetched_at >= FRESH_SECONDS:
            return ()
        return self.keys if kid is None else tuple(key for key in self.keys if key.kid == kid)

    def is_due(self, kid: str | None) -> bool:
        """Whether only a fetch can answer, and the last one isn't too recent."""
        return not self.find(kid) and monotonic() - self.tried_at >= REFETCH_SECONDS


class ClientKeys:
    """Thread-safe; one per process."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound
        self._remembered: OrderedDict[str, _Remembered] = OrderedDict()
        self._lock = threading.Lock()

    def candidates(self, uri: str, kid: str | None) -> tuple[ClientKey, ...]:
        """The published keys with this id; without an id, all. Outside of a unit of work. Raises KeysUnavailable."""
        remembered = self._of(uri)
        if remembered.is_due(kid):
            if not remembered.lock.acquire(timeout=WAIT_SECONDS):
                raise KeysUnavailable("no response in time")
            try:
                if remembered.is_due(kid):
                    self._fetch(uri, remembered)
            finally:
                remembered.lock.release()
        found = remembered.find(kid)
        if not found and remembered.problem:
            raise KeysUnavailable(remembered.problem)
        return found

    def _of(self, uri: str) -> _Remembered:
        with self._lock:
            found = self._remembered.setdefault(uri, _Remembered())
            self._remembered.move_to_end(uri)
            if len(self._remembered) > MOST_REMEMBERED:
                self._remembered.popitem(last=False)
            return found

    def _fetch(self, uri: str, remembered: _Remembered) -> None:
        try:
            status, content = self._outbound.get(uri)
            keys = _published(content) if status == 200 else ()
            remembered.problem = None if keys else f"status {status}, no key that can be used"
            if keys:
                remembered.keys, remembered.fetched_at = keys, monotonic()
        except NotAllowed:
            remembered.problem = "its host is not public"
        except Unreachable:
            remembered.problem = "no complete response in time"
        remembered.tried_at = monotonic()


def _published(content: bytes) -> tuple[ClientKey, ...]:
    try:
        return usable(strict_json.read_object(content))
    except ValueError:
        return ()


def usable(document: dict[str, Any]) -> tuple[ClientKey, ...]:
    """The public keys for signatures in a JWK set; others are skipped, as RFC 7517 has it."""
    listed = document.get("keys")
    found = (_key(one) for one in listed[:MOST_KEYS]) if isinstance(listed, list) else ()
    return tuple(key for key in found if key)


def _key(document: object) -> ClientKey | None:
    if not isinstance(document, dict) or "d" in document or document.get("use", "sig") != "sig":
        return None
    kind: Any = (document.get("kty"), document.get("crv"))
    supported = ALGORITHMS.get(kind, ())
    algorithms = tuple(one for one in supported if document.get("alg", one) == one)
    if not algorithms:
        return None
    try:
        key = jwt.PyJWK(document, algorithms[0]).key
    except (jwt.PyJWTError, ValueError, TypeError):
        return None
    is_short = isinstance(key, RSAPublicKey) and key.key_size < SMALLEST_RSA_BITS
    return None if is_short else ClientKey(document.get("kid"), algorithms, key)
