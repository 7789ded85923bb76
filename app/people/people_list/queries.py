"""Reads for the list of people: a page, a count, and the conditions of a filter. The company comes first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.core.database import UtcTime, db
from app.people.invitations.models import HAS_INVITATION
from app.people.models import ACCEPTED, Person, Role, SignInMethod
from app.people.people_list.filters import PeopleFilter, Sort, State
from app.people.queries import without_tenant
from app.people.search import LAST_SIGN, found_by

PAGE_SIZE = 25
MOST_COUNTED, MOST_FOUND = 10_000, 1000
"""Counting everyone, or those who match a filter, ends here, so that a page's time doesn't grow with the company."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
EVERYONE = PeopleFilter()

STATES = {
    State.ACTIVE: sa.and_(Person.is_active, ACCEPTED),
    State.NOT_INVITED: sa.and_(Person.is_active, sa.not_(ACCEPTED), sa.not_(HAS_INVITATION)),
    State.INVITED: sa.and_(Person.is_active, sa.not_(ACCEPTED), HAS_INVITATION),
    State.DEACTIVATED: sa.not_(Person.is_active),
}
# Written out, not as parameters, so that the indexes on these expressions can be used; see `models`. There is none for
# the last sign-in: every sign-in would have to write to all of the table's indexes.
KEYS: dict[str, Any] = {
    Sort.NAME: Person.sort_name,
    Sort.EMAIL: sa.func.coalesce(Person.email, sa.literal_column("'~'"), type_=Person.email.type),
    Sort.ROLE: sa.func.replace(
        sa.func.replace(Person.role, sa.literal_column("'owner'"), sa.literal_column("'0'")),
        sa.literal_column("'admin'"),
        sa.literal_column("'1'"),
        type_=Person.sort_name.type,
    ).concat(Person.sort_name),
    Sort.LAST_SIGN_IN: sa.func.coalesce(Person.last_sign_in_at, sa.literal(NEVER, UtcTime()), type_=UtcTime()),
}


@dataclass(frozen=True)
class PersonRow:
    """A row of the people list."""

    id: UUID
    name: str
    email: str | None
    title: str | None
    role: str
    is_guest: bool
    is_active: bool
    last_sign_in_at: datetime | None
    avatar_hash: str | None
    sign_in_method: str
    method_connection_id: UUID | None
    is_accepted: bool
    key: str | datetime
    """What the list is sorted by."""

    @property
    def cursor(self) -> str:
        return f"{self.key if isinstance(self.key, str) else self.key.isoformat()}~{self.id}"


PERSON_ROWS = (
    *(getattr(Person, field) for field in PersonRow.__dataclass_fields__ if field not in ("is_accepted", "key")),
    ACCEPTED.label("is_accepted"),
)


@dataclass(frozen=True)
class Page:
    people: list[PersonRow]
    before: str | None
    """The cursor of the previous page; None on the first."""
    after: str | None


def page(
    company_id: UUID,
    wanted: PeopleFilter = EVERYONE,
    *,
    sort: str = Sort.NAME,
    outside: Collection[str] | None = None,
    after: str | None = None,
    before: str | None = None,
) -> Page:
    """A page of people, starting at a cursor (`<sort key>~<id>`). The last page is as fast as the first.

    `sort` is a Sort, with a minus in front of it for the reverse order. With `outside`, only active people without a
    Microsoft identity of these directories.
    """
    name, is_reversed = sort.removeprefix("-"), sort.startswith("-")
    if wanted.role and name == Sort.NAME:
        name = Sort.ROLE  # the same order, from an index that skips the other roles
    key = KEYS[name]
    query = sa.select(*PERSON_ROWS, key.label("key")).where(matches(company_id, wanted))
    if outside is not None:
        query = query.where(without_tenant(outside))
    place = sa.tuple_(key, Person.id)
    cursor = _cursor(name, before or after)
    is_backwards = cursor is not None and bool(before)
    descends = is_reversed != is_backwards
    if cursor is not None:
        query = query.where(place < cursor if descends else place > cursor)
    order = (key.desc(), Person.id.desc()) if descends else (key, Person.id)
    people = [PersonRow(**row._asdict()) for row in db.session.execute(query.order_by(*order).limit(PAGE_SIZE + 1))]
    more = len(people) > PAGE_SIZE
    people = people[:PAGE_SIZE]
    if not people:
        return Page([], None, None)
    if is_backwards:
        people.reverse()
        return Page(people, people[0].cursor if more else None, people[-1].cursor)
    return Page(people, people[0].cursor if cursor is not None else None, people[-1].cursor if more else None)


def count(company_id: UUID, wanted: PeopleFilter = EVERYONE) -> tuple[int, bool]:
    """How many people match; and whether there are more, which were not counted."""
    most = MOST_COUNTED if wanted == EVERYONE else MOST_FOUND
    first = sa.select(sa.literal(1)).where(matches(company_id, wanted)).limit(most + 1).subquery()
    number = db.session.scalar(sa.select(sa.func.count()).select_from(first)) or 0
    return min(number, most), number > most


def matches(company_id: UUID, wanted: PeopleFilter) -> sa.ColumnElement[bool]:
    """The condition that a person is of this company and matches the filter."""
    conditions = [Person.company_id == company_id, Person.deleted_at.is_(None)]
    if wanted.search:
        conditions.append(found_by(company_id, wanted.search))
    if wanted.role:
        conditions.append(_has_role(wanted.role))
    if wanted.method:
        conditions.append(_has_method(wanted.method))
    if wanted.state:
        conditions.append(STATES[State(wanted.state)])
    return sa.and_(*conditions)


def _has_role(role: str) -> sa.ColumnElement[bool]:
    """As a range of what sorts by role, whose index then finds them."""
    first = {Role.OWNER: "0", Role.ADMIN: "1"}.get(Role(role), role)
    return sa.and_(KEYS[Sort.ROLE] >= first, KEYS[Sort.ROLE] < first + LAST_SIGN)


def _has_method(method: str) -> sa.ColumnElement[bool]:
    if method in (SignInMethod.ANY, SignInMethod.PASSWORD):
        return Person.sign_in_method == method
    return Person.method_connection_id == UUID(method)


def _cursor(sort: str, text: str | None) -> sa.Tuple | None:
    """None for a text that is no cursor: then the list begins at its first page."""
    key, _, number = (text or "").rpartition("~")
    try:
        value = datetime.fromisoformat(key) if sort == Sort.LAST_SIGN_IN else key
        if isinstance(value, datetime) and value.tzinfo is None:
            return None
        return sa.tuple_(sa.literal(value, KEYS[sort].type), sa.literal(UUID(number), Person.id.type))
    except ValueError:
        return None
