"""The HTTP client for Microsoft: it times out, contacts no other host, and leaks nothing into errors."""

import gzip
import socket
import time
from typing import Any

import pytest

from app.entra.clouds import Cloud
from app.entra.errors import InvalidResponse, ServiceUnavailable
from app.entra.http_client import LARGEST_ANSWER, Http, retry_after
from tests.core.test_strict_json import BAD_BYTES
from tests.entra.answering import Answering
from tests.ports import free_port

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WITHIN = 0.4
ALLOWANCE = 0.6
"""Allowance for a busy machine."""


def seconds_until_timeout(http: Http, url: str) -> float:
    """Seconds until ServiceUnavailable was raised."""
    began = time.monotonic()
    with pytest.raises(ServiceUnavailable):
        http.get(url, within=WITHIN)
    return time.monotonic() - began


def test_response_is_read_completely(http: Http, server: Answering) -> None:
    server.say("/a", {"name": "Zoë"}, X_Name="Value")
    response = http.get(f"{server.origin}/a")
    assert (response.status_code, response.json_object()) == (200, {"name": "Zoë"})
    assert response.headers["x-name"] == "Value"


def test_connection_is_reused(http: Http, server: Answering) -> None:
    ports = set()

    def write(handler: Any) -> None:
        ports.add(handler.client_address)
        handler.wfile.write(HEAD + b"Content-Length: 2\r\n\r\n{}")

    server.at["/a"] = write
    for _ in range(5):
        http.get(f"{server.origin}/a")
    assert len(ports) == 1


@pytest.mark.parametrize(
    "start",
    [b"", b"HTTP/1.1 200", HEAD, HEAD + b"Content-Length: 100\r\n\r\n{", HEAD + b"Connection: close\r\n\r\n{"],
    ids=["immediately", "in the status line", "in the headers", "in the body", "in a body without an end"],
)
def test_hanging_server_times_out(http: Http, server: Answering, start: bytes) -> None:
    server.hang("/a", start)
    assert seconds_until_timeout(http, f"{server.origin}/a") < WITHIN + ALLOWANCE


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 ",
        HEAD + b"X-Filler: ",
        HEAD + b"Content-Length: 1000000\r\n\r\n",
        HEAD + b"Connection: close\r\n\r\n",
    ],
    ids=["a status line", "a header", "a body", "a body without an end"],
)
def test_slowly_dripping_server_times_out(http: Http, server: Answering, start: bytes) -> None:
    server.drip("/a", start)
    assert seconds_until_timeout(http, f"{server.origin}/a") < WITHIN + ALLOWANCE


def test_host_with_many_unresponsive_addresses_times_out(monkeypatch: pytest.MonkeyPatch) -> None:
    # A listener with a full queue accepts no connection, as behind a firewall that drops packets.
    with socket.socket() as unresponsive, socket.socket() as first, socket.socket() as second:
        unresponsive.bind(("127.0.0.1", 0))
        unresponsive.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(unresponsive.getsockname())
        port = unresponsive.getsockname()[1]
        addresses = socket.getaddrinfo("127.0.0.1", port, type=socket.SOCK_STREAM) * 8
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: addresses)
        http = Http(Answering(port).cloud)
        assert seconds_until_timeout(http, f"http://localhost:{port}/a") < WITHIN + ALLOWANCE


def test_closed_port_raises_service_unavailable(server: Answering) -> None:
    port = free_port()
    with pytest.raises(ServiceUnavailable):
        Http(Answering(port).cloud).get(f"http://localhost:{port}/a")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_not_followed(http: Http, server: Answering, status: int) -> None:
    server.say("/a", b"", status, Location=f"{server.origin}/b")
    assert http.get(f"{server.origin}/a").status_code == status
    assert server.asked == ["/a"]


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:{port}/a",
        "http://localhost/a",
        "http://localhost:{port}@evil.example/a",
        "http://evil.example:{port}/a",
        "http://user@localhost:{port}/a",
        "http://localhost:{port}.evil.example/a",
        "http://169.254.169.254/metadata/instance",
        "file:///etc/passwd",
        "/a",
        "",
    ],
)
def test_unlisted_host_gets_no_request(http: Http, server: Answering, url: str) -> None:
    with pytest.raises(ServiceUnavailable):
        http.get(url.format(port=server.port))
    assert not server.asked


