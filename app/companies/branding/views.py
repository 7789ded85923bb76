"""A company's images and colors, as its public login page has them."""

import re

from flask import abort, make_response
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.companies.branding import queries
from app.companies.branding.stylesheet import stylesheet as stylesheet_of
from app.http.page_company import STYLE_VERSION

HASH = re.compile(r"[0-9a-f]{64}")
COLORS = re.compile(r"([0-9a-f]{6})-([0-9a-f]{6})")
CACHED = "public, max-age=31536000, immutable"


def image(image_hash: str) -> ResponseReturnValue:
    """An image by the hash of its content. Emails have the logo attached."""
    found = queries.image(image_hash) if HASH.fullmatch(image_hash) else None
    if found is None:
        abort(404)
    return _cached(found.content, found.mime_type)


def stylesheet(version: str, colors: str) -> ResponseReturnValue:
    """The style sheet of an accent color, which needs no company: the URL has all that it is made of."""
    named = COLORS.fullmatch(colors)
    text = stylesheet_of(f"#{named[1]}", f"#{named[2]}") if named and version == STYLE_VERSION else None
    if text is None:
        abort(404)
    return _cached(text.encode(), "text/css")


def _cached(content: bytes, mime_type: str) -> Response:
    response = make_response(content)
    response.mimetype = mime_type
    response.headers["Cache-Control"] = CACHED
    return response
