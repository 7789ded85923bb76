"""urllib3's own connections lack what tests/entra/test_http_client.py proves of ours."""

import socket
import time

import pytest
import urllib3

from tests.entra.answering import answering

TIMEOUT = 0.1


def test_urllib3_reads_a_response_that_drips_beyond_its_timeout() -> None:
    with answering() as server:
        server.drip("/a", b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        began = time.monotonic()
        answer = urllib3.request(
            "GET",
            f"{server.origin}/a",
            timeout=urllib3.Timeout(total=10 * TIMEOUT),
            retries=False,
            preload_content=False,
        )
        while time.monotonic() < began + 15 * TIMEOUT:
            assert answer.read1(1)
        answer.close()


def test_urllib3_waits_for_each_address_of_a_host_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        port = deaf.getsockname()[1]
        addresses = socket.getaddrinfo("127.0.0.1", port, type=socket.SOCK_STREAM) * 8
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: addresses)
        began = time.monotonic()
        with pytest.raises(urllib3.exceptions.ConnectTimeoutError):
            urllib3.request("GET", f"http://localhost:{port}/a", timeout=urllib3.Timeout(total=TIMEOUT), retries=False)
        assert time.monotonic() > began + 8 * TIMEOUT
