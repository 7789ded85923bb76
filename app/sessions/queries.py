"""Reads for sessions. Company-scoped queries take the company first; a browser's sessions, of any company, are found by
their tokens.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.companies.models import Company
from app.core.database import db, now, read
from app.http.current import AdminBanner, CredentialStatus, OtherSession, Visitor
from app.people.avatars import version
from app.people.models import Person, Role
from app.sessions.limits import Limits, is_active, limits, token_hash
from app.sessions.models import EndReason, Session

REMEMBERED_DAYS = sa.case((Session.remembered, Company.remember_days))
"""For how many days the session's device is remembered; None if it isn't."""
VISITOR = (
    sa.select(
        Session.id.label("session_id"),
        Session.public_id.label("session_public_id"),
        Session.token_hash,
        Session.last_seen_at,
        Company.public_id.label("org_id"),
        Company.id.label("company_id"),
        Company.name.label("company_name"),
        Company.branding,
        Person.id.label("person_id"),
        Person.name,
        Person.email,
        Person.title,
        Person.language,
        Company.language.label("company_language"),
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
        Company.remember_days,
        Session.remembered,
        REMEMBERED_DAYS.label("remembered_days"),
        Company.deletes_at,
        Session.reauthenticated_at,
        Session.auth_time,
        Session.amr,
    )
    .join(Person, Session.person_id == Person.id)
    .join(Company, Session.company_id == Company.id)
    .where(
        Session.ended_at.is_(None),
        Session.expires_at > sa.bindparam("moment"),
        Person.is_active,
        Company.is_active,
        # What is being deleted is closed to members.
        sa.or_(Company.deletes_at.is_(None), Person.role != Role.MEMBER),
    )
)
OF_TOKEN = VISITOR.where(Session.token_hash == sa.bindparam("token_hash"))
OF_TOKENS = VISITOR.where(Session.token_hash.in_(sa.bindparam("token_hashes", expanding=True)))


def active_rows(tokens: Mapping[str, str]) -> list[Any]:
    """The active sessions of these tokens, which are by the public id of their company, as `VISITOR` selects them: the
    one query that an authenticated page costs.
    """
    if not tokens:
        return []
    moment, hashes = now(), {org_id: token_hash(token) for org_id, token in tokens.items()}
    values = list(hashes.values())
    # Nearly all browsers have one session, and SQLAlchemy writes a list's placeholders again each time.
    if len(values) == 1:
        rows = read(OF_TOKEN, {"token_hash": values[0], "moment": moment})
    else:
        rows = read(OF_TOKENS, {"token_hashes": values, "moment": moment})
    return [
        row
        for row in rows
        if hashes.get(row.org_id) == row.token_hash
        and is_active(row.created_at, row.last_seen_at, limits_of(row), moment)
    ]


def limits_of(row: Any) -> Limits:
    """The limits of a session, of a row as `VISITOR` selects it."""
    return limits(row.idle_minutes, row.session_hours, row.remembered_days)


def visitor(tokens: Mapping[str, str], active: str) -> Visitor | None:
    """The person of the session at the active company, whose public id is `active`; None if that session isn't active.
    With the browser's sessions at other companies.
    """
    rows = active_rows(tokens)
    row = next((one for one in rows if one.org_id == active), None)
    if row is None:
        return None
    found = Visitor(
        session_id=row.session_id,
        session_public_id=row.session_public_id,
        last_seen_at=row.last_seen_at,
        org_id=row.org_id,
        company_id=row.company_id,
        company_name=row.branding.shown_name(row.company_name),
        branding=row.branding,
        person_id=row.person_id,
        name=row.name,
        email=row.email,
        title=row.title,
        language=row.language,
        company_language=row.company_language,
        role=row.role,
        directory=row.directory,
        is_guest=row.is_guest,
        synced_at=row.synced_at,
        has_password=row.has_password,
        has_picture=row.avatar_hash is not None,
        avatar_version=version(row.avatar_hash, row.name),
        email_is_confirmed=row.email_is_confirmed,
        idle_minutes=row.idle_minutes,
        session_hours=row.session_hours,
        remember_days=row.remember_days,
        deletes_at=row.deletes_at,
        reauthenticated_at=row.reauthenticated_at,
        other_sessions=tuple(
            sorted(
                (
                    OtherSession(one.org_id, one.branding.shown_name(one.company_name), one.name, one.branding)
                    for one in rows
                    if one is not row
                ),
                key=lambda one: (one.company_name.casefold(), one.org_id),
            )
        ),
    )
    return replace(found, banners=_notices(row.notices)) if row.notices and found.is_admin else found


def org_id_of(public_id: str, browser_hash: str) -> str | None:
    """The company's public id of a session of this browser, which may have ended."""
    return db.session.scalar(
        sa.select(Company.public_id)
        .join(Session, Session.company_id == Company.id)
        .where(Session.public_id == public_id, Session.browser_hash == browser_hash)
    )


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
        Session.remembered,
    )
    .where(
        Session.company_id == sa.bindparam("company_id"),
        Session.person_id == sa.bindparam("person_id"),
        Session.ended_at.is_(None),
        Session.expires_at > sa.bindparam("moment"),
        sa.or_(
            sa.and_(
                Session.last_seen_at > sa.bindparam("used_since"), Session.created_at > sa.bindparam("began_since")
            ),
            sa.and_(
                Session.remembered,
                Session.last_seen_at > sa.bindparam("remembered_since"),
                Session.created_at > sa.bindparam("remembered_began_since"),
            ),
        ),
    )
    .order_by(Session.id != sa.bindparam("session_id"), Session.last_seen_at.desc())
    .limit(sa.bindparam("most", type_=sa.Integer))
)


def active_sessions(visitor: Visitor, person_id: UUID, most: int) -> Sequence[Any]:
    """The active sessions of a person of the visitor's company, for display: the visitor's own, then the latest used
    first.
    """
    moment = now()
    own = limits(visitor.idle_minutes, visitor.session_hours, None)
    remembered = limits(visitor.idle_minutes, visitor.session_hours, visitor.remember_days)
    return read(
        ACTIVE_SESSIONS,
        {
            "company_id": visitor.company_id,
            "person_id": person_id,
            "session_id": visitor.session_id,
            "moment": moment,
            "used_since": moment - own.idle,
            "began_since": moment - own.longest,
            "remembered_since": moment - remembered.idle,
            "remembered_began_since": moment - remembered.longest,
            "most": most,
        },
    )


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


def number_through(company_id: UUID, connection_id: UUID, *, except_session: UUID) -> int:
    """How many people have sessions that began with a connection. One that has idled out may count for a minute."""
    return (
        db.session.scalar(
            sa.select(sa.func.count(sa.distinct(Session.person_id))).where(
                Session.company_id == company_id,
                Session.connection_id == connection_id,
                Session.ended_at.is_(None),
                Session.id != except_session,
            )
        )
        or 0
    )


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
