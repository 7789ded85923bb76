"""What a tenant publishes about itself: its addresses and its signing keys, kept for the process."""

import math
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jwt

from app.microsoft.clouds import Cloud
from app.microsoft.errors import BrokenAnswer, MicrosoftError, Refused, TokenRefused, Unreachable
from app.microsoft.http import Answer, Http

METADATA_SECONDS = 24 * 3600
KEYS_FRESH_SECONDS = 3600
KEYS_STALE_SECONDS = 24 * 3600
REFETCH_SECONDS = 30
SMALLEST_RSA_BITS = 2048

TENANT_IN_ISSUER = re.compile(r"/([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})/v2\.0$")


@dataclass(frozen=True)
class Metadata:
    """The parts of a tenant's OpenID configuration that are used."""

    tenant: str
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    end_session_endpoint: str


@dataclass
class _Keys:
    by_kid: Mapping[str, Any]
    fetched_at: float
    refetched_at: float = float("-inf")
    """When an unknown key last made us ask again."""


class Directory:
    """The tenants of one cloud. Thread-safe; one for the process."""

    def __init__(self, cloud: Cloud, http: Http) -> None:
        self._cloud = cloud
        self._http = http
        self._metadata: dict[str, tuple[float, Metadata]] = {}
        self._keys: dict[str, _Keys] = {}
        self._failures: dict[tuple[str, str], tuple[float, Unreachable]] = {}
        """When asking for what of a tenant failed last."""
        self._locks: dict[str, threading.Lock] = {}
        self._locks_guard = threading.Lock()

    def metadata(self, tenant: str) -> Metadata:
        """Of a tenant given by GUID or by verified domain.

        Raises Refused when there is no such tenant, Unreachable, BrokenAnswer.
        """
        tenant = tenant.lower()
        kept = self._metadata.get(tenant)
        if kept and time.monotonic() - kept[0] < METADATA_SECONDS:
            return kept[1]
        with self._turn(tenant, "metadata"):
            return self._metadata_for(tenant)

    def signing_key(self, tenant: str, kid: str) -> Any:
        """The public key that a token of this tenant names.

        An unknown name makes us ask the tenant again, at most once in 30 s. While the tenant can't be reached, the keys
        known serve for 24 h.

        Raises TokenRefused("unknown_key"), Unreachable, BrokenAnswer.
        """
        kept = self._keys.get(tenant)
        if kept and kid in kept.by_kid and time.monotonic() - kept.fetched_at < KEYS_FRESH_SECONDS:
            return kept.by_kid[kid]
        with self._turn(tenant, "keys"):
            kept = self._keys.get(tenant)
            keys = self._current_keys(tenant, kept)
            now = time.monotonic()
            if kid not in keys.by_kid and keys is not kept:
                # Fetched for this very key: asking again would not find it either.
                keys.refetched_at = now
            elif kid not in keys.by_kid and now - keys.refetched_at >= REFETCH_SECONDS:
                keys = self._refetched(tenant, keys)
            try:
                return keys.by_kid[kid]
            except KeyError:
                raise TokenRefused("unknown_key") from None

    def _current_keys(self, tenant: str, kept: _Keys | None) -> _Keys:
        if kept is None:
            return self._fetched(tenant)
        now = time.monotonic()
        age = now - kept.fetched_at
        if age < KEYS_FRESH_SECONDS or (age < KEYS_STALE_SECONDS and now - kept.refetched_at < REFETCH_SECONDS):
            return kept
        kept.refetched_at = now
        try:
            return self._fetched(tenant)
        except MicrosoftError:
            if age < KEYS_STALE_SECONDS:
                return kept
            raise

    def _refetched(self, tenant: str, keys: _Keys) -> _Keys:
        keys.refetched_at = time.monotonic()
        try:
            fetched = self._fetched(tenant)
        except MicrosoftError:
            return keys
        fetched.refetched_at = keys.refetched_at
        return fetched

    def _fetched(self, tenant: str) -> _Keys:
        answer = _successful(self._http.get(self._metadata_for(tenant).jwks_uri)).json_object()
        self._keys[tenant] = keys = _Keys(_rsa_keys(answer), time.monotonic())
        return keys

    def _metadata_for(self, tenant: str) -> Metadata:
        """As `metadata`, for callers that hold the tenant's lock."""
        kept = self._metadata.get(tenant)
        if kept is None or time.monotonic() - kept[0] >= METADATA_SECONDS:
            kept = self._metadata[tenant] = (time.monotonic(), self._fetch_metadata(tenant))
        return kept[1]

    def _fetch_metadata(self, tenant: str) -> Metadata:
        answer = self._http.get(f"{self._cloud.authority}/{tenant}/v2.0/.well-known/openid-configuration")
        if answer.status_code in (400, 404):
            # Entra answers 400 with AADSTS90002 for a tenant that does not exist.
            raise Refused("invalid_tenant", "no such tenant", (90002,))
        document = _successful(answer).json_object()
        values = [
            document.get(name)
            for name in ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint")
        ]
        if not all(isinstance(value, str) for value in values):
            raise BrokenAnswer("the OpenID configuration lacks an address")
        issuer, authorize, token, jwks, end_session = map(str, values)
        found = TENANT_IN_ISSUER.search(issuer)
        if found is None:
            # `common`, `organizations` and `consumers` have a literal {tenantid} here, or a tenant of nobody's.
            raise BrokenAnswer("the issuer names no single tenant")
        own = (f"{self._cloud.authority}/", f"{self._cloud.browser_origin}/")
        if not all(address.startswith(own) for address in (issuer, authorize, token, jwks, end_session)):
            raise BrokenAnswer("the OpenID configuration points to a foreign host")
        return Metadata(found[1], issuer, authorize, token, jwks, end_session)

    @contextmanager
    def _turn(self, tenant: str, wanted: str) -> Iterator[None]:
        """One at a time asks a tenant. Whoever waited meanwhile for an answer that didn't come gets the same: else the
        last of them would wait for as many deadlines as there are before."""
        came = time.monotonic()
        with self._locks_guard:
            lock = self._locks.setdefault(tenant, threading.Lock())
        with lock:
            failed_at, failure = self._failures.get((tenant, wanted), (-math.inf, None))
            if failure and failed_at > came:
                raise Unreachable(str(failure), failure.retry_after)
            try:
                yield
            except Unreachable as error:
                self._failures[tenant, wanted] = (time.monotonic(), error)
                raise


def _successful(answer: Answer) -> Answer:
    if answer.status_code != 200:
        raise Unreachable(f"answered {answer.status_code}")
    return answer


def _rsa_keys(document: dict[str, Any]) -> dict[str, Any]:
    """The usable signing keys by their name; odd ones are passed over, as the specification of key sets wants it."""
    keys = {}
    listed = document.get("keys")
    for jwk in listed if isinstance(listed, list) else []:
        if not isinstance(jwk, dict) or jwk.get("kty") != "RSA" or jwk.get("use", "sig") != "sig":
            continue
        try:
            key = jwt.PyJWK(jwk, algorithm="RS256").key
        except (jwt.PyJWTError, ValueError, TypeError):
            continue
        if isinstance(kid := jwk.get("kid"), str) and key.key_size >= SMALLEST_RSA_BITS:
            keys[kid] = key
    return keys
