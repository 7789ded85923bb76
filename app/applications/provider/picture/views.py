"""A person's photo for an application, whose pages show it: at an address that can't be guessed, without a session."""

from flask import Response, abort
from flask.typing import ResponseReturnValue

from app.applications.grants import queries
from app.people import avatars

CACHED_SECONDS = 3600


def show(token: str) -> ResponseReturnValue:
    content = queries.picture(token)
    if content is None:
        abort(404)
    response = Response(content, mimetype=avatars.MIME_TYPE)
    response.cache_control.private, response.cache_control.max_age = True, CACHED_SECONDS
    response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
    return response
