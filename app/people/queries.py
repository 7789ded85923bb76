"""Reads for people. Company-scoped queries take the company first."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from app.core.database import db
from app.core.email_address import normalize_email
from app.people.models import ACCEPTED, CONFIRMED_EMAIL, Avatar, Person, Role
from app.people.names import fold
from app.people.one_time_tokens.models import RecoveryCode

PAGE_SIZE = 25


def person(company_id: UUID, person_id: UUID) -> Person | None:
    return db.session.scalar(
        sa.select(Person).where(Person.company_id == company_id, Person.id == person_id, Person.deleted_at.is_(None))
    )


@dataclass(frozen=True)
class SignInSubject:
    """What decides whether a known person may sign in."""

    id: UUID
    role: str
    is_active: bool
    sign_in_method: str
    method_connection_id: UUID | None


def by_identity_for_sign_in(company_id: UUID, tid: str, oid: str) -> SignInSubject | None:
    """The person with this Microsoft identity at this company."""
    row = db.session.execute(
        sa.select(Person.id, Person.role, Person.is_active, Person.sign_in_method, Person.method_connection_id).where(
            Person.company_id == company_id, Person.tid == tid, Person.oid == oid
        )
    ).one_or_none()
    return SignInSubject(**row._asdict()) if row else None


@dataclass(frozen=True)
class ProfileSyncState:
    """Whose profile is read, and the picture from the last sync."""

    oid: str
    avatar_hash: str | None
    source_hash: str | None


def profile_sync_state(company_id: UUID, person_id: UUID) -> ProfileSyncState | None:
    """None if there is no such person, or they have no Microsoft identity."""
    row = db.session.execute(
        sa.select(Person.oid, Person.avatar_hash, Avatar.source_hash)
        .outerjoin(Avatar, Person.avatar_hash == Avatar.hash)
        .where(
            Person.company_id == company_id,
            Person.id == person_id,
            Person.oid.is_not(None),
            Person.deleted_at.is_(None),
        )
    ).one_or_none()
    return ProfileSyncState(**row._asdict()) if row else None


def by_identity(company_id: UUID, tid: str, oid: str) -> Person | None:
    """The person with this Microsoft identity at this company."""
    return db.session.scalar(
        sa.select(Person).where(Person.company_id == company_id, Person.tid == tid, Person.oid == oid)
    )


def by_sign_in_email(company_id: UUID, email: str) -> Person | None:
    """The person whose account has this address: who may sign in with a password under it, or is invited."""
    return db.session.scalar(
        sa.select(Person).where(Person.company_id == company_id, Person.sign_in_email == normalize_email(email))
    )


def by_shown_email(company_id: UUID, emails: Collection[str]) -> set[str]:
    """The given addresses, normalized by the parser, that the company's people already have."""
    rows = db.session.execute(
        sa.select(Person.email, Person.sign_in_email).where(
            Person.company_id == company_id,
            Person.deleted_at.is_(None),
            sa.or_(Person.email.in_(emails), Person.sign_in_email.in_(emails)),
        )
    )
    return {email for row in rows for email in row if email}


def number_of_owners(company_id: UUID) -> int:
    """The number of owners who can sign in."""
    query = sa.select(sa.func.count(Person.id)).where(
        Person.company_id == company_id, Person.role == Role.OWNER, Person.is_active
    )
    return db.session.scalar(query) or 0


WARNED_AT = sa.case(
    (Person.synced_at.is_not(None), sa.func.coalesce(Person.email, CONFIRMED_EMAIL)),
    (Person.sign_in_email.is_(None), Person.email),
    else_=CONFIRMED_EMAIL,
)
"""The directory's address for a person, or the one that the person confirmed here; never an unconfirmed one."""


def admin_addresses(company_id: UUID) -> list[str]:
    """The addresses for warnings: owners and admins who have accepted, at an address known to be theirs."""
    found = db.session.scalars(
        sa.select(WARNED_AT)
        .where(
            Person.company_id == company_id,
            Person.role.in_((Role.OWNER, Role.ADMIN)),
            Person.is_active,
            ACCEPTED,
            WARNED_AT.is_not(None),
        )
        .order_by(Person.id)
    )
    return list(dict.fromkeys(found))


def recovery_codes_left(company_id: UUID, person_id: UUID) -> int:
    """The number of an owner's unused recovery codes."""
    query = sa.select(sa.func.count(RecoveryCode.id)).where(
        RecoveryCode.company_id == company_id,
        RecoveryCode.person_id == person_id,
        RecoveryCode.expires_at.is_(None),
        RecoveryCode.spent_at.is_(None),
    )
    return db.session.scalar(query) or 0


