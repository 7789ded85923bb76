"""The pictures of the company's people."""

from uuid import UUID

from flask import abort, make_response, render_template, request
from flask.typing import ResponseReturnValue

from app.http.current import current
from app.people import avatars
from app.people import queries as people_queries

AVATAR_SECONDS = 365 * 24 * 3600


def avatar(person_id: UUID) -> ResponseReturnValue:
    """The picture, or the initials as one. Its URL changes with it, so that browsers can cache it indefinitely."""
    found = people_queries.avatar(current().company_id, person_id)
    if found is None:
        abort(404)
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
    kept = f"max-age={AVATAR_SECONDS}, immutable" if request.args.get("v") == version else "no-cache"
    response.headers["Cache-Control"] = f"private, {kept}"
    response.set_etag(version)
    return response.make_conditional(request)
