"""Takes the place of the application behind its proxy for the length of a check, and keeps what arrives."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

PIECE = 64 * 1024


@dataclass(frozen=True)
class Arrived:
    method: str
    path: str
    headers: list[tuple[str, str]]
    body_hash: str


class Listener(ThreadingHTTPServer):
    """Answers while it is entered. Raises OSError if the address is in use."""

    daemon_threads = True

    def __init__(self, host: str, port: int) -> None:
        super().__init__((host, port), _Handler)
        self._thread = threading.Thread(target=self.serve_forever, daemon=True)
        self._arrived: list[Arrived] = []
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()

    def keep(self, arrived: Arrived) -> None:
        with self._lock:
            self._arrived.append(arrived)

    def taken(self) -> list[Arrived]:
        """What arrived since the last call."""
        with self._lock:
            arrived, self._arrived = self._arrived, []
        return arrived


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Listener

    def __getattr__(self, name: str) -> Any:
        # The class looks up do_<method>; every method is answered alike.
        if name.startswith("do_"):
            return self._answer
        raise AttributeError(name)

    def _answer(self) -> None:
        digest = sha256()
        for piece in self._pieces():
            digest.update(piece)
        self.server.keep(Arrived(self.command, self.path, list(self.headers.items()), digest.hexdigest()))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def _pieces(self) -> Iterator[bytes]:
        if self.headers.get("Transfer-Encoding", "").lower() == "chunked":
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return
        left = int(self.headers.get("Content-Length", 0))
        while left and (piece := self.rfile.read(min(left, PIECE))):
            left -= len(piece)
            yield piece

    def log_message(self, *_arguments: Any) -> None:
        """Prints nothing."""
