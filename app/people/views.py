"""The pictures of the company's people."""

from uuid import UUID

from flask import abort
from flask.typing import ResponseReturnValue

from app.http.current import current
from app.people import queries as people_queries
from app.people.photo_response import photo_response, unchanged

AVATAR_SECONDS = 365 * 24 * 3600


def avatar(person_id: UUID) -> ResponseReturnValue:
    """The picture, or the initials as one. Its URL changes with it, so that browsers can cache it indefinitely."""
    if response := unchanged(AVATAR_SECONDS):
        return response
    found = people_queries.avatar(current().company_id, person_id)
    if found is None:
        abort(404)
    return photo_response(found, AVATAR_SECONDS)
