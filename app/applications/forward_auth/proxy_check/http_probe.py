"""Requests as an attacker sends them: paths and header names exactly as given, no redirects, no proxy settings."""

import os
import ssl
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import urlsplit

SECONDS = 15.0
LONGEST_ANSWER = 1024 * 1024
"""In bytes; of a longer body the beginning counts."""
Headers = Sequence[tuple[str, str]]


class NoAnswer(Exception):
    """Why, in words."""


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, list[str]]
    """By lowercase name."""
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def ask(
    origin: str, method: str, path: str, headers: Headers = (), body: bytes | Iterator[bytes] | None = None
) -> Answer:
    """An iterator is sent in chunks. Raises NoAnswer."""
    connection = _connection(origin)
    try:
        connection.putrequest(method, path, skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        is_chunked = body is not None and not isinstance(body, bytes)
        if is_chunked:
            connection.putheader("Transfer-Encoding", "chunked")
        elif body is not None:
            connection.putheader("Content-Length", str(len(body)))  # type: ignore[arg-type]
        connection.endheaders(body, encode_chunked=is_chunked)
        response = connection.getresponse()
        named: dict[str, list[str]] = {}
        for name, value in response.getheaders():
            named.setdefault(name.lower(), []).append(value)
        return Answer(response.status, named, response.read(LONGEST_ANSWER))
    except (OSError, HTTPException, ValueError) as error:
        raise NoAnswer(f"{type(error).__name__}: {error}") from None
    finally:
        connection.close()


def _connection(origin: str) -> HTTPConnection:
    parts = urlsplit(origin)
    if parts.scheme == "http":
        return HTTPConnection(parts.netloc, timeout=SECONDS)
    trusted = ssl.create_default_context(cafile=os.environ.get("REQUESTS_CA_BUNDLE") or None)
    return HTTPSConnection(parts.netloc, timeout=SECONDS, context=trusted)
