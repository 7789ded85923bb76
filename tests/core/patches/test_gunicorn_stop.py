"""A worker that stops while a connection waits to be accepted: gunicorn's own worker resets it, ours answers it."""

import os
import selectors
import socket
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.sock import create_sockets
from gunicorn.workers.gthread import ThreadWorker

from app.core.patches import gunicorn_stop
from app.core.patches.gunicorn_stop import AnsweringWorker

SECONDS = 20


def hello(_environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Length", "5")])
    return [b"hello"]


def answer_of_stopping(worker_class: type[ThreadWorker]) -> bytes:
    """The response to a request that arrived just before the stop. Raises ConnectionResetError."""
    settings = Config()
    settings.set("bind", "127.0.0.1:0")
    settings.set("graceful_timeout", SECONDS)
    listeners = create_sockets(settings, Logger(settings))
    with socket.create_connection(listeners[0].getsockname(), timeout=SECONDS) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        worker = worker_class(0, os.getppid(), listeners, None, SECONDS, settings, Logger(settings))
        worker.wsgi = hello
        worker.tpool, worker.poller = worker.get_thread_pool(), selectors.DefaultSelector()
        worker.method_queue.init()
        worker.alive = False
        worker.run()
        worker.tmp.close()
        return client.recv(65536)


def test_gunicorns_own_worker_resets_unaccepted_connection() -> None:
    with pytest.raises(ConnectionResetError):
        answer_of_stopping(ThreadWorker)


def test_our_stopping_worker_answers_unaccepted_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gunicorn_stop, "_stopping", b"\1")
    assert answer_of_stopping(AnsweringWorker).startswith(b"HTTP/1.1 200")
