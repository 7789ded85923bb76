"""urllib3's own connections lack the deadlines that tests/entra/test_http_client.py proves for our client."""

import socket
import time

import pytest
import urllib3

from tests.entra.answering import answering

TIMEOUT = 0.1


def test_urllib3_reads_slow_response_beyond_its_timeout() -> None:
    with answering() as server:
        server.drip("/a", b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        began = time.monotonic()
        response = urllib3.request(
            "GET",
            f"{server.origin}/a",
            timeout=urllib3.Timeout(total=10 * TIMEOUT),
            retries=False,
            preload_content=False,
        )
        while time.monotonic() < began + 15 * TIMEOUT:
            assert response.read1(1)
        response.close()


def test_urllib3_restarts_timeout_for_each_address(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unresponsive, socket.socket() as first, socket.socket() as second:
        unresponsive.bind(("127.0.0.1", 0))
        unresponsive.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(unresponsive.getsockname())
        port = unresponsive.getsockname()[1]
        addresses = socket.getaddrinfo("127.0.0.1", port, type=socket.SOCK_STREAM) * 8
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: addresses)
        began = time.monotonic()
        with pytest.raises(urllib3.exceptions.ConnectTimeoutError):
            urllib3.request("GET", f"http://localhost:{port}/a", timeout=urllib3.Timeout(total=TIMEOUT), retries=False)
        assert time.monotonic() > began + 8 * TIMEOUT
