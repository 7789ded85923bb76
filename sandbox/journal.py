"""A log of requests to the sandbox, so that tests can count them; never a secret, code or token."""

import threading
import time
from collections import deque
from typing import Any

from flask import Request, Response, g

LENGTH = 5000


class Journal:
    """The last requests, oldest first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._entries: deque[dict[str, Any]] = deque(maxlen=LENGTH)

    def write(self, request: Request, response: Response) -> None:
        """Adds a request, unless it is for the sandbox's own pages, API or files."""
        kind = (request.endpoint or "").rpartition(".")[2]
        if request.path.startswith("/sandbox") or kind in ("", "home"):
            return
        entry = {
            "at": round(time.time(), 3),
            "method": request.method,
            "path": request.path,
            "kind": kind,
            "tenant": (request.view_args or {}).get("tenant"),
            "origin": request.headers.get("Origin"),
            "status": response.status_code,
            **g.get("journal", {}),
        }
        with self._lock:
            self._entries.append(entry)

    def entries(self) -> list[dict[str, Any]]:
        """A copy."""
        with self._lock:
            return list(self._entries)

    def clear(self) -> None:
        """Deletes all entries."""
        with self._lock:
            self._entries.clear()


def note(**facts: Any) -> None:
    """Adds facts to this request's entry: the grant type, the kind of client authentication, the tenant's GUID."""
    g.setdefault("journal", {}).update(facts)
