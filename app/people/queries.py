"""All reads about people. The company is the first argument wherever there is one."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from app.companies.models import Company
from app.database import db, now
from app.people.avatars import version
from app.people.models import Avatar, Person, Session
from app.people.names import fold
from app.people.sessions import IDLE_LIMIT, token_hash
from app.web.current import Visitor

PAGE_SIZE = 25


def visitor(token: str) -> Visitor | None:
    """Who holds this session token, if it is good: the one query that an authenticated page costs."""
    moment = now()
    row = db.session.execute(
        sa.select(
            Session.id,
            Session.last_seen_at,
            Company.id,
            Company.name,
            Person.id,
            Person.name,
            Person.email,
            Person.title,
            Person.role,
            Person.avatar_hash,
        )
        .join(Person, Session.person_id == Person.id)
        .join(Company, Session.company_id == Company.id)
        .where(
            Session.token_hash == token_hash(token),
            Session.ended_at.is_(None),
            Session.expires_at > moment,
            Session.last_seen_at > moment - IDLE_LIMIT,
            Person.is_active,
            Company.is_active,
        )
    ).first()
    if row is None:
        return None
    return Visitor(token, *row[:9], avatar_version=version(row[9], row[5]))


def person(company_id: UUID, person_id: UUID) -> Person | None:
    return db.session.scalar(sa.select(Person).where(Person.company_id == company_id, Person.id == person_id))


def by_identity(company_id: UUID, tid: str, oid: str) -> Person | None:
    """The person that a Microsoft identity is at this company."""
    return db.session.scalar(
        sa.select(Person).where(Person.company_id == company_id, Person.tid == tid, Person.oid == oid)
    )


def by_password_email(company_id: UUID, email: str) -> Person | None:
    """The person who signs in with a password under this address."""
    return db.session.scalar(
        sa.select(Person).where(Person.company_id == company_id, Person.tid.is_(None), Person.email == email.lower())
    )


@dataclass(frozen=True)
class Worn:
    """A person's name and the picture that stands for it."""

    name: str
    hash: str | None
    content: bytes | None


def avatar(company_id: UUID, person_id: UUID) -> Worn | None:
    """None when there is no such person."""
    row = db.session.execute(
        sa.select(Person.name, Person.avatar_hash, Avatar.content)
        .outerjoin(Avatar, Person.avatar_hash == Avatar.hash)
        .where(Person.company_id == company_id, Person.id == person_id)
    ).first()
    return None if row is None else Worn(*row)


def sessions(company_id: UUID, person_id: UUID) -> list[Session]:
    """The person's sessions that are still good, latest used first."""
    moment = now()
    return list(
        db.session.scalars(
            sa.select(Session)
            .where(
                Session.company_id == company_id,
                Session.person_id == person_id,
                Session.ended_at.is_(None),
                Session.expires_at > moment,
                Session.last_seen_at > moment - IDLE_LIMIT,
            )
            .order_by(Session.last_seen_at.desc())
            .limit(50)
        )
    )


@dataclass(frozen=True)
class Origin:
    """Where a session came from: its connection, and Microsoft's hint for ending it there."""

    connection_id: UUID | None
    login_hint: str | None


def session_origin(company_id: UUID, session_id: UUID) -> Origin:
    row = db.session.execute(
        sa.select(Session.connection_id, Session.login_hint).where(
            Session.company_id == company_id, Session.id == session_id
        )
    ).one()
    return Origin(*row)


@dataclass(frozen=True)
class Listed:
    """A line of the people list."""

    id: UUID
    name: str
    email: str | None
    title: str | None
    role: str
    is_guest: bool
    is_active: bool
    last_sign_in_at: datetime | None
    avatar_hash: str | None
    sort_name: str


@dataclass(frozen=True)
class Page:
    people: list[Listed]
    before: str | None
    """The cursor of the page before; None on the first."""
    after: str | None


def page(company_id: UUID, *, search: str = "", after: str | None = None, before: str | None = None) -> Page:
    """People by name, a page at a time, from a cursor (`<sort name>~<id>`) on.

    Searches by the beginning of a name's words or of the address. As quick for the last page as for the first.
    """
    query = sa.select(*(getattr(Person, field) for field in Listed.__dataclass_fields__)).where(
        Person.company_id == company_id
    )
    if search:
        query = query.where(_matches(search))
    cursor = _cursor(before or after)
    place = sa.tuple_(Person.sort_name, Person.id)
    if cursor and before:
        query = query.where(place < cursor).order_by(Person.sort_name.desc(), Person.id.desc())
    elif cursor:
        query = query.where(place > cursor).order_by(Person.sort_name, Person.id)
    else:
        query = query.order_by(Person.sort_name, Person.id)
    people = [Listed(*row) for row in db.session.execute(query.limit(PAGE_SIZE + 1))]
    more = len(people) > PAGE_SIZE
    people = people[:PAGE_SIZE]
    if before:
        people.reverse()
    if not people:
        return Page([], None, None)
    first, last = f"{people[0].sort_name}~{people[0].id}", f"{people[-1].sort_name}~{people[-1].id}"
    if before:
        return Page(people, first if more else None, last)
    return Page(people, first if cursor else None, last if more else None)


def _matches(search: str) -> sa.ColumnElement[bool]:
    term = fold(search).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return sa.or_(
        Person.sort_name.like(f"{term}%", escape="\\"),
        Person.sort_name.like(f"% {term}%", escape="\\"),
        Person.email.like(f"{term}%", escape="\\"),
    )


def _cursor(text: str | None) -> sa.Tuple | None:
    name, _, number = (text or "").rpartition("~")
    try:
        return sa.tuple_(sa.literal(name), sa.literal(UUID(number), Person.id.type))
    except ValueError:
        return None
