"""Pages for what went wrong: what happened, and what to do. Never a stack trace."""

import secrets
import sqlite3
from dataclasses import dataclass

import psycopg.errors
import sqlalchemy.exc
import structlog
from flask import Flask, Response, jsonify, make_response, render_template, request
from flask_wtf.csrf import CSRFError
from werkzeug.exceptions import HTTPException

from app.sealing import Unsealable

REFERENCE_ALPHABET = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
DATABASE_RETRY_SECONDS = 5
UNDECRYPTABLE = (
    "Something that is stored encrypted can’t be decrypted on this server just now. Nothing is lost. The operator of "
    "this installation finds the cause in the log."
)

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Words:
    title: str
    message: str
    mend: str


WORDS = {
    400: Words("We couldn't understand that", "The request was incomplete or malformed.", "Go back and try once more."),
    401: Words("Please sign in again", "You are not signed in any more.", "Sign in, then do it again."),
    403: Words(
        "That's not allowed",
        "You don't have the rights for this, or the page was open for too long.",
        "Reload the page and try once more, or ask an owner or admin of your company.",
    ),
    404: Words("Nothing here", "There is no such page, or it is not yours to see.", "Check the address."),
    405: Words("That's not possible here", "This address can't be used that way.", "Start from the home page."),
    413: Words("That's too large", "What you sent is larger than we take.", "Send less at once."),
    429: Words(
        "Too many tries", "There were too many requests from your network.", "Wait for a minute, then try once more."
    ),
    500: Words("Something broke on our side", "It's not your fault, and nothing of yours is lost.", "Try once more."),
    503: Words(
        "Back in a moment",
        "A part that we need doesn't answer just now. Nothing is lost.",
        "Try again in a few seconds.",
    ),
}


def init_app(app: Flask) -> None:
    app.register_error_handler(HTTPException, _expected)
    app.register_error_handler(sqlalchemy.exc.OperationalError, _database_gone)
    # Raised while a connection is prepared, where SQLAlchemy does not wrap it.
    app.register_error_handler(sqlite3.OperationalError, _database_gone)
    app.register_error_handler(sqlalchemy.exc.TimeoutError, _database_gone)
    app.register_error_handler(sqlalchemy.exc.InternalError, _database_refuses)
    app.register_error_handler(Unsealable, _undecryptable)
    app.register_error_handler(Exception, _unexpected)


def new_reference() -> str:
    """What a person is told to quote; stands in the history and the log, too."""
    return "PRT-" + "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(8))


def error_page(status: int, message: str | None = None, reference: str | None = None) -> Response:
    """The page for a status; whoever speaks JSON gets the same in JSON."""
    words = WORDS.get(status, WORDS[400 if status < 500 else 500])
    message = message or words.message
    if request.is_json:
        plain = jsonify(
            error=f"http_{status}", title=words.title, person=f"{message} {words.mend}", reference=reference
        )
        return make_response(plain, status)
    page = render_template(
        "error.html",
        status=status,
        title=words.title,
        message=message,
        mend=words.mend,
        reference=reference,
        action=None,
    )
    return make_response(page, status)


def _expected(error: HTTPException) -> Response:
    if error.response is not None:
        return make_response(error.response)
    status = 403 if isinstance(error, CSRFError) else error.code or 500
    response = error_page(status, error.description if status == 400 and "description" in vars(error) else None)
    if status == 429:
        response.headers["Retry-After"] = "60"
    return response


def _database_gone(error: Exception) -> Response:
    log.error("database_unavailable", kind=type(error).__name__)
    response = error_page(503)
    response.headers["Retry-After"] = str(DATABASE_RETRY_SECONDS)
    return response


def _database_refuses(error: sqlalchemy.exc.InternalError) -> Response:
    """A node of the database that only takes reads, as after a failover, is as good as gone."""
    is_read_only = isinstance(error.orig, psycopg.errors.ReadOnlySqlTransaction)
    return _database_gone(error) if is_read_only else _unexpected(error)


def _undecryptable(error: Unsealable) -> Response:
    """Something in the database can't be decrypted, whichever column it is in. What visitors send is dealt with where
    it is read. Another node may have the key."""
    reference = new_reference()
    log.error("stored_secret_undecryptable", place=error.place, key=error.key, why=str(error), reference=reference)
    response = error_page(503, UNDECRYPTABLE, reference)
    response.headers["Retry-After"] = str(DATABASE_RETRY_SECONDS)
    return response


def _unexpected(error: Exception) -> Response:
    reference = new_reference()
    log.exception("unexpected_error", reference=reference)
    return error_page(500, reference=reference)
