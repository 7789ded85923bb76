"""OpenID Connect discovery: a tenant's endpoints and signing keys, cached per process."""

import math
import re
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import jwt

from app.entra.clouds import Cloud
from app.entra.errors import InvalidIdToken, InvalidResponse, MicrosoftError, OAuthError, ServiceUnavailable
from app.entra.http_client import Answer, Http

METADATA_SECONDS = 24 * 3600
KEYS_FRESH_SECONDS = 3600
KEYS_STALE_SECONDS = 24 * 3600
REFETCH_SECONDS = 30
"""Seconds between two successful fetches of a tenant's keys, and the maximum after a failed one."""
FIRST_RETRY_SECONDS = 2
"""Seconds after a failed fetch; doubled with each further failure."""
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


@dataclass(frozen=True)
class _Keys:
    by_kid: Mapping[str, Any]
    fetched_at: float
    refetched_at: float
    """When an unknown key last caused a fetch."""


@dataclass(frozen=True)
class _FailedLook:
    """The last failed fetch of a tenant's keys: its error, and the delay until the next."""

    error: MicrosoftError
    failed_at: float
    wait: float


class OpenIdDiscovery:
    """The tenants of one cloud. Thread-safe; one per process."""

    def __init__(self, cloud: Cloud, http: Http) -> None:
        self._cloud = cloud
        self._http = http
        self._metadata: dict[str, tuple[float, Metadata]] = {}
        self._keys: dict[str, _Keys] = {}
        self._failed_looks: dict[str, _FailedLook] = {}
        self._failures: dict[tuple[str, str], tuple[float, ServiceUnavailable]] = {}
        """The time and error of the last failure, by tenant and kind of document."""
        self._locks: dict[str, threading.Lock] = {}
        self._locks_guard = threading.Lock()

    def metadata(self, tenant: str) -> Metadata:
        """The metadata of a tenant given by GUID or verified domain.

        Raises OAuthError if there is no such tenant, ServiceUnavailable, InvalidResponse.
        """
        tenant = tenant.lower()
        kept = self._metadata.get(tenant)
        if kept and time.monotonic() - kept[0] < METADATA_SECONDS:
            return kept[1]
        with self._turn(tenant, "metadata"):
            return self._metadata_for(tenant)

    def signing_key(self, tenant: str, kid: str) -> Any:
        """The public key with this id in the tenant's key set.

        An unknown id causes a fetch: at most one in 30 s after a response; after a failure the next in 2 s, then later
        each time, up to 30 s. An id that could not be looked up is not invalid, so the failure is raised meanwhile.
        While the tenant is unreachable, known keys are used for 24 h.

        Raises InvalidIdToken("unknown_key"), ServiceUnavailable, InvalidResponse.
        """
        kept = self._keys.get(tenant)
        if kept and kid in kept.by_kid and time.monotonic() - kept.fetched_at < KEYS_FRESH_SECONDS:
            return kept.by_kid[kid]
        with self._turn(tenant, "keys"):
            keys = self._keys_for(tenant, kid)
            try:
                return keys.by_kid[kid]
            except KeyError:
                raise InvalidIdToken("unknown_key") from None

    def _keys_for(self, tenant: str, kid: str) -> _Keys:
        """The keys in which to look up this id, fetched again if they are old or lack it."""
        kept, now = self._keys.get(tenant), time.monotonic()
        age = now - kept.fetched_at if kept else math.inf
        is_known = kept is not None and kid in kept.by_kid
        if kept and (age < KEYS_FRESH_SECONDS if is_known else now - kept.refetched_at < REFETCH_SECONDS):
            return kept
        try:
            keys = self._fetched(tenant)
        except MicrosoftError:
            if kept and is_known and age < KEYS_STALE_SECONDS:
                return kept
            raise
        # They were fetched for this very id: fetching again would not find it either.
        if kid not in keys.by_kid or (kept and not is_known):
            keys = self._keys[tenant] = replace(keys, refetched_at=keys.fetched_at)
        return keys

    def _fetched(self, tenant: str) -> _Keys:
        """Raises the last failure, too, while it is too early to fetch again."""
        failed = self._failed_looks.get(tenant)
        if failed and (left := failed.failed_at + failed.wait - time.monotonic()) > 0:
            raise _again(failed.error, left)
        try:
            answer = _successful(self._http.get(self._metadata_for(tenant).jwks_uri)).json_object()
            by_kid = _rsa_keys(answer)
            if not by_kid:
                raise InvalidResponse("the key set has no key that can be used")
        except MicrosoftError as error:
            wait = min(failed.wait * 2, REFETCH_SECONDS) if failed else FIRST_RETRY_SECONDS
            self._failed_looks[tenant] = _FailedLook(error, time.monotonic(), wait)
            raise _again(error, wait) from None
        self._failed_looks.pop(tenant, None)
        self._keys[tenant] = keys = _Keys(by_kid, time.monotonic(), refetched_at=-math.inf)
        return keys

    def _metadata_for(self, tenant: str) -> Metadata:
        """Like `metadata`, for callers that hold the tenant's lock."""
        kept = self._metadata.get(tenant)
        if kept is None or time.monotonic() - kept[0] >= METADATA_SECONDS:
            kept = self._metadata[tenant] = (time.monotonic(), self._fetch_metadata(tenant))
        return kept[1]

    def _fetch_metadata(self, tenant: str) -> Metadata:
        answer = self._http.get(f"{self._cloud.authority}/{tenant}/v2.0/.well-known/openid-configuration")
        if answer.status_code in (400, 404):
            # Entra answers 400 with AADSTS90002 for a tenant that does not exist.
            raise OAuthError("invalid_tenant", "no such tenant", (90002,))
        document = _successful(answer).json_object()
        values = [
            document.get(name)
            for name in ("issuer", "authorization_endpoint", "token_endpoint", "jwks_uri", "end_session_endpoint")
        ]
        if not all(isinstance(value, str) for value in values):
            raise InvalidResponse("the OpenID configuration lacks an address")
        issuer, authorize, token, jwks, end_session = map(str, values)
        found = TENANT_IN_ISSUER.search(issuer)
        if found is None:
            # `common`, `organizations` and `consumers` have a literal {tenantid} here, or Microsoft's own tenant.
            raise InvalidResponse("the issuer names no single tenant")
        own = (f"{self._cloud.authority}/", f"{self._cloud.browser_origin}/")
        if not all(address.startswith(own) for address in (issuer, authorize, token, jwks, end_session)):
            raise InvalidResponse("the OpenID configuration points to a foreign host")
        return Metadata(found[1], issuer, authorize, token, jwks, end_session)

    @contextmanager
    def _turn(self, tenant: str, wanted: str) -> Iterator[None]:
        """Serializes requests to a tenant. Threads that waited for a request that failed raise the same error:
        otherwise the last of them would wait for as many deadlines as there are threads before it.
        """
        came = time.monotonic()
        with self._locks_guard:
            lock = self._locks.setdefault(tenant, threading.Lock())
        with lock:
            failed_at, failure = self._failures.get((tenant, wanted), (-math.inf, None))
            if failure and failed_at > came:
                raise ServiceUnavailable(str(failure), failure.retry_after)
            try:
                yield
            except ServiceUnavailable as error:
                self._failures[tenant, wanted] = (time.monotonic(), error)
                raise


def _again(error: MicrosoftError, left: float) -> MicrosoftError:
    """A copy of the exception for the next caller."""
    if isinstance(error, ServiceUnavailable):
        return ServiceUnavailable(str(error), error.retry_after or math.ceil(left))
    return InvalidResponse(str(error)) if isinstance(error, InvalidResponse) else error


def _successful(answer: Answer) -> Answer:
    if answer.status_code != 200:
        raise ServiceUnavailable(f"answered {answer.status_code}")
    return answer


def _rsa_keys(document: dict[str, Any]) -> dict[str, Any]:
    """The usable signing keys by id; others are skipped, as the JWK Set specification requires."""
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
