"""The guides as pages. They are the same for everyone, and public: some describe what to do before a first sign-in."""

from flask import Response, abort, render_template
from flask.typing import ResponseReturnValue

from app.overview.help import guides

PICTURE_SECONDS = 24 * 3600


def index() -> ResponseReturnValue:
    found = [(audience, guide) for name, audience in guides.AUDIENCES.items() if (guide := guides.guide(name))]
    return render_template("overview/help_index.html", guides=found, audiences=guides.Audience)


def show(guide: str) -> ResponseReturnValue:
    shown = guides.guide(guide)
    if shown is None:
        abort(404)
    return render_template("overview/help.html", guide=shown)


def picture(picture: str) -> ResponseReturnValue:
    content = guides.picture(picture)
    if content is None:
        abort(404)
    response = Response(content, mimetype="image/webp")
    response.cache_control.public, response.cache_control.max_age = True, PICTURE_SECONDS
    return response
