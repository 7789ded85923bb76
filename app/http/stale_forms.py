"""Handles a form that is older than the session: shows the form's page again, with a message and what was typed.

A form becomes stale if its browser signed in again or switched to another company since, lost its cookie, or was
signed out. Nothing was done; a plain error page would lose what was typed, and its reload would send the same request
again.
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from flask import Flask, current_app, flash, redirect, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException, Unauthorized
from werkzeug.routing import RequestRedirect
from werkzeug.wrappers import Response

from app.core.text import gettext_noop as N_
from app.core.text import isolate
from app.core.translation import gettext as _
from app.http.access import is_public
from app.http.csrf import HEADER, SAFE_METHODS, SESSION_HEADER, ForeignForm, StaleForm, comes_from_our_page
from app.http.current import current, is_signed_in
from app.http.errors import ERROR_TEXTS, ErrorText, error_page
from app.http.form_filling import fill, typed_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

SENTENCE = N_("This page was out of date, so nothing was sent. Check it, then send it again.")
SENTENCE_OF_COMPANY = N_(
    "This page was out of date, so nothing was sent. You’re now at %(company)s. Check the page, then send it again."
)
NOW_AT = N_("You’re now at %(company)s, so nothing was sent.")
STALE = ErrorText(
    N_("This page expired"),
    N_("You signed in or out since you opened it, so nothing was sent."),
    N_("Reload and try again."),
)
FOREIGN = ErrorText(
    N_("This form can’t be accepted"),
    N_("It expired, or it was sent from another website, so nothing was changed."),
    N_("Open the page here, then fill in its form again."),
)
SHOWN_INSTEAD = "portico.shown_instead"
IS_SHOWN_AGAIN = "portico.is_shown_again"


def init_app(app: Flask) -> None:
    app.register_error_handler(StaleForm, _stale)
    app.register_error_handler(ForeignForm, _foreign)
    app.register_error_handler(Unauthorized, _signed_out)
    app.before_request(_say_so)
    app.wsgi_app = _Showing(app.wsgi_app)  # type: ignore[method-assign]


def _stale(error: StaleForm) -> Response:
    if request.is_json or _is_fetch():
        now_at = _(NOW_AT, company=isolate(current().company_name)) if is_signed_in() else None
        return error_page(403, now_at, words=STALE, as_json=True)
    if request.method in SAFE_METHODS:
        _say_out_of_date()
        return redirect(_page_of_form()[0], 303)
    if not is_signed_in() and not is_public():
        return _signed_out(Unauthorized())
    request.environ[SHOWN_INSTEAD] = _page_of_form(), request.path, typed_of(request.form)
    return Response(status=403)


def _is_fetch() -> bool:
    by_script = HEADER in request.headers or SESSION_HEADER in request.headers
    return by_script or request.headers.get("Sec-Fetch-Mode", "navigate") != "navigate"


def _foreign(error: ForeignForm) -> Response:
    return error_page(403, words=FOREIGN)


def _signed_out(error: Unauthorized) -> Response:
    """The form can't be shown to a visitor who is signed out; what was typed stays in this page until they sign in
    again.
    """
    typed = typed_of(request.form) if comes_from_our_page() else MultiDict()
    path, query = _page_of_form()
    return error_page(
        401,
        words=ERROR_TEXTS[401],
        resend={
            "typed": list(typed.items(multi=True)),
            "action": request.path,
            "next": f"{path}?{query}" if query else path,
        },
    )


def _say_so() -> None:
    if IS_SHOWN_AGAIN in request.environ:
        _say_out_of_date()


def _say_out_of_date() -> None:
    words = _(SENTENCE_OF_COMPANY, company=isolate(current().company_name)) if is_signed_in() else _(SENTENCE)
    flash(words, "warning")


def _page_of_form() -> tuple[str, str]:
    """Path and query of the page with the form: where it was sent from, or the nearest page above its URL."""
    came_from = urlsplit(request.referrer or "")
    if f"{came_from.scheme}://{came_from.netloc}" == current_app.config["BASE_URL"] and _is_page(came_from.path):
        return came_from.path, came_from.query
    path = request.path
    while path != "/" and not _is_page(path):
        path = path.rpartition("/")[0] or "/"
    return path, ""


def _is_page(path: str) -> bool:
    """Microsoft's responses arrive by GET, too, and are not pages to return to."""
    try:
        endpoint, _ = current_app.url_map.bind("").match(path, method="GET")
    except (HTTPException, RequestRedirect):
        return False
    return not str(endpoint).endswith("callback")


class _Showing:
    """WSGI middleware that requests a stale form's page from the application within the same request."""

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] != "POST":
            return self._inner(environ, start_response)
        before = environ.copy()
        started: list[Any] = []

        def hold(*response: Any) -> Callable[[bytes], object]:
            started[:] = response
            return lambda data: None

        body = self._inner(environ, hold)
        if SHOWN_INSTEAD not in environ:
            start_response(*started)
            return body
        if close := getattr(body, "close", None):
            close()
        return self._page_again(before, *environ[SHOWN_INSTEAD])(before, start_response)

    def _page_again(
        self, environ: WSGIEnvironment, page: tuple[str, str], action: str, typed: MultiDict[str, str]
    ) -> Response:
        path, query = page
        for name in ("CONTENT_TYPE", "CONTENT_LENGTH", "REQUEST_URI", "RAW_URI"):
            environ.pop(name, None)
        changes = {"REQUEST_METHOD": "GET", "PATH_INFO": path, "QUERY_STRING": query, "wsgi.input": io.BytesIO()}
        response = Response.from_app(self._inner, {**environ, **changes, IS_SHOWN_AGAIN: True}, buffered=True)
        if response.status_code == 200 and response.mimetype == "text/html":
            response.set_data(fill(response.get_data(as_text=True), path, action, typed))
            response.status_code = 403
        return response
