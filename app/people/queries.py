"""All reads about people. The company is the first argument wherever there is one."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from uuid import UUID

import sqlalchemy as sa

from app.companies.models import Company
from app.database import db, now
from app.people.avatars import version
from app.people.models import Avatar, Person, RecoveryKey, Role, Session
from app.people.names import fold
from app.people.sessions import IDLE_LIMIT, token_hash
from app.web.current import Notice, Outlook, Visitor

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
            Company.notices,
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
    found = Visitor(token, *row[:9], avatar_version=version(row[9], row[5]))
    return replace(found, notices=_notices(row[10])) if row[10] and found.is_admin else found


def _notices(noted: list[dict[str, str]]) -> tuple[Notice, ...]:
    return tuple(
        Notice(UUID(one["id"]), one["title"], Outlook(one["outlook"]), date.fromisoformat(one["day"])) for one in noted
    )


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


def admin_addresses(company_id: UUID) -> list[str]:
    """Where the company's owners and admins get mail."""
    return list(
        db.session.scalars(
            sa.select(Person.email)
            .where(
                Person.company_id == company_id,
                Person.role.in_((Role.OWNER, Role.ADMIN)),
                Person.is_active,
                Person.email.is_not(None),
            )
            .order_by(Person.id)
        )
    )


def recovery_codes_left(company_id: UUID, person_id: UUID) -> int:
    """How many recovery codes an owner has that were not used."""
    return (
        db.session.scalar(
            sa.select(sa.func.count(RecoveryKey.id)).where(
                RecoveryKey.company_id == company_id,
                RecoveryKey.person_id == person_id,
                RecoveryKey.expires_at.is_(None),
                RecoveryKey.spent_at.is_(None),
            )
        )
        or 0
    )


def owners_by_email(company_id: UUID, email: str) -> list[Person]:
    """The owners under this address; an address that came from a directory may stand twice."""
    return list(
        db.session.scalars(
            sa.select(Person).where(
                Person.company_id == company_id,
                Person.role == Role.OWNER,
                Person.is_active,
                sa.func.lower(Person.email) == email.lower(),
            )
        )
    )


def owner_came_through(company_id: UUID, connection_ids: Collection[UUID]) -> bool:
    """Whether somebody who is an owner now has signed in through one of these connections."""
    return bool(
        db.session.scalar(
            sa.select(
                sa.exists()
                .where(Session.company_id == company_id, Session.connection_id.in_(connection_ids))
                .where(Person.id == Session.person_id, Person.role == Role.OWNER, Person.is_active)
            )
        )
    )


def number_outside(company_id: UUID, tenants: Collection[str]) -> int:
    """How many active people have no Microsoft identity of these directories."""
    query = sa.select(sa.func.count(Person.id)).where(Person.company_id == company_id, _outside(tenants))
    return db.session.scalar(query) or 0


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


def page(
    company_id: UUID,
    *,
    search: str = "",
    outside: Collection[str] | None = None,
    after: str | None = None,
    before: str | None = None,
) -> Page:
    """People by name, a page at a time, from a cursor (`<sort name>~<id>`) on.

    Searches by the beginning of a name's words or of the address. As quick for the last page as for the first.
    With `outside` only active people who have no Microsoft identity of these directories.
    """
    query = sa.select(*(getattr(Person, field) for field in Listed.__dataclass_fields__)).where(
        Person.company_id == company_id
    )
    if search:
        query = query.where(_matches(search))
    if outside is not None:
        query = query.where(_outside(outside))
    cursor = _cursor(before or after)
    if cursor is None:
        before = None  # one that makes no sense leads to the first page
    place = sa.tuple_(Person.sort_name, Person.id)
    if cursor is not None and before:
        query = query.where(place < cursor).order_by(Person.sort_name.desc(), Person.id.desc())
    elif cursor is not None:
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
    return Page(people, first if cursor is not None else None, last if more else None)


def _matches(search: str) -> sa.ColumnElement[bool]:
    term = fold(search).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return sa.or_(
        Person.sort_name.like(f"{term}%", escape="\\"),
        Person.sort_name.like(f"% {term}%", escape="\\"),
        sa.func.lower(Person.email).like(f"{term}%", escape="\\"),
    )


def _outside(tenants: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.and_(Person.is_active, sa.or_(Person.tid.is_(None), Person.tid.not_in(tenants)))


def _cursor(text: str | None) -> sa.Tuple | None:
    name, _, number = (text or "").rpartition("~")
    try:
        return sa.tuple_(sa.literal(name), sa.literal(UUID(number), Person.id.type))
    except ValueError:
        return None
