"""Ports for servers that tests and benchmarks start: python tests/ports.py prints one."""

import os
import secrets
import socket
import sys
from collections.abc import Iterator

FIRST = 10_000
"""All are below 32768, where Linux's range for outgoing connections begins: those take ports at any time."""
PER_PROCESS = 1000


def free_port() -> int:
    """Returns a port on which nothing listens, and which no other test process gets."""
    return next(port for port in _ports if _is_free(port))


def _own_ports() -> Iterator[int]:
    """This process's ports in turn, from a random one on: another run may use the same ones."""
    worker = os.environ.get("PYTEST_XDIST_WORKER", "")
    first = FIRST + PER_PROCESS * (1 + int(worker.removeprefix("gw")) if worker else 0)
    number = secrets.randbelow(PER_PROCESS)
    while True:
        yield first + number
        number = (number + 1) % PER_PROCESS


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As servers do: connections of a closed one may linger.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


_ports = _own_ports()

if __name__ == "__main__":
    sys.stdout.write(f"{free_port()}\n")
