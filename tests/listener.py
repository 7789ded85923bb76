"""An HTTP server of a test's own on loopback."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = Callable[[BaseHTTPRequestHandler], object]


@contextmanager
def listening(answer: Answer, over: threading.Event, *, protocol: str = "HTTP/1.0") -> Iterator[int]:
    """Calls `answer` for each GET and POST, in a thread of its own; yields the port. `over` is set at the end, so that
    no request hangs any longer. A client that has gone is no error.
    """

    class Handler(BaseHTTPRequestHandler):
        protocol_version = protocol

        def do_GET(self) -> None:
            try:
                answer(self)
            except OSError:
                self.close_connection = True

        do_POST = do_GET  # noqa: N815 - the name is http.server's

        def log_message(self, *_: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listener:
        listener.daemon_threads = True
        threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield listener.server_address[1]
        finally:
            over.set()
            listener.shutdown()
