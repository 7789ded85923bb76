"""The response with a photo, or with initials in its place."""

import re
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


VERSION = re.compile(r"[0-9a-f]{16}")


def unchanged(seconds: int) -> Response | None:
    """304 if the browser has what the URL names by its version, which always looks the same; nothing is read for it."""
    version, known = request.args.get("v", ""), request.if_none_match
    if known.star_tag or version not in known or not VERSION.fullmatch(version):
        return None
    response = Response(status=304, headers={"Cache-Control": _kept(seconds)})
    response.set_etag(version)
    return response


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
    response.headers["Cache-Control"] = _kept(seconds) if request.args.get("v") == version else "private, no-cache"
    response.set_etag(version)
    return response.make_conditional(request)


def _kept(seconds: int) -> str:
    return f"private, max-age={seconds}, immutable"
