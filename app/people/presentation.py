"""People as templates show them."""

from typing import Any

from flask import url_for

from app.people import avatars, queries
from app.people.models import Person


def paginate(page: queries.Page, endpoint: str, **values: Any) -> dict[str, Any]:
    """A page of people as templates show it, with the URLs of the previous and next page."""
    return {
        "people": [{**vars(person), "avatar_url": avatar_url(person)} for person in page.people],
        "previous_url": url_for(endpoint, before=page.before, **values) if page.before else None,
        "next_url": url_for(endpoint, after=page.after, **values) if page.after else None,
    }


def avatar_url(person: Person | queries.PersonRow) -> str:
    return url_for("people.avatar", person_id=person.id, v=avatars.version(person.avatar_hash, person.name))


def person_header(person: Person) -> dict[str, Any]:
    """The data shown in a person page's header."""
    return {
        "id": person.id,
        "name": person.name,
        "email": person.email,
        "title": person.title,
        "role": person.role,
        "is_guest": person.is_guest,
        "avatar_url": avatar_url(person),
    }
