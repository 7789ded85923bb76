"""A keep-alive client in its own process: `python -m bench.client`, with a `Load` as JSON on its standard input.

It sends the same few requests repeatedly and checks only the status and the length, so that it leaves the
processor to the server.
"""

import json
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

COOKIE = re.compile(rb"(?i)\r\nset-cookie: ([^=]+=[^;]*)")


@dataclass(frozen=True)
class Load:
    port: int
    paths: list[str]
    """Requested in turn."""
    count: int
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    connections: int = 4
    cookies: list[str] = field(default_factory=list)
    """One for each path; empty for anonymous requests."""
    bodies: list[str] = field(default_factory=list)
    """Forms to post, one for each path; empty for GET."""


@dataclass(frozen=True)
class Timing:
    """The measured times of a load."""

    seconds: float
    latencies: list[float]
    """Of each request, seconds."""


def send(load: Load) -> Timing:
    """Runs the load in its own process. Raises subprocess.CalledProcessError if a response had another status."""
    return run_apart("bench.client", asdict(load))


def run_apart(module: str, work: dict[str, Any]) -> Timing:
    """Runs a module as a process, with the work as JSON on its standard input, and reads a `Timing` from its output.

    Raises subprocess.CalledProcessError if it failed; it printed the reason.
    """
    done = subprocess.run(  # noqa: S603 - our own modules
        [sys.executable, "-m", module],
        input=json.dumps(work),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=600,
    )
    return Timing(**json.loads(done.stdout))


def run_threads(run: Callable[[int, list[float]], None], count: int) -> None:
    """What such a process does: `run` in `count` threads at once, each with its number and the list to which it adds
    latencies. Prints the `Timing`; ends the process with an error if one of them raised.
    """
    latencies: list[float] = []
    failed: list[BaseException] = []

    def guarded(place: int) -> None:
        try:
            run(place, latencies)
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=guarded, args=(place,)) for place in range(count)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        sys.exit(repr(failed[0]))
    json.dump(asdict(Timing(time.perf_counter() - began, latencies)), sys.stdout)


class Connection:
    """A persistent connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left = b""

    def ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Status, head and body of the response."""
        self._socket.sendall(request)
        answer = self._left
        while (end := answer.find(b"\r\n\r\n")) < 0:
            answer += self._more()
        head, status = answer[:end], int(answer[9:12])
        size = 0
        if status not in (204, 304):
            place = head.lower().index(b"content-length:") + 15
            size = int(head[place:].split(b"\r\n", 1)[0])
        body = answer[end + 4 :]
        while len(body) < size:
            body += self._more()
        self._left = body[size:]
        return status, head, body[:size]

    def close(self) -> None:
        self._socket.close()

    def _more(self) -> bytes:
        piece = self._socket.recv(65536)
        if not piece:
            raise ConnectionError("the server closed the connection")
        return piece


def requests_of(load: Load) -> list[bytes]:
    """The request for each path."""
    head = [f"{name}: {value}" for name, value in load.headers.items()]
    cookies = [[f"Cookie: {one}"] for one in load.cookies] or [[]] * len(load.paths)
    if load.bodies:
        head.append("Content-Type: application/x-www-form-urlencoded")
    forms = [[f"Content-Length: {len(body)}", "", body] for body in load.bodies] or [["", ""]] * len(load.paths)
    method = "POST" if load.bodies else "GET"
    return [
        "\r\n".join([f"{method} {path} HTTP/1.1", *head, *cookie, *form]).encode()
        for path, cookie, form in zip(load.paths, cookies, forms, strict=True)
    ]


def _main() -> None:
    load = Load(**json.loads(sys.stdin.read()))
    requests = requests_of(load)
    share = load.count // load.connections

    def run(place: int, latencies: list[float]) -> None:
        connection = Connection(load.port)
        for number in range(place * share, (place + 1) * share):
            began = time.perf_counter()
            status, _head, body = connection.ask(requests[number % len(requests)])
            latencies.append(time.perf_counter() - began)
            if status != load.status:
                raise ConnectionError(f"{load.paths[number % len(requests)]} answered {status}: {body[:500]!r}")
        connection.close()

    run_threads(run, load.connections)


if __name__ == "__main__":
    _main()
