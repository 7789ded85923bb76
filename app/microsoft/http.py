"""One pooled HTTP client for all that goes to Microsoft: deadlines, an allow-list of hosts, no redirects."""

import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

import requests
import urllib3

from app.microsoft.clouds import Cloud
from app.microsoft.deadlines import PUBLIC_POOLS, PunctualAdapter, ends_at
from app.microsoft.environments import MICROSOFTS_ALONE, Environments
from app.microsoft.errors import BrokenAnswer, Unreachable

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
TOTAL_SECONDS = 10.0
LARGEST_ANSWER = 4 * 1024 * 1024
POOL_SIZE = 32
GUARDED = "https+guarded://"
"""Marks, between here and the adapter, that an address is one that a company named."""

Observer = Callable[[str, int, float], None]
"""Told of every request: its endpoint, its status (0 when there was no answer), seconds."""


@dataclass(frozen=True)
class Answer:
    """An answer, read whole. MSAL asks for the same three names."""

    status_code: int
    text: str
    headers: dict[str, str]

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise Unreachable(f"answered {self.status_code}", retry_after(self.headers))

    def json_object(self) -> dict[str, Any]:
        """Raises BrokenAnswer when the body is not a JSON object. The body is not quoted: it may hold a token."""
        try:
            value = json.loads(self.text)
        except (ValueError, RecursionError):
            raise BrokenAnswer("the answer is not JSON") from None
        if not isinstance(value, dict):
            raise BrokenAnswer("the answer is not a JSON object")
        return value


class Http:
    """Thread-safe; one for the process."""

    def __init__(
        self,
        cloud: Cloud,
        extra_trust: str = "",
        observe: Observer = lambda endpoint, status, seconds: None,
        environments: Environments = MICROSOFTS_ALONE,
    ):
        self._origins = cloud.origins
        self._environments = environments
        self._observe = observe
        self._session = requests.Session()
        # What the environment says of proxies is read once, not at each request.
        self._session.proxies = requests.utils.get_environ_proxies(cloud.authority)
        self._session.trust_env = False
        self._session.mount("https://", _TrustingAdapter(extra_trust))
        self._session.mount(GUARDED, _GuardedAdapter(extra_trust))
        self._session.mount("http://", PunctualAdapter(pool_connections=4, pool_maxsize=POOL_SIZE))
        if cloud.plain_loopback:
            self._session.mount(cloud.authority, _LoopbackAdapter(pool_connections=4, pool_maxsize=POOL_SIZE))

    def get(self, url: str, params: Any = None, headers: Any = None, *, within: float = TOTAL_SECONDS) -> Answer:
        return self.request("GET", url, within=within, params=params, headers=headers)

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: Any = None, *, within: float = TOTAL_SECONDS
    ) -> Answer:
        return self.request("POST", url, within=within, params=params, data=data, headers=headers)

    def request(self, method: str, url: str, *, within: float = TOTAL_SECONDS, **parts: Any) -> Answer:
        """Sends and reads the whole answer within `within` seconds.

        Raises Unreachable, also for an origin that is not on the list.
        """
        asked = urlsplit(url)
        host = asked.netloc
        url = self._way_to(url)
        began = time.monotonic()
        status = 0
        try:
            with (
                ends_at(began + within),
                self._session.request(
                    method,
                    url,
                    timeout=(CONNECT_SECONDS, READ_SECONDS),
                    allow_redirects=False,
                    stream=True,
                    **parts,
                ) as response,
            ):
                text = _read(response)
                status = response.status_code
                return Answer(status, text, {name.lower(): value for name, value in response.headers.items()})
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
            # Only the kind: the text of these names addresses with their queries.
            raise Unreachable(f"{host}: {type(error).__name__}") from None
        finally:
            self._observe(self._endpoint(asked), status, time.monotonic() - began)

    def _endpoint(self, asked: SplitResult) -> str:
        """What is told of a request. Companies' own environments are as many as companies, so they share a name."""
        is_microsofts = f"{asked.scheme}://{asked.netloc}" in self._origins
        return f"{asked.netloc}/{asked.path.rpartition('/')[2]}" if is_microsofts else "dynamics"

    def _way_to(self, url: str) -> str:
        """The address with the way to reach it. Raises Unreachable for what is not on the list."""
        asked = urlsplit(url)
        if f"{asked.scheme}://{asked.netloc}" in self._origins:
            return url
        if asked.scheme != "https" or not self._environments.knows(asked.netloc):
            raise Unreachable(f"{asked.netloc} is not a host of this cloud")
        return url if self._environments.is_the_operators(asked.netloc) else url.replace("https://", GUARDED, 1)


def _read(response: requests.Response) -> str:
    """The body, read piece by piece, so that one without an end is noticed."""
    pieces: list[bytes] = []
    size = 0
    while piece := response.raw.read1(65536, decode_content=True):
        pieces.append(piece)
        size += len(piece)
        if size > LARGEST_ANSWER:
            raise Unreachable("the answer is too large")
    return b"".join(pieces).decode("utf-8", errors="replace")


def retry_after(headers: dict[str, str]) -> int | None:
    """Seconds from a Retry-After header, at most an hour."""
    value = headers.get("retry-after", "")
    return min(int(value[:9]), 3600) if value.isdecimal() else None


class _TrustingAdapter(PunctualAdapter):
    """Trusts the system's authorities and, on top, those in a file of the operator's."""

    def __init__(self, extra_trust: str) -> None:
        self._context = ssl.create_default_context()
        if extra_trust:
            self._context.load_verify_locations(extra_trust)
        super().__init__(pool_connections=4, pool_maxsize=POOL_SIZE)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        super().init_poolmanager(*args, ssl_context=self._context, **options)


class _GuardedAdapter(_TrustingAdapter):
    """For hosts that a company named: what they stand for must be public at each connecting."""

    pools = PUBLIC_POOLS

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        request.url = (request.url or "").replace(GUARDED, "https://", 1)
        return super().send(request, *args, **options)


class _LoopbackAdapter(PunctualAdapter):
    """Sends what is addressed to the sandbox's https name over plain HTTP."""

    def send(self, request: requests.PreparedRequest, *args: Any, **options: Any) -> requests.Response:
        request.url = (request.url or "").replace("https://", "http://", 1)
        return super().send(request, *args, **options)