def test_real_cloud_gets_no_unencrypted_request() -> None:
    from app.entra.clouds import NATIONAL

    with pytest.raises(ServiceUnavailable, match="not a host of this cloud"):
        Http(NATIONAL["public"]).post("http://login.microsoftonline.com/tenant/oauth2/v2.0/token", data={"code": "c"})


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "packed"])
def test_oversized_response_is_rejected(http: Http, server: Answering, compressed: bool) -> None:
    body = b" " * (LARGEST_ANSWER + 1)
    if compressed:
        server.say("/a", gzip.compress(body), Content_Encoding="gzip")
    else:
        server.say("/a", body)
    with pytest.raises(ServiceUnavailable, match="too large"):
        http.get(f"{server.origin}/a")


def test_response_of_maximum_size_is_accepted(http: Http, server: Answering) -> None:
    server.say("/a", b" " * LARGEST_ANSWER)
    assert len(http.get(f"{server.origin}/a").text) == LARGEST_ANSWER


@pytest.mark.parametrize(
    "start",
    [
        HEAD + b"Content-Length: 10\r\nConnection: close\r\n\r\n{}",
        HEAD + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\nnope",
        HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
    ],
    ids=["cut off", "not gzip", "not chunks", "not HTTP", "no status"],
)
def test_invalid_http_raises_service_unavailable(http: Http, server: Answering, start: bytes) -> None:
    def write(handler: Any) -> None:
        handler.wfile.write(start)
        handler.close_connection = True

    server.at["/a"] = write
    with pytest.raises(ServiceUnavailable):
        http.get(f"{server.origin}/a")


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'"text"', *BAD_BYTES.values()], ids=["HTML", "a list", "a text", *BAD_BYTES]
)
def test_invalid_json_object_raises_invalid_response(http: Http, server: Answering, body: bytes) -> None:
    server.say("/a", body)
    with pytest.raises(InvalidResponse) as broken:
        http.get(f"{server.origin}/a").json_object()
    assert body.decode(errors="replace")[:50] not in str(broken.value) or not body


def test_errors_contain_nothing_of_the_request(http: Http, server: Answering) -> None:
    server.hang("/a")
    with pytest.raises(ServiceUnavailable) as unreachable:
        http.post(
            f"{server.origin}/a?code=the-code",
            data={"client_secret": "the-secret"},
            headers={"Authorization": "Bearer the-token"},
            within=0.1,
        )
    error = unreachable.value
    assert error.__cause__ is None
    assert error.__suppress_context__
    assert not any(word in repr(error) for word in ("the-code", "the-secret", "the-token"))


def test_every_request_is_observed_with_endpoint_status_and_duration(server: Answering) -> None:
    observed: list[tuple[str, int, float]] = []
    http = Http(server.cloud, observe=lambda *facts: observed.append(facts))
    server.say("/a", {}, 201)
    server.hang("/b")
    http.get(f"{server.origin}/a?secret=1")
    seconds_until_timeout(http, f"{server.origin}/b")
    host = f"localhost:{server.port}"
    assert [(endpoint, status) for endpoint, status, _ in observed] == [(f"{host}/a", 201), (f"{host}/b", 0)]
    assert all(0 < seconds < WITHIN + ALLOWANCE for *_, seconds in observed)


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("7", 7),
        ("0", 0),
        ("99999", 3600),
        ("9" * 5000, 3600),
        ("Wed, 21 Oct 2026 07:28:00 GMT", None),
        ("-1", None),
        ("1.5", None),
        ("²", None),
        ("", None),
    ],
    ids=lambda value: str(value)[:12],
)
def test_retry_after_is_parsed_and_capped(value: str, seconds: int | None) -> None:
    assert retry_after({"retry-after": value}) == seconds


def test_outbound_proxy_from_environment_is_used(server: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    logins: list[str] = []

    def write(handler: Any) -> None:
        logins.append(handler.headers["Proxy-Authorization"])
        handler.wfile.write(HEAD + b"Content-Length: 2\r\n\r\n{}")

    # A proxy receives the full URL, of which the server here uses the path.
    server.at["/a"] = write
    monkeypatch.setenv("HTTP_PROXY", f"http://name:word@localhost:{server.port}")
    beyond = Cloud("http://entra.example", "http://graph.example")
    assert Http(beyond).get("http://entra.example/a").json_object() == {}
    assert logins == ["Basic bmFtZTp3b3Jk"]
    monkeypatch.setenv("NO_PROXY", "entra.example")
    with pytest.raises(ServiceUnavailable):
        Http(beyond).get("http://entra.example/a", within=WITHIN)
