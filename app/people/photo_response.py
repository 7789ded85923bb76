"""The response with a photo, or with initials in its place."""

from typing import Protocol

from flask import make_response, render_template, request
from werkzeug.wrappers import Response

from app.people import avatars


class Shown(Protocol):
    """Of a person or an application."""

    @property
    def name(self) -> str: ...
    @property
    def hash(self) -> str | None: ...
    @property
    def content(self) -> bytes | None: ...


def photo_response(found: Shown, seconds: int) -> Response:
    """The photo, or the initials as one; cached for so many seconds if the URL has its version."""
    if found.content is not None:
        response = make_response(found.content)
        response.mimetype = avatars.MIME_TYPE
    else:
        drawn = render_template(
            "people/initials.svg", letters=avatars.initials(found.name), tone=avatars.tone(found.name)
        )
        response = make_response(drawn)
        response.mimetype = "image/svg+xml"
    version = avatars.version(found.hash, found.name)
    kept = f"max-age={seconds}, immutable" if request.args.get("v") == version else "no-cache"
    response.headers["Cache-Control"] = f"private, {kept}"
    response.set_etag(version)
    return response.make_conditional(request)
