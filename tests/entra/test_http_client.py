"""The HTTP client for Microsoft: it ends in time, goes nowhere else, and tells nothing."""

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

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
WITHIN = 0.4
AND_A_LITTLE = 0.6
"""What a busy machine may add."""


def gives_up(http: Http, url: str) -> float:
    """Seconds until Unreachable was raised."""
    began = time.monotonic()
    with pytest.raises(ServiceUnavailable):
        http.get(url, within=WITHIN)
    return time.monotonic() - began


def test_an_answer_is_read_whole(http: Http, server: Answering) -> None:
    server.say("/a", {"name": "Zoë"}, X_Name="Value")
    answer = http.get(f"{server.origin}/a")
    assert (answer.status_code, answer.json_object()) == (200, {"name": "Zoë"})
    assert answer.headers["x-name"] == "Value"


def test_the_connection_is_kept_for_the_next_request(http: Http, server: Answering) -> None:
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
    ids=["at once", "in the status line", "in the headers", "in the body", "in a body without an end"],
)
def test_a_server_that_hangs_is_given_up_in_time(http: Http, server: Answering, start: bytes) -> None:
    server.hang("/a", start)
    assert gives_up(http, f"{server.origin}/a") < WITHIN + AND_A_LITTLE


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
def test_a_server_that_drips_is_given_up_in_time(http: Http, server: Answering, start: bytes) -> None:
    server.drip("/a", start)
    assert gives_up(http, f"{server.origin}/a") < WITHIN + AND_A_LITTLE


def test_a_host_with_many_deaf_addresses_is_given_up_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    # A listener whose queue is full takes no connection, as behind a firewall that drops what it does not like.
    with socket.socket() as deaf, socket.socket() as first, socket.socket() as second:
        deaf.bind(("127.0.0.1", 0))
        deaf.listen(0)
        for filler in (first, second):
            filler.setblocking(False)
            filler.connect_ex(deaf.getsockname())
        port = deaf.getsockname()[1]
        addresses = socket.getaddrinfo("127.0.0.1", port, type=socket.SOCK_STREAM) * 8
        monkeypatch.setattr(socket, "getaddrinfo", lambda *_args, **_options: addresses)
        http = Http(Answering(port).cloud)
        assert gives_up(http, f"http://localhost:{port}/a") < WITHIN + AND_A_LITTLE


def test_a_closed_port_is_unreachable(server: Answering) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(ServiceUnavailable):
        Http(Answering(port).cloud).get(f"http://localhost:{port}/a")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(http: Http, server: Answering, status: int) -> None:
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
def test_nothing_is_sent_to_a_host_that_is_not_on_the_list(http: Http, server: Answering, url: str) -> None:
    with pytest.raises(ServiceUnavailable):
        http.get(url.format(port=server.port))
    assert not server.asked


def test_a_plain_request_is_never_sent_to_a_real_cloud() -> None:
    from app.entra.clouds import NATIONAL

    with pytest.raises(ServiceUnavailable, match="not a host of this cloud"):
        Http(NATIONAL["public"]).post("http://login.microsoftonline.com/tenant/oauth2/v2.0/token", data={"code": "c"})


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "packed"])
def test_an_answer_that_is_too_large_is_dropped(http: Http, server: Answering, packed: bool) -> None:
    body = b" " * (LARGEST_ANSWER + 1)
    if packed:
        server.say("/a", gzip.compress(body), Content_Encoding="gzip")
    else:
        server.say("/a", body)
    with pytest.raises(ServiceUnavailable, match="too large"):
        http.get(f"{server.origin}/a")


def test_an_answer_of_just_the_largest_size_is_taken(http: Http, server: Answering) -> None:
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
def test_what_is_no_http_is_unreachable(http: Http, server: Answering, start: bytes) -> None:
    def write(handler: Any) -> None:
        handler.wfile.write(start)
        handler.close_connection = True

    server.at["/a"] = write
    with pytest.raises(ServiceUnavailable):
        http.get(f"{server.origin}/a")


@pytest.mark.parametrize(
    "body", [b"<html>", b"[]", b'"text"', *BAD_BYTES.values()], ids=["HTML", "a list", "a text", *BAD_BYTES]
)
def test_what_is_no_json_object_is_a_broken_answer(http: Http, server: Answering, body: bytes) -> None:
    server.say("/a", body)
    with pytest.raises(InvalidResponse) as broken:
        http.get(f"{server.origin}/a").json_object()
    assert body.decode(errors="replace")[:50] not in str(broken.value) or not body


def test_no_error_names_what_was_sent(http: Http, server: Answering) -> None:
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


def test_every_request_is_told_of_with_its_endpoint_status_and_time(server: Answering) -> None:
    told: list[tuple[str, int, float]] = []
    http = Http(server.cloud, observe=lambda *facts: told.append(facts))
    server.say("/a", {}, 201)
    server.hang("/b")
    http.get(f"{server.origin}/a?secret=1")
    gives_up(http, f"{server.origin}/b")
    host = f"localhost:{server.port}"
    assert [(endpoint, status) for endpoint, status, _ in told] == [(f"{host}/a", 201), (f"{host}/b", 0)]
    assert all(0 < seconds < WITHIN + AND_A_LITTLE for *_, seconds in told)


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
def test_a_time_to_wait_is_read_and_has_a_limit(value: str, seconds: int | None) -> None:
    assert retry_after({"retry-after": value}) == seconds


def test_an_outbound_proxy_of_the_environments_is_used(server: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    logins: list[str] = []

    def write(handler: Any) -> None:
        logins.append(handler.headers["Proxy-Authorization"])
        handler.wfile.write(HEAD + b"Content-Length: 2\r\n\r\n{}")

    # A proxy is asked for the whole address, which the server here takes apart as it does a path.
    server.at["/a"] = write
    monkeypatch.setenv("HTTP_PROXY", f"http://name:word@localhost:{server.port}")
    beyond = Cloud("http://entra.example", "http://graph.example")
    assert Http(beyond).get("http://entra.example/a").json_object() == {}
    assert logins == ["Basic bmFtZTp3b3Jk"]
    monkeypatch.setenv("NO_PROXY", "entra.example")
    with pytest.raises(ServiceUnavailable):
        Http(beyond).get("http://entra.example/a", within=WITHIN)
