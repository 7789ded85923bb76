"""Error pages: what happened, and what to do. Never a stack trace."""

import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypedDict

import sqlalchemy.exc
import structlog
from flask import Flask, Response, jsonify, make_response, render_template, request, url_for
from werkzeug.exceptions import HTTPException

from app.core.encryption import DecryptionError
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.http.bodies import in_words
from app.http.rate_limits import LimitReached

REFERENCE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"  # pragma: allowlist secret
DATABASE_RETRY_SECONDS = 5
READ_ONLY = "25006"
"""PostgreSQL’s SQLSTATE for a write in a read-only transaction, as on a standby."""
RETRY = (429, 500, 502, 503)
UNDECRYPTABLE = N_(
    "Something that is stored encrypted can’t be decrypted on this server right now. Nothing is lost. Your operator "
    "finds the cause in the log."
)

log = structlog.get_logger(__name__)

Shape = Callable[[int, str | None], Response | None]
_shapes: dict[Shape, None] = {}


def shape_with(shape: Shape) -> None:
    """For the endpoints of a protocol whose errors have a form of their own: called with each error's status and
    message, and returns the response, or None for a request that isn't the protocol's.
    """
    _shapes[shape] = None


@dataclass(frozen=True)
class ErrorText:
    title: str
    message: str
    hint: str


class Resend(TypedDict):
    """A form that was rejected: what was typed, its action, and the page to return to after signing in."""

    typed: list[tuple[str, str]]
    action: str
    next: str


ERROR_TEXTS = {
    400: ErrorText(N_("Bad request"), N_("The request was incomplete or malformed."), N_("Go back and try again.")),
    401: ErrorText(N_("Please sign in again"), N_("You’ve been signed out."), N_("Sign in and try again.")),
    403: ErrorText(
        N_("You don’t have access"), N_("Your role doesn’t allow this."), N_("Ask an owner or admin of your company.")
    ),
    404: ErrorText(
        N_("Page not found"), N_("This page doesn’t exist, or you don’t have access."), N_("Check the address.")
    ),
    405: ErrorText(
        N_("Not possible here"), N_("This address can’t be used this way."), N_("Start from the home page.")
    ),
    413: ErrorText(
        N_("Too large"),
        N_("What you sent is larger than the limit."),
        N_("Go back and send less at once. Split a file, and import the parts one after another."),
    ),
    429: ErrorText(N_("Too many attempts"), N_("You’ve reached a limit."), N_("Try again in a minute.")),
    500: ErrorText(
        N_("Something went wrong"), N_("It’s nothing you did, and none of your data is lost."), N_("Try again.")
    ),
    503: ErrorText(
        N_("Temporarily unavailable"),
        N_("A service we need isn’t responding. Nothing is lost."),
        N_("Try again in a few seconds."),
    ),
}


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _expected)
    app.register_error_handler(sqlalchemy.exc.OperationalError, _database_gone)
    # Raised while a connection is prepared, where SQLAlchemy does not wrap it.
    app.register_error_handler(sqlite3.OperationalError, _database_gone)
    app.register_error_handler(sqlalchemy.exc.TimeoutError, _database_gone)
    app.register_error_handler(sqlalchemy.exc.InternalError, _database_refuses)
    app.register_error_handler(DecryptionError, _undecryptable)
    app.register_error_handler(Exception, _unexpected)


def new_reference() -> str:
    """An error reference for the person to quote; also in the audit log and the log."""
    return "PRT-" + "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(8))


def error_page(
    status: int,
    message: str | None = None,
    reference: str | None = None,
    hint: str | None = None,
    *,
    words: ErrorText | None = None,
    as_json: bool = False,
    resend: Resend | None = None,
) -> Response:
    """The page for a status; a client that accepts JSON gets JSON. `resend` is a form that can be sent again."""
    for shape in _shapes:
        if shaped := shape(status, message):
            return shaped
    words = words or ERROR_TEXTS.get(status, ERROR_TEXTS[400 if status < 500 else 500])
    title, message, hint = _(words.title), _(message or words.message), _(hint or words.hint)
    if request.is_json or as_json:
        plain = jsonify(error=f"http_{status}", title=title, person=f"{message} {hint}", reference=reference)
        return make_response(plain, status)
    page = render_template(
        "error.html",
        status=status,
        title=title,
        message=message,
        hint=hint,
        reference=reference,
        action=None if resend else _way_on(status),
        resend=resend,
    )
    return make_response(page, status)


def _way_on(status: int) -> dict[str, str]:
    """Where to go from an error page: its label and URL. Asks neither the database nor the session."""
    if status in RETRY and request.method in ("GET", "HEAD"):
        # An empty URL is this page's.
        return {"label": _("Try again"), "url": ""}
    if status == 401:
        return {"label": _("Sign in"), "url": url_for("login.page.find")}
    if status == 403:
        return {"label": _("Back to your account"), "url": url_for("overview.account.show")}
    return {"label": _("Go to the home page"), "url": url_for("overview.home.index")}


def _expected(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    if isinstance(error, LimitReached):
        return error.answer(error_page(429, error.description, hint=error.hint))
    status = error.code or 500
    message = error.description if status == 400 and "description" in vars(error) else None
    if status == 413:
        message = _("The limit is %(size)s.", size=in_words(request.max_content_length or 0))
    return error_page(status, message)


def _database_gone(error: Exception) -> Response:
    log.error("database_unavailable", kind=type(error).__name__)
    response = error_page(503)
    response.headers["Retry-After"] = str(DATABASE_RETRY_SECONDS)
    return response


def _database_refuses(error: sqlalchemy.exc.InternalError) -> Response:
    """A read-only database node, as after a failover, counts as unavailable."""
    is_read_only = getattr(error.orig, "sqlstate", None) == READ_ONLY
    return _database_gone(error) if is_read_only else _unexpected(error)


def _undecryptable(error: DecryptionError) -> Response:
    """A value in the database can't be decrypted. Values from visitors are handled where they are read. Another node
    may have the key.
    """
    reference = new_reference()
    log.error(
        "stored_secret_undecryptable", place=error.associated_data, key=error.key, why=str(error), reference=reference
    )
    response = error_page(503, UNDECRYPTABLE, reference)
    response.headers["Retry-After"] = str(DATABASE_RETRY_SECONDS)
    return response


def _unexpected(error: Exception) -> Response:
    reference = new_reference()
    log.exception("unexpected_error", reference=reference)
    return error_page(500, reference=reference)
