"""Reads for sessions. Company-scoped queries take the company first; `visitor` looks up a token of any company."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.companies.models import Company
from app.core.database import db, now
from app.http.current import AdminBanner, CredentialStatus, Visitor
from app.people.avatars import version
from app.people.models import Person, Role
from app.sessions.limits import is_active, token_hash
from app.sessions.models import EndReason, Session

VISITOR = (
    sa.select(
        Session.id.label("session_id"),
        Session.last_seen_at,
        Company.id.label("company_id"),
        Company.name.label("company_name"),
        Person.id.label("person_id"),
        Person.name,
        Person.email,
        Person.title,
        Person.role,
        Person.tid.label("directory"),
        Person.is_guest,
        Person.synced_at,
        Person.password_hash.is_not(None).label("has_password"),
        Person.avatar_hash,
        Person.email_is_confirmed,
        Company.notices,
        Session.created_at,
        Company.idle_minutes,
        Company.session_hours,
        Session.reauthenticated_at,
    )
    .join(Person, Session.person_id == Person.id)
    .join(Company, Session.company_id == Company.id)
    .where(
        Session.token_hash == sa.bindparam("token_hash"),
        Session.ended_at.is_(None),
        Session.expires_at > sa.bindparam("moment"),
        Person.is_active,
        Company.is_active,
    )
)


def visitor(token: str) -> Visitor | None:
    """The owner of this session token, if it is active: the one query that an authenticated page costs."""
    moment = now()
    row = db.session.execute(VISITOR, {"token_hash": token_hash(token), "moment": moment}).one_or_none()
    if row is None or not is_active(row.created_at, row.last_seen_at, row.idle_minutes, row.session_hours, moment):
        return None
    found = Visitor(
        session_id=row.session_id,
        last_seen_at=row.last_seen_at,
        company_id=row.company_id,
        company_name=row.company_name,
        person_id=row.person_id,
        name=row.name,
        email=row.email,
        title=row.title,
        role=row.role,
        directory=row.directory,
        is_guest=row.is_guest,
        synced_at=row.synced_at,
        has_password=row.has_password,
        has_picture=row.avatar_hash is not None,
        avatar_version=version(row.avatar_hash, row.name),
        email_is_confirmed=row.email_is_confirmed,
        reauthenticated_at=row.reauthenticated_at,
    )
    return replace(found, banners=_notices(row.notices)) if row.notices and found.is_admin else found


def end_reason(token: str) -> EndReason | None:
    """Why the session of this token doesn't work any more; None if there never was one, or its row was deleted."""
    row = db.session.execute(
        sa.select(Session.ended_at, Session.end_reason).where(Session.token_hash == token_hash(token))
    ).one_or_none()
    if row is None:
        return None
    return EndReason(row.end_reason or EndReason.SIGNED_OUT) if row.ended_at else EndReason.EXPIRED


KNOWN_OUTLOOKS = frozenset(outlook.value for outlook in CredentialStatus)


def _notices(noted: list[dict[str, str]]) -> tuple[AdminBanner, ...]:
    # A newer version of the code on another node may know statuses that this one does not.
    return tuple(
        AdminBanner(UUID(one["id"]), one["title"], CredentialStatus(one["outlook"]), date.fromisoformat(one["day"]))
        for one in noted
        if one["outlook"] in KNOWN_OUTLOOKS
    )


ACTIVE_SESSIONS = (
    sa.select(
        Session.id,
        Session.user_agent,
        Session.ip_address,
        Session.auth_label,
        Session.created_at,
        Session.last_seen_at,
        Company.idle_minutes,
        Company.session_hours,
    )
    .join(Company, Session.company_id == Company.id)
    .where(
        Session.company_id == sa.bindparam("company_id"),
        Session.person_id == sa.bindparam("person_id"),
        Session.ended_at.is_(None),
        Session.expires_at > sa.bindparam("moment"),
    )
    .order_by(Session.last_seen_at.desc())
    .limit(50)
)


def active_sessions(company_id: UUID, person_id: UUID) -> list[Any]:
    """The person's active sessions for display: latest used first, at most 50."""
    moment = now()
    return [
        one
        for one in db.session.execute(
            ACTIVE_SESSIONS, {"company_id": company_id, "person_id": person_id, "moment": moment}
        )
        if is_active(one.created_at, one.last_seen_at, one.idle_minutes, one.session_hours, moment)
    ]


@dataclass(frozen=True)
class Origin:
    """Where a session came from: its connection, and Microsoft's hint for ending it there."""

    connection_id: UUID | None
    login_hint: str | None


def origin(company_id: UUID, session_id: UUID) -> Origin:
    row = db.session.execute(
        sa.select(Session.connection_id, Session.login_hint).where(
            Session.company_id == company_id, Session.id == session_id
        )
    ).one()
    return Origin(*row)


def owner_signed_in_through(company_id: UUID, connection_ids: Collection[UUID]) -> bool:
    """Whether a current owner has signed in through one of these connections."""
    return bool(
        db.session.scalar(
            sa.select(
                sa.exists()
                .where(Session.company_id == company_id, Session.connection_id.in_(connection_ids))
                .where(Person.id == Session.person_id, Person.role == Role.OWNER, Person.is_active)
            )
        )
    )
