"""A keep-alive client in its own process: `python -m bench.client`, with a `Load` as JSON on its standard input.

It sends the same few requests repeatedly and checks only the status and the length, so that it leaves the
processor to the server.
"""

import json
import socket
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass, field


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


@dataclass(frozen=True)
class Timing:
    """The measured times of a load."""

    seconds: float
    latencies: list[float]
    """Of each request, seconds."""


def send(load: Load) -> Timing:
    """Runs the load in its own process. Raises subprocess.CalledProcessError if a response had another status."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.client"],
        input=json.dumps(asdict(load)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=300,
    )
    return Timing(**json.loads(done.stdout))


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
        if status != 304:
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


def _requests(load: Load) -> list[bytes]:
    """The request for each path."""
    head = [f"{name}: {value}" for name, value in load.headers.items()]
    cookies = [[f"Cookie: {one}"] for one in load.cookies] or [[]] * len(load.paths)
    return [
        "\r\n".join([f"GET {path} HTTP/1.1", *head, *cookie, "", ""]).encode()
        for path, cookie in zip(load.paths, cookies, strict=True)
    ]


def _main() -> None:
    load = Load(**json.loads(sys.stdin.read()))
    requests = _requests(load)
    share = load.count // load.connections
    latencies: list[float] = []
    failed: list[str] = []

    def run(place: int) -> None:
        try:
            connection = Connection(load.port)
            for number in range(place * share, (place + 1) * share):
                began = time.perf_counter()
                status, _head, _body = connection.ask(requests[number % len(requests)])
                latencies.append(time.perf_counter() - began)
                if status != load.status:
                    raise ConnectionError(f"{load.paths[number % len(requests)]} answered {status}")
            connection.close()
        except OSError as error:
            failed.append(str(error))

    threads = [threading.Thread(target=run, args=(place,)) for place in range(load.connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        sys.exit(failed[0])
    json.dump(asdict(Timing(time.perf_counter() - began, latencies)), sys.stdout)


if __name__ == "__main__":
    _main()
