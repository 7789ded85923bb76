"""A keep-alive client in a process of its own: `python -m bench.client`, a `Load` as JSON on its standard input.

It sends the same bytes again and again and looks at nothing but the status and the length, so that it leaves the
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
    path: str
    count: int
    headers: dict[str, str] = field(default_factory=dict)
    status: int = 200
    connections: int = 4


@dataclass(frozen=True)
class Taken:
    """What one load took."""

    seconds: float
    latencies: list[float]
    """Of each request, seconds."""


def send(load: Load) -> Taken:
    """Runs the load in a process of its own. Raises subprocess.CalledProcessError when an answer was not as wanted."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.client"],
        input=json.dumps(asdict(load)),
        stdout=subprocess.PIPE,
        text=True,
        check=True,
        timeout=300,
    )
    return Taken(**json.loads(done.stdout))


class Connection:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._left = b""

    def ask(self, request: bytes) -> tuple[int, bytes, bytes]:
        """Status, head and body of the answer."""
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
            raise ConnectionError("the server hung up")
        return piece


def _main() -> None:
    load = Load(**json.loads(sys.stdin.read()))
    lines = [f"GET {load.path} HTTP/1.1", *(f"{name}: {value}" for name, value in load.headers.items())]
    request = "\r\n".join([*lines, "", ""]).encode()
    latencies: list[float] = []
    failed: list[str] = []

    def run(count: int) -> None:
        try:
            connection = Connection(load.port)
            for _ in range(count):
                began = time.perf_counter()
                status, _head, _body = connection.ask(request)
                latencies.append(time.perf_counter() - began)
                if status != load.status:
                    raise ConnectionError(f"{load.path} answered {status}")
            connection.close()
        except OSError as error:
            failed.append(str(error))

    share = load.count // load.connections
    threads = [threading.Thread(target=run, args=(share,)) for _ in range(load.connections)]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failed:
        sys.exit(failed[0])
    json.dump(asdict(Taken(time.perf_counter() - began, latencies)), sys.stdout)


if __name__ == "__main__":
    _main()
