"""Requests to addresses that an application registers and Portico itself calls."""

import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

import urllib3

from app.core.patches.urllib3_deadlines import POOLS, checked_pools, ends_at
from app.entra.dataverse_hosts import is_public
from app.entra.http_client import pool_manager, proxy_for

CONNECT_SECONDS = 3.0
TOTAL_SECONDS = 5.0
LARGEST_RESPONSE = 64 * 1024
"""In bytes, where a response is read."""
HEADERS = {"User-Agent": "Portico", "Accept": "*/*"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DEFAULT_PORTS = {"http": 80, "https": 443}


class NotAllowed(Exception):
    """The address isn't https, or its host isn't public; the operator may allow it with `APPLICATION_HOSTS`."""


class Unreachable(Exception):
    """There was no complete response in time, or too large a one."""


class Outbound:
    """Thread-safe; one per process. Connects to public IP addresses only, each checked when it is connected to, and
    beyond these to the hosts that the operator allows. Follows no redirects.
    """

    def __init__(
        self, allowed_hosts: tuple[str, ...], extra_trust: str = "", before_request: Callable[[], None] = lambda: None
    ) -> None:
        self._allowed = frozenset(allowed_hosts)
        self._extra_trust = extra_trust
        self._before_request = before_request

    @cached_property
    def _context(self) -> ssl.SSLContext:
        """Made when it is first needed: it holds all certificates that the system trusts."""
        context = ssl.create_default_context()
        if self._extra_trust:
            context.load_verify_locations(self._extra_trust)
        return context

    @cached_property
    def _allowed_pools(self) -> urllib3.PoolManager:
        return pool_manager(POOLS, self._context, None)

    @cached_property
    def _public_pools(self) -> urllib3.PoolManager:
        return pool_manager(checked_pools(_check_public), self._context, proxy_for("https://application.example"))

    def post_form(self, uri: str, fields: dict[str, str]) -> int:
        """The status of the response, of which nothing else is read: neither its size nor its content matters.

        Raises NotAllowed and Unreachable.
        """
        with self._response("POST", uri, body=urlencode(fields).encode(), headers=HEADERS | FORM) as response:
            return int(response.status)

    def get(self, uri: str) -> tuple[int, bytes]:
        """The status and the content of a response. Raises NotAllowed and Unreachable."""
        with self._response("GET", uri, headers=HEADERS) as response:
            content = response.read(LARGEST_RESPONSE + 1, decode_content=False)
            if len(content) > LARGEST_RESPONSE:
                raise Unreachable
            return int(response.status), content

    @contextmanager
    def _response(self, method: str, uri: str, **options: Any) -> Iterator[urllib3.BaseHTTPResponse]:
        """The response, whose content isn't read yet; one deadline is for all of it."""
        self._before_request()
        timeout = urllib3.Timeout(connect=CONNECT_SECONDS, read=TOTAL_SECONDS)
        try:
            with ends_at(time.monotonic() + TOTAL_SECONDS):
                response = self._pools_for(uri).urlopen(
                    method, uri, redirect=False, timeout=timeout, preload_content=False, **options
                )
                try:
                    yield response
                finally:
                    response.close()
        except (urllib3.exceptions.HTTPError, OSError, ValueError):
            raise Unreachable from None

    def _pools_for(self, uri: str) -> urllib3.PoolManager:
        # By the parser that connects, so that no other reading of an odd address is the one that is checked.
        parts = urllib3.util.parse_url(uri)
        usual = DEFAULT_PORTS.get(str(parts.scheme))
        names = {f"{parts.host}:{parts.port or usual}"} | ({str(parts.host)} if parts.port in (None, usual) else set())
        if usual and names & self._allowed:
            return self._allowed_pools
        if parts.scheme != "https":
            raise NotAllowed
        return self._public_pools


def _check_public(address: str) -> bool:
    """A host with any address that isn't public is refused as a whole, which names the cause in the log."""
    if not is_public(address):
        raise NotAllowed
    return True
