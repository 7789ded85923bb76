"""A small application behind a proxy, which tells what it received: it knows nothing of Portico."""

import base64
import hashlib
import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

WEBSOCKET_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Upstream(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.received: list[tuple[str, str]] = []
        """Method and path of each request."""

    @property
    def port(self) -> int:
        return int(self.server_address[1])


@contextmanager
def start_upstream() -> Iterator[Upstream]:
    upstream = Upstream()
    thread = Thread(target=upstream.serve_forever)
    thread.start()
    try:
        yield upstream
    finally:
        upstream.shutdown()
        thread.join()
        upstream.server_close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Upstream

    def do_GET(self) -> None:
        self.server.received.append((self.command, self.path))
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self._answer_websocket()
        elif "/status/" in self.path:
            self._send({"from": "the application"}, int(self.path.rpartition("/")[2]))
        else:
            self._send({"body": self._digest(), "headers": list(self.headers.items())})

    do_POST = do_PUT = do_OPTIONS = do_GET  # noqa: N815 - names of the class's

    def _digest(self) -> dict[str, Any]:
        digest, size = hashlib.sha256(), 0
        for piece in self._pieces():
            digest.update(piece)
            size += len(piece)
        return {"size": size, "sha256": digest.hexdigest()}

    def _pieces(self) -> Iterator[bytes]:
        if self.headers.get("Transfer-Encoding") == "chunked":
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
            return
        left = int(self.headers.get("Content-Length", 0))
        while left:
            piece = self.rfile.read(min(left, 65536))
            left -= len(piece)
            yield piece

    def _send(self, value: dict[str, Any], status: int = 200) -> None:
        content = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def _answer_websocket(self) -> None:
        """Sends who the person is in one frame."""
        key = self.headers["Sec-WebSocket-Key"].encode()
        accepted = base64.b64encode(hashlib.sha1(key + WEBSOCKET_MAGIC).digest())  # noqa: S324 - the protocol's
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        self.send_header("Sec-WebSocket-Accept", accepted.decode())
        self.end_headers()
        text = (self.headers.get("X-Portico-Name") or "no one").encode()
        self.wfile.write(bytes((0x81, len(text))) + text)
        self.close_connection = True

    def log_message(self, *_arguments: Any) -> None:
        """Prints nothing."""
