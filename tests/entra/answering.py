"""A small HTTP server on loopback with configurable responses, valid or not."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import urlsplit

from app.entra.clouds import Cloud
from tests.listener import listening

Written = Callable[[BaseHTTPRequestHandler], None]


@dataclass
class Answering:
    """The server: its response for each path, and the requests it received."""

    port: int = 0
    at: dict[str, Written] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    """Set when the test ends, so that no request hangs any longer."""

    @property
    def origin(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def cloud(self) -> Cloud:
        return Cloud(f"https://localhost:{self.port}", self.origin, plain_loopback=True)

    def say(self, path: str, content: Any, status: int = 200, **headers: str) -> None:
        """A complete response: JSON, or bytes unchanged."""
        body = content if isinstance(content, bytes) else json.dumps(content).encode()

        def write(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **headers}.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.end_headers()
            handler.wfile.write(body)

        self.at[path] = write

    def hang(self, path: str, after: bytes = b"") -> None:
        """Sends these bytes and then hangs."""

        def write(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(after)
            self.over.wait(30)
            handler.close_connection = True

        self.at[path] = write

    def drip(self, path: str, start: bytes) -> None:
        """Sends these bytes, and then one at a time, often enough that no single read times out."""

        def write(handler: BaseHTTPRequestHandler) -> None:
            handler.wfile.write(start)
            while not self.over.wait(0.05):
                handler.wfile.write(b"7")

        self.at[path] = write

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = urlsplit(handler.path).path
        self.asked.append(path)
        self.bodies.append(handler.rfile.read(int(handler.headers.get("Content-Length", 0))))
        write = self.at.get(path)
        if write:
            write(handler)
        else:
            handler.send_error(404)

    def count(self, path: str) -> int:
        return self.asked.count(path)


@contextmanager
def answering() -> Iterator[Answering]:
    server = Answering()
    with listening(server.answer, server.over, protocol="HTTP/1.1") as server.port:
        yield server
