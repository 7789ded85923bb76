"""One pooled HTTP client for all requests to Microsoft: deadlines, an allow-list of hosts, no redirects."""

import json
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, unquote, urlencode, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3

from app.core import strict_json
from app.core.patches.urllib3_deadlines import POOLS, checked_pools, ends_at
from app.core.strict_json import InvalidJson
from app.entra.clouds import Cloud
from app.entra.dataverse_hosts import MICROSOFTS_ALONE, DataverseHosts, is_public
from app.entra.errors import InvalidResponse, ServiceUnavailable

CONNECT_SECONDS = 3.0
READ_SECONDS = 5.0
TOTAL_SECONDS = 10.0
LARGEST_ANSWER = 4 * 1024 * 1024
POOL_SIZE = 32
"""Connections kept per host."""
KEPT_HOSTS = 32
PUBLIC_POOLS = checked_pools(is_public)
"""For hosts entered by users: connections only to globally routable addresses."""
HEADERS = {"User-Agent": "Portico", "Accept": "*/*", "Accept-Encoding": "gzip"}

Observer = Callable[[str, int, float], None]
"""Called for every request: its endpoint, its status (0 if there was no response), seconds."""


@dataclass(frozen=True)
class Answer:
    """A complete response, with the three attributes that MSAL uses."""

    status_code: int
    text: str
    headers: dict[str, str]

    def raise_for_status(self) -> None:
        if self.status_code >= 400:
            raise ServiceUnavailable(f"answered {self.status_code}", retry_after(self.headers))

    def json_object(self) -> dict[str, Any]:
        """Raises InvalidResponse if the body is not a JSON object. The body is not quoted: it may contain a token."""
        try:
            return strict_json.read_object(self.text)
        except InvalidJson as error:
            raise InvalidResponse(f"the answer is no JSON object ({error.reason})") from None


class Http:
    """Thread-safe; one per process. It keeps connections but no cookies and no credentials."""

    def __init__(
        self,
        cloud: Cloud,
        extra_trust: str = "",
        observe: Observer = lambda endpoint, status, seconds: None,
        environments: DataverseHosts = MICROSOFTS_ALONE,
        before_request: Callable[[], None] = lambda: None,
    ):
        self.cloud = cloud
        self._origins = cloud.origins
        self._environments = environments
        self._observe = observe
        self._before_request = before_request
        self._plain_origin = cloud.authority if cloud.plain_loopback else None
        context = ssl.create_default_context()
        if extra_trust:
            context.load_verify_locations(extra_trust)
        proxy = proxy_for(cloud.authority)
        self._pools = pool_manager(POOLS, context, proxy)
        self._public_pools = pool_manager(PUBLIC_POOLS, context, proxy)

    def get(self, url: str, params: Any = None, headers: Any = None, *, within: float = TOTAL_SECONDS) -> Answer:
        return self.request("GET", url, within=within, params=params, headers=headers)

    def post(
        self, url: str, params: Any = None, data: Any = None, headers: Any = None, *, within: float = TOTAL_SECONDS
    ) -> Answer:
        return self.request("POST", url, within=within, params=params, data=data, headers=headers)

    def request(
        self,
        method: str,
        url: str,
        *,
        within: float = TOTAL_SECONDS,
        params: Any = None,
        data: Any = None,
        json: Any = None,
        headers: Any = None,
        largest: int = LARGEST_ANSWER,
    ) -> Answer:
        """Sends a request and reads the whole response within `within` seconds. `data` is sent as a form, `json` as
        JSON.

        Raises ServiceUnavailable, also for an origin that is not allowed.
        """
        self._before_request()
        asked = urlsplit(url)
        pools = self._pools_for(asked)
        body, kind = _body(data, json)
        began = time.monotonic()
        status = 0
        try:
            with ends_at(began + within):
                response = pools.urlopen(
                    method,
                    self._sent_url(url, params),
                    redirect=False,
                    body=body,
                    headers={**HEADERS, **kind, **(headers or {})},
                    timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=READ_SECONDS),
                    preload_content=False,
                )
                answer = _read(response, largest)
            status = answer.status_code
            return answer
        except (urllib3.exceptions.HTTPError, OSError) as error:
            # Only the class: the message contains URLs with their queries.
            raise ServiceUnavailable(f"{asked.netloc}: {type(error).__name__}") from None
        finally:
            self._observe(self._endpoint(asked), status, time.monotonic() - began)

    def _sent_url(self, url: str, params: Any) -> str:
        """With its query; plain HTTP to the sandbox on loopback."""
        if params:
            url += ("&" if urlsplit(url).query else "?") + urlencode(params)
        if self._plain_origin and url.startswith(self._plain_origin):
            url = url.replace("https://", "http://", 1)
        return url

    def _endpoint(self, asked: SplitResult) -> str:
        """The label of a request. Companies' environments share one, as there are as many as companies."""
        is_microsofts = f"{asked.scheme}://{asked.netloc}" in self._origins
        return f"{asked.netloc}/{asked.path.rpartition('/')[2]}" if is_microsofts else "dynamics"

    def _pools_for(self, asked: SplitResult) -> urllib3.PoolManager:
        """The pools for a URL; a host entered by a company must be public. Raises ServiceUnavailable for any other."""
        if f"{asked.scheme}://{asked.netloc}" in self._origins:
            return self._pools
        if asked.scheme != "https" or not self._environments.knows(asked.netloc):
            raise ServiceUnavailable(f"{asked.netloc} is not a host of this cloud")
        return self._pools if self._environments.is_the_operators(asked.netloc) else self._public_pools


