"""People as templates show them."""

from typing import Any, Protocol
from uuid import UUID

from flask import url_for

from app.core.database import now
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.core.translation import ngettext
from app.people import avatars
from app.people.invitations.models import Invitation
from app.people.models import Person
from app.people.people_list.filters import STATE_TITLES, Sort, State
from app.people.people_list.queries import Page


class HasAvatar(Protocol):
    """A person, or a row of a query for some."""

    @property
    def id(self) -> UUID: ...
    @property
    def name(self) -> str: ...
    @property
    def avatar_hash(self) -> str | None: ...


def paginate(page: Page, endpoint: str, **values: Any) -> dict[str, Any]:
    """A page of people as templates show it, with the URLs of the previous and next page."""
    return {
        "people": [{**vars(person), "avatar_url": avatar_url(person)} for person in page.people],
        "previous_url": url_for(endpoint, before=page.before, **values) if page.before else None,
        "next_url": url_for(endpoint, after=page.after, **values) if page.after else None,
    }


def avatar_url(person: HasAvatar) -> str:
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


def number_of_people(number: int, *, has_more: bool = False) -> str:
    """A number as people read it: `1 person`, `12,480 people`, `1,000+ people`."""
    if has_more:
        return _("%(count)s+ people", count=f"{number:,}")
    return ngettext("%(count)s person", "%(count)s people", number, count=f"{number:,}")


def state_badge(person: dict[str, Any], invitation: Invitation | None) -> tuple[str, str]:
    """What the list says beside a name, to be translated, and its CSS class; empty for active people."""
    if not person["is_active"]:
        return STATE_TITLES[State.DEACTIVATED], "badge-warning"
    if person["is_accepted"]:
        return "", ""
    if invitation is None:
        return STATE_TITLES[State.NOT_INVITED], ""
    if invitation.expires_at > now():
        return STATE_TITLES[State.INVITED], "badge-accent"
    return N_("Invitation expired"), "badge-warning"


def sort_links(query: dict[str, Any], present: str) -> dict[str, dict[str, str]]:
    """By column: the URL that sorts by it, or that reverses the order, and the present order for `aria-sort`."""
    links = {}
    for column in Sort:
        first = f"-{column}" if column == Sort.LAST_SIGN_IN else str(column)
        second = first.removeprefix("-") if first.startswith("-") else f"-{first}"
        wanted = second if present == first else first
        order = {column: "ascending", f"-{column}": "descending"}.get(present, "")
        url = url_for("overview.people.index", **{**query, "sort": wanted})
        links[str(column)] = {"url": url, "order": order}
    return links