def owners_by_email(company_id: UUID, email: str) -> list[Person]:
    """The owners with this address; an address from a directory may occur twice."""
    form = normalize_email(email)
    return list(
        db.session.scalars(
            sa.select(Person).where(
                Person.company_id == company_id,
                Person.role == Role.OWNER,
                Person.is_active,
                sa.or_(Person.email == form, Person.sign_in_email == form),
            )
        )
    )


def number_without_tenant(company_id: UUID, tenants: Collection[str]) -> int:
    """The number of active people without a Microsoft identity of these directories."""
    query = sa.select(sa.func.count(Person.id)).where(Person.company_id == company_id, _without_tenant(tenants))
    return db.session.scalar(query) or 0


@dataclass(frozen=True)
class AvatarView:
    """A person's name and picture."""

    name: str
    hash: str | None
    content: bytes | None


def avatar(company_id: UUID, person_id: UUID) -> AvatarView | None:
    """None if there is no such person."""
    row = db.session.execute(
        sa.select(Person.name, Person.avatar_hash.label("hash"), Avatar.content)
        .outerjoin(Avatar, Person.avatar_hash == Avatar.hash)
        .where(Person.company_id == company_id, Person.id == person_id, Person.deleted_at.is_(None))
    ).one_or_none()
    return AvatarView(**row._asdict()) if row else None


def without_microsoft(company_id: UUID) -> list[Person]:
    """Active people with an account that has no Microsoft identity yet."""
    return list(
        db.session.scalars(
            sa.select(Person).where(
                Person.company_id == company_id,
                Person.is_active,
                Person.tid.is_(None),
                Person.sign_in_email.is_not(None),
            )
        )
    )


def number_migrated(company_id: UUID) -> tuple[int, int]:
    """The number of active people with a Microsoft identity, and of all active people."""
    row = db.session.execute(
        sa.select(sa.func.count(Person.tid), sa.func.count(Person.id)).where(
            Person.company_id == company_id, Person.is_active
        )
    ).one()
    return row[0], row[1]


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
    sort_name: str
    sign_in_method: str
    method_connection_id: UUID | None
    is_invited: bool


PERSON_ROWS = (
    *(getattr(Person, field) for field in PersonRow.__dataclass_fields__ if field != "is_invited"),
    sa.not_(ACCEPTED).label("is_invited"),
)


@dataclass(frozen=True)
class Page:
    people: list[PersonRow]
    before: str | None
    """The cursor of the previous page; None on the first."""
    after: str | None


def page(
    company_id: UUID,
    *,
    search: str = "",
    outside: Collection[str] | None = None,
    after: str | None = None,
    before: str | None = None,
) -> Page:
    """A page of people by name, starting at a cursor (`<sort name>~<id>`).

    Searches by prefixes of a name's words or of the address. The last page is as fast as the first. With `outside`,
    only active people without a Microsoft identity of these directories.
    """
    query = sa.select(*PERSON_ROWS).where(Person.company_id == company_id, Person.deleted_at.is_(None))
    if search:
        query = query.where(found_by(search))
    if outside is not None:
        query = query.where(_without_tenant(outside))
    cursor = _cursor(before or after)
    if cursor is None:
        before = None  # an invalid cursor leads to the first page
    place = sa.tuple_(Person.sort_name, Person.id)
    if cursor is not None and before:
        query = query.where(place < cursor).order_by(Person.sort_name.desc(), Person.id.desc())
    elif cursor is not None:
        query = query.where(place > cursor).order_by(Person.sort_name, Person.id)
    else:
        query = query.order_by(Person.sort_name, Person.id)
    people = [PersonRow(**row._asdict()) for row in db.session.execute(query.limit(PAGE_SIZE + 1))]
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


def found_by(search: str) -> sa.ColumnElement[bool]:
    """The condition of a search: a prefix of a word of the name, or of the address."""
    term = fold(search).replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return sa.or_(
        Person.sort_name.like(f"{term}%", escape="\\"),
        Person.sort_name.like(f"% {term}%", escape="\\"),
        Person.email.like(f"{term}%", escape="\\"),
    )


def _without_tenant(tenants: Collection[str]) -> sa.ColumnElement[bool]:
    return sa.and_(Person.is_active, sa.or_(Person.tid.is_(None), Person.tid.not_in(tenants)))


def _cursor(text: str | None) -> sa.Tuple | None:
    name, _, number = (text or "").rpartition("~")
    try:
        return sa.tuple_(sa.literal(name), sa.literal(UUID(number), Person.id.type))
    except ValueError:
        return None