def proxy_for(address: str) -> str | None:
    """The proxy for a URL according to the environment (HTTPS_PROXY, NO_PROXY); read once, not per request."""
    asked = urlsplit(address)
    return None if proxy_bypass(asked.hostname or "") else getproxies().get(asked.scheme)


def pool_manager(pools: dict[str, Any], context: ssl.SSLContext, proxy: str | None) -> urllib3.PoolManager:
    """Pools of these classes, by scheme, or through a proxy; without retries."""
    options: dict[str, Any] = {
        "num_pools": KEPT_HOSTS,
        "maxsize": POOL_SIZE,
        "ssl_context": context,
        # The caller knows whether a retry is safe; and a redirect is no valid response.
        "retries": False,
    }
    if proxy is None:
        manager = urllib3.PoolManager(**options)
        manager.pool_classes_by_scheme = pools
        return manager
    login = urlsplit(proxy)
    name = f"{unquote(login.username)}:{unquote(login.password or '')}" if login.username else None
    through = urllib3.ProxyManager(proxy, proxy_headers=urllib3.make_headers(proxy_basic_auth=name), **options)
    # The proxy resolves the name itself.
    through.pool_classes_by_scheme = POOLS
    return through


def _body(data: Any, document: Any) -> tuple[bytes | None, dict[str, str]]:
    if document is not None:
        return json.dumps(document).encode(), {"Content-Type": "application/json"}
    if data is not None:
        return urlencode(data).encode(), {"Content-Type": "application/x-www-form-urlencoded"}
    return None, {}


def _read(response: urllib3.BaseHTTPResponse, largest: int) -> Answer:
    """The response, read in chunks so that an endless one is noticed; then the connection is free again."""
    pieces: list[bytes] = []
    size = 0
    try:
        while piece := response.read1(65536, decode_content=True):
            pieces.append(piece)
            size += len(piece)
            if size > largest:
                raise ServiceUnavailable("the answer is too large")
    except BaseException:
        response.close()
        raise
    response.release_conn()
    # Bytes that are not UTF-8 stay recognizable, so that the JSON reader refuses them.
    text = b"".join(pieces).decode("utf-8", errors="surrogateescape")
    return Answer(response.status, text, {name.lower(): value for name, value in response.headers.items()})


def retry_after(headers: dict[str, str]) -> int | None:
    """Seconds from a Retry-After header, at most an hour."""
    value = headers.get("retry-after", "")
    return min(int(value[:9]), 3600) if value.isdecimal() else None
