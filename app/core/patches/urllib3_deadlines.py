"""urllib3: connections with one deadline for everything, however many addresses a host has and however slowly it
responds.

A timeout in urllib3 is for a single wait: for one address to connect to, for one chunk to arrive. A server that sends a
byte every 4 seconds would hold a thread for hours with a read timeout of 5 seconds, and a host with eight addresses
that don't answer takes eight connect timeouts: 24 seconds of ours. With these connections both end after 10.
"""

import http.client
import io
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

Check = Callable[[str], bool]
"""Whether a connection to this IP address is allowed."""


class _Deadline(threading.local):
    at = math.inf


_deadline = _Deadline()


@contextmanager
def ends_at(moment: float) -> Iterator[None]:
    """Every wait of this thread ends at this moment of `time.monotonic`, with TimeoutError."""
    _deadline.at = moment
    try:
        yield
    finally:
        _deadline.at = math.inf


def _left(longest: float | None) -> float:
    """Seconds left to wait. Raises TimeoutError if there are none."""
    left = min(_deadline.at - time.monotonic(), math.inf if longest is None else longest)
    if left <= 0:
        raise TimeoutError("the deadline has passed")
    return left


class _Watch(io.RawIOBase):
    """Reads from a socket, with the remaining time as the timeout of each read."""

    def __init__(self, sock: socket.socket, source: io.RawIOBase) -> None:
        self._sock = sock
        self._source = source
        self._patience = sock.gettimeout()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_left(self._patience))
        return self._source.readinto(buffer)

    def close(self) -> None:
        self._source.close()
        super().close()


class _Response(http.client.HTTPResponse):
    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_Watch(sock, self.fp.detach()))


class _Connection(HTTPConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        return _connected(self)


class _SecureConnection(HTTPSConnection):
    response_class = _Response

    def _new_conn(self) -> socket.socket:
        return _connected(self)


def _connected(connection: HTTPConnection, may: Check = lambda address: True) -> socket.socket:
    """A connection to the first of the host's addresses that is allowed and answers; all attempts share one connect
    timeout.
    """
    longest = connection.timeout if isinstance(connection.timeout, int | float) else None
    ends = time.monotonic() + _left(longest)
    failed: OSError = OSError("the host has no address")
    for family, kind, protocol, _name, address in socket.getaddrinfo(
        connection._dns_host, connection.port, type=socket.SOCK_STREAM
    ):
        if not may(str(address[0])):
            continue
        sock = socket.socket(family, kind, protocol)
        try:
            for option in connection.socket_options or ():
                sock.setsockopt(*option)
            sock.settimeout(max(ends - time.monotonic(), 0.001))
            sock.connect(address)
        except OSError as error:
            sock.close()
            failed = error
        else:
            return sock
    raise failed


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


POOLS: dict[str, type[HTTPConnectionPool]] = {"http": _Pool, "https": _SecurePool}


def checked_pools(may: Check) -> dict[str, type[HTTPConnectionPool]]:
    """Pools that connect only to allowed IP addresses. Each is checked at the moment of connecting, which prevents DNS
    rebinding.
    """

    class Connection(_SecureConnection):
        def _new_conn(self) -> socket.socket:
            return _connected(self, may)

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

    return {"http": _Pool, "https": Pool}
