"""Reads of the applications that are for a company, the company first: its own, and those of the installation."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.applications.grants.models import Grant
from app.applications.models import (
    AccessRequest,
    Application,
    ApplicationCompany,
    ApplicationIcon,
    ApplicationRole,
    AssignedBy,
    PersonRole,
)
from app.core.database import db, now
from app.people.models import Person
from app.sessions.models import Session

USAGE = timedelta(days=30)
"""How far back an application's page counts its people."""
MOST_SHOWN = 20


def is_for(company_id: UUID | sa.BindParameter[UUID]) -> sa.ColumnElement[bool]:
    """The condition that an application is for this company's people."""
    listed = sa.exists().where(
        ApplicationCompany.company_id == company_id, ApplicationCompany.application_id == Application.id
    )
    return sa.or_(
        Application.company_id == company_id,
        sa.and_(
            Application.company_id.is_(None),
            Application.is_enabled,
            sa.or_(Application.for_all_companies, listed.correlate(Application)),
        ),
    )


@dataclass(frozen=True)
class ApplicationLine:
    """An application in a list."""

    id: UUID
    company_id: UUID | None
    name: str
    client_id: str
    kind: str
    is_enabled: bool
    icon: str | None
    """The hash of its icon; None if it has none."""


LINE: sa.Select[*tuple[Any, ...]] = sa.select(
    Application.id,
    Application.company_id,
    Application.name,
    Application.client_id,
    Application.kind,
    Application.is_enabled,
    ApplicationIcon.hash.label("icon"),
).outerjoin(ApplicationIcon, ApplicationIcon.application_id == Application.id)


def all_for(company_id: UUID) -> list[ApplicationLine]:
    """By name."""
    rows = db.session.execute(LINE.where(is_for(company_id)).order_by(Application.name, Application.id))
    return [ApplicationLine(**row._mapping) for row in rows]


def number_of_own(company_id: UUID) -> int:
    query = sa.select(sa.func.count(Application.id)).where(Application.company_id == company_id)
    return db.session.scalar(query) or 0


def own(company_id: UUID, application_id: UUID) -> Application | None:
    """An application that belongs to the company."""
    return db.session.scalar(
        sa.select(Application).where(Application.company_id == company_id, Application.id == application_id)
    )


def usable(company_id: UUID, application_id: UUID) -> Application | None:
    """An application of the company's, or one of the installation's that is for it."""
    return db.session.scalar(sa.select(Application).where(Application.id == application_id, is_for(company_id)))


@dataclass(frozen=True)
class Icon:
    name: str
    """The application's."""
    hash: str | None
    content: bytes | None


def icon(company_id: UUID, application_id: UUID) -> Icon | None:
    """None if the company has no such application."""
    row = db.session.execute(
        sa.select(Application.name, ApplicationIcon.hash, ApplicationIcon.content)
        .outerjoin(ApplicationIcon, ApplicationIcon.application_id == Application.id)
        .where(Application.id == application_id, is_for(company_id))
    ).one_or_none()
    return Icon(*row) if row else None


def icon_hash(application_id: UUID) -> str | None:
    return db.session.scalar(sa.select(ApplicationIcon.hash).where(ApplicationIcon.application_id == application_id))


@dataclass(frozen=True)
class Usage:
    people: int
    """How many signed in within `USAGE`."""
    last_sign_in: datetime | None
    signed_in: int
    """How many are signed in to it."""


def _is_active(moment: datetime) -> sa.ColumnElement[bool]:
    """The condition that a grant still gives tokens; joins its session. A session that has idled out counts too."""
    return sa.and_(
        Grant.redeemed_at.is_not(None),
        Grant.revoked_at.is_(None),
        sa.or_(Grant.is_offline, sa.and_(Session.ended_at.is_(None), Session.expires_at > moment)),
    )


def usage(company_id: UUID, application_id: UUID) -> Usage:
    moment = now()
    recent = sa.case((Grant.created_at > moment - USAGE, Grant.person_id))
    row = db.session.execute(
        sa.select(
            sa.func.count(sa.distinct(recent)),
            sa.func.max(Grant.created_at),
            sa.func.count(sa.distinct(sa.case((_is_active(moment), Grant.person_id)))),
        )
        .join(Session, Session.id == Grant.session_id)
        .where(Grant.application_id == application_id, Grant.company_id == company_id, Grant.redeemed_at.is_not(None))
    ).one()
    return Usage(row[0], row[1], row[2])


@dataclass(frozen=True)
class SignedInPerson:
    id: UUID
    name: str
    avatar_hash: str | None
    last_sign_in: datetime


def signed_in_people(company_id: UUID, application_id: UUID) -> list[SignedInPerson]:
    """Who is signed in to an application, the most recent first; at most `MOST_SHOWN`."""
    last = sa.func.max(Grant.created_at).label("last_sign_in")
    rows = db.session.execute(
        sa.select(Person.id, Person.name, Person.avatar_hash, last)
        .select_from(Grant)
        .join(Session, Session.id == Grant.session_id)
        .join(Person, Person.id == Grant.person_id)
        .where(Grant.application_id == application_id, Grant.company_id == company_id, _is_active(now()))
        .group_by(Person.id, Person.name, Person.avatar_hash)
        .order_by(last.desc(), Person.id)
        .limit(MOST_SHOWN)
    )
    return [SignedInPerson(**row._mapping) for row in rows]


@dataclass(frozen=True)
class RoleLine:
    id: UUID
    value: str
    name: str
    assigned_by: str
    people: int
    """How many of the company's people have it."""

    @property
    def is_assignable(self) -> bool:
        return self.assigned_by == AssignedBy.COMPANY


def roles(company_id: UUID, application_id: UUID) -> list[RoleLine]:
    """The roles that an application declares, in the order in which they were."""
    number = (
        sa.select(sa.func.count(sa.distinct(PersonRole.person_id)))
        .join(Person, Person.id == PersonRole.person_id)
        .where(
            PersonRole.role_id == ApplicationRole.id,
            PersonRole.company_id == company_id,
            Person.deleted_at.is_(None),
        )
        .correlate(ApplicationRole)
        .scalar_subquery()
    )
    rows = db.session.execute(
        sa.select(
            ApplicationRole.id,
            ApplicationRole.value,
            ApplicationRole.name,
            ApplicationRole.assigned_by,
            number.label("people"),
        )
        .where(ApplicationRole.application_id == application_id)
        .order_by(ApplicationRole.id)
    )
    return [RoleLine(**row._mapping) for row in rows]


@dataclass(frozen=True)
class Asking:
    id: UUID
    """The person's."""
    name: str
    asked_at: datetime


def access_requests(company_id: UUID, application_id: UUID) -> list[Asking]:
    """Who has asked for access, the earliest first; at most `MOST_SHOWN`."""
    rows = db.session.execute(
        sa.select(Person.id, Person.name, AccessRequest.created_at.label("asked_at"))
        .join(Person, Person.id == AccessRequest.person_id)
        .where(
            AccessRequest.company_id == company_id,
            AccessRequest.application_id == application_id,
            Person.deleted_at.is_(None),
        )
        .order_by(AccessRequest.id)
        .limit(MOST_SHOWN)
    )
    return [Asking(**row._mapping) for row in rows]
