"""gunicorn: no connection stays unanswered when a node stops.

gunicorn's own worker stops accepting and finishes its requests, but the system accepts connections as long as any
worker holds the listening socket, and resets them when the last one closes it: a proxy then retries a GET elsewhere,
but not a POST. A stop lasts up to 20 seconds (`graceful_timeout`), and all that arrives meanwhile is lost. This worker
first serves the connections that arrived and refuses new ones at once, which a proxy can safely retry elsewhere. When a
single worker is replaced, the socket stays with the others.
"""

import mmap
import socket
from contextlib import suppress
from typing import Any

from gunicorn.workers.gthread import ThreadWorker

# One byte shared by all processes of this node: not 0 once it was told to stop.
_stopping = mmap.mmap(-1, 1)


class AnsweringWorker(ThreadWorker):
    def set_accept_enabled(self, enabled: bool) -> None:
        super().set_accept_enabled(enabled)
        if not self.alive and _stopping[0]:
            for listener in self.sockets:
                self._refuse_from_now_on(listener)

    def accept(self, listener: Any) -> None:
        try:
            super().accept(listener)
        except OSError:
            # Another worker has stopped before this one, and refuses connections for both.
            if not _stopping[0]:
                raise

    def _refuse_from_now_on(self, listener: Any) -> None:
        came = -1
        while self.nr_conns > came:
            came = self.nr_conns
            self.accept(listener)
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def tell_workers_of_stop(server: Any) -> None:
    """gunicorn has no hook for its own stop, and its workers get the same signal when one is replaced."""
    stop = server.stop

    def told_to_stop(graceful: bool = True) -> None:
        _stopping[0] = 1
        stop(graceful)

    server.stop = told_to_stop
