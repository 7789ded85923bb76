"""Limits of request bodies: declared by the route, known before anything reads."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any, cast

from flask import Flask, Request, abort, request
from werkzeug.utils import cached_property

from app.core.patches.werkzeug_chunked_body import UncutStream
from app.http.access import LARGEST_BODY, Access, route_of_request
from app.http.current import is_signed_in

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

MOST_DRAINED = 64 * 1024 * 1024
DRAIN_SECONDS = 20.0
PIECE = 64 * 1024


class SizedRequest(Request):
    """Reads at most what its route allows, whichever code accesses a form first."""

    @property
    def max_content_length(self) -> int | None:
        route = route_of_request()
        return route.largest_body if route else LARGEST_BODY

    @max_content_length.setter
    def max_content_length(self, value: int | None) -> None:
        raise AttributeError("the largest body is a mark of the route, in app/urls.py")

    @cached_property
    def stream(self) -> IO[bytes]:
        if self.content_length is None and self.environ.get("wsgi.input_terminated"):
            return cast(IO[bytes], UncutStream(self.environ["wsgi.input"], self.max_content_length or 0, is_max=True))
        return super().stream


def init_app(app: Flask) -> None:
    app.request_class = SizedRequest
    app.wsgi_app = _drained(app.wsgi_app)  # type: ignore[method-assign, assignment]


def refuse_large() -> None:
    """Runs before the first read: a body that is too large, or large and sent by a visitor who is not signed in, is not
    read.
    """
    length, largest = request.content_length or 0, request.max_content_length or LARGEST_BODY
    if length > largest:
        abort(413)
    is_large = length > LARGEST_BODY or "Transfer-Encoding" in request.headers
    route = route_of_request()
    if is_large and route is not None and route.access is not Access.PUBLIC and not is_signed_in():
        abort(401)


def in_words(largest: int) -> str:
    return f"{largest // (1024 * 1024)} MB"


def _drained(inner: WSGIApplication) -> WSGIApplication:
    """Reads the rest of a body before the response is sent: a connection closed with unread data is reset, and the
    browser would show that instead of the response.
    """

    def answered(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        answer = inner(environ, start_response)
        # Only if the server ends the body by itself, as gunicorn does; otherwise a read would block forever.
        if environ.get("wsgi.input_terminated") and environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            _drain(environ["wsgi.input"])
        return answer

    return answered


def _drain(body: Any) -> None:
    left, ends = MOST_DRAINED, time.monotonic() + DRAIN_SECONDS
    try:
        while left > 0 and time.monotonic() < ends and (piece := body.read(PIECE)):
            left -= len(piece)
    except Exception:  # noqa: S110 - the server's own kinds: the visitor is gone, or sent nonsense; the answer is ready
        pass
