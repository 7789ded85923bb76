"""Reads for people. Company-scoped queries take the company first."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from app.companies.models import Company, LoginPage
from app.core.database import db, read
from app.core.email_address import normalize_email
from app.core.recipient import Recipient
from app.core.translation import ENGLISH, FOR_ADMINS
from app.people.invitations.models import HAS_INVITATION
from app.people.models import ACCEPTED, CONFIRMED_EMAIL, Avatar, Person, Role, SignInMethod
from app.people.one_time_tokens.models import RecoveryCode


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
    may_duplicate_id: UUID | None
    """The account that may be the same person's; see `Person`."""


SIGN_IN_SUBJECTS = sa.select(
    Person.id,
    Person.role,
    Person.is_active,
    Person.sign_in_method,
    Person.method_connection_id,
    Person.may_duplicate_id,
).where(
    Person.company_id == sa.bindparam("company_id"),
    Person.tid == sa.bindparam("tid"),
    Person.oid == sa.bindparam("oid"),
)


def by_identity_for_sign_in(company_id: UUID, tid: str, oid: str) -> SignInSubject | None:
    """The person with this Microsoft identity at this company."""
    rows = read(SIGN_IN_SUBJECTS, {"company_id": company_id, "tid": tid, "oid": oid})
    return SignInSubject(**rows[0]._asdict()) if rows else None


@dataclass(frozen=True)
class ProfileSyncState:
    """Whose profile is read, and the picture from the last sync."""

    tid: str
    oid: str
    is_admin: bool
    avatar_hash: str | None
    source_hash: str | None


PROFILE_SYNC_STATES = (
    sa.select(
        Person.company_id,
        Person.id,
        Person.tid,
        Person.oid,
        Person.role.in_((Role.OWNER, Role.ADMIN)).label("is_admin"),
        Person.avatar_hash,
        Avatar.source_hash,
    )
    .outerjoin(Avatar, Person.avatar_hash == Avatar.hash)
    .where(
        sa.tuple_(Person.company_id, Person.id).in_(sa.bindparam("whose", expanding=True)),
        Person.oid.is_not(None),
        Person.deleted_at.is_(None),
    )
)


def profile_sync_states(whose: Collection[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], ProfileSyncState]:
    """By company and person; without those that don't exist or have no Microsoft identity."""
    rows = read(PROFILE_SYNC_STATES, {"whose": list(whose)})
    return {
        (row.company_id, row.id): ProfileSyncState(row.tid, row.oid, row.is_admin, row.avatar_hash, row.source_hash)
        for row in rows
    }


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


def by_external_id(company_id: UUID, external_ids: Collection[str]) -> dict[str, str | None]:
    """The addresses of the company's people who have these external IDs, by these."""
    rows = db.session.execute(
        sa.select(Person.external_id, sa.func.coalesce(Person.sign_in_email, Person.email)).where(
            Person.company_id == company_id, Person.external_id.in_(external_ids)
        )
    )
    return {external_id: email for external_id, email in rows if external_id}


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


def admin_recipients(company_id: UUID) -> list[Recipient]:
    """Who is warned by email: owners and admins who have accepted, at an address known to be theirs."""
    return _recipients(company_id, (Role.OWNER, Role.ADMIN))


def owner_recipients(company_id: UUID) -> list[Recipient]:
    """The owners among them."""
    return _recipients(company_id, (Role.OWNER,))


def _recipients(company_id: UUID, roles: Collection[Role]) -> list[Recipient]:
    found = db.session.execute(
        sa.select(WARNED_AT.label("address"), sa.func.coalesce(Person.language, Company.language).label("language"))
        .join(Company, Person.company_id == Company.id)
        .where(
            Person.company_id == company_id,
            Person.role.in_(roles),
            Person.is_active,
            ACCEPTED,
            WARNED_AT.is_not(None),
        )
        .order_by(Person.id)
    )
    languages: dict[str, str] = {}
    for one in found:
        languages.setdefault(one.address, one.language if one.language in FOR_ADMINS else ENGLISH)
    return [Recipient(*one) for one in languages.items()]


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
    query = sa.select(sa.func.count(Person.id)).where(Person.company_id == company_id, without_tenant(tenants))
    return db.session.scalar(query) or 0


def number_with_password_only(company_id: UUID, domain: str, *, with_subdomains: bool) -> int:
    """The number of active people who have a Microsoft identity and may only use a password, and whose account has an
    address of this domain, which is in Unicode. Others can still connect a Microsoft account, which changes that.
    """
    of_domain = Person.sign_in_email.endswith(f"@{domain}", autoescape=True)
    if with_subdomains:
        of_domain = sa.or_(of_domain, Person.sign_in_email.endswith(f".{domain}", autoescape=True))
    query = sa.select(sa.func.count(Person.id)).where(
        Person.company_id == company_id,
        Person.is_active,
        Person.sign_in_method == SignInMethod.PASSWORD,
        Person.oid.is_not(None),
        of_domain,
    )
    return db.session.scalar(query) or 0


MOST_LISTED = 50
WAS_INVITED = sa.or_(ACCEPTED, HAS_INVITATION)
"""Someone who was imported and not invited yet knows of no account."""


@dataclass(frozen=True)
class AddressLoginPage:
    """The main login page of a company at which an address has an account."""

    company_name: str
    code: str
    language: str
    """In which the account's emails are."""


def login_pages_of_address(email: str) -> list[AddressLoginPage]:
    """For an email to this address, the one query for people that spans companies: their accounts, and those under
    which someone has signed in with it at Microsoft.
    """
    query = (
        sa.select(
            Company.name,
            Company.branding,
            LoginPage.code,
            # Several accounts of a company may have this address.
            sa.func.min(sa.func.coalesce(Person.language, Company.language)),
        )
        .join(Person, Person.company_id == Company.id)
        .join(LoginPage, sa.and_(LoginPage.company_id == Company.id, LoginPage.position == 0))
        .where(
            sa.or_(
                sa.and_(Person.sign_in_email == email, WAS_INVITED),
                sa.and_(Person.email == email, Person.last_sign_in_at.is_not(None)),
            ),
            Person.is_active,
            Person.deleted_at.is_(None),
            Company.is_active,
        )
        .group_by(Company.id, LoginPage.code)
        .order_by(Company.name, LoginPage.code)
        .limit(MOST_LISTED)
    )
    return [
        AddressLoginPage(branding.shown_name(name), code, language)
        for name, branding, code, language in db.session.execute(query)
    ]


@dataclass(frozen=True)
class AvatarView:
    """A person's name and picture."""

    name: str
    hash: str | None
    content: bytes | None


AVATAR = (
    sa.select(Person.name, Person.avatar_hash.label("hash"), Avatar.content)
    .outerjoin(Avatar, Person.avatar_hash == Avatar.hash)
    .where(
        Person.company_id == sa.bindparam("company_id"),
        Person.id == sa.bindparam("person_id"),
        Person.deleted_at.is_(None),
    )
)


def avatar(company_id: UUID, person_id: UUID) -> AvatarView | None:
    """None if there is no such person."""
    rows = read(AVATAR, {"company_id": company_id, "person_id": person_id})
    return AvatarView(*rows[0]) if rows else None


def without_tenant(tenants: Collection[str]) -> sa.ColumnElement[bool]:
    """The condition that an active person has no Microsoft identity of these directories."""
    return sa.and_(Person.is_active, sa.or_(Person.tid.is_(None), Person.tid.not_in(tenants)))
