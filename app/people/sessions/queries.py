"""All reads about sessions. The company is the first argument wherever there is one."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

import sqlalchemy as sa

from app.companies.models import Company
from app.database import db, now
from app.people.avatars import version
from app.people.models import Person, Role, Session
from app.people.sessions.limits import is_good, token_hash
from app.web.current import Notice, Outlook, Visitor


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
            Person.email_is_confirmed,
            Company.notices,
            Session.created_at,
            Company.idle_minutes,
            Company.session_hours,
        )
        .join(Person, Session.person_id == Person.id)
        .join(Company, Session.company_id == Company.id)
        .where(
            Session.token_hash == token_hash(token),
            Session.ended_at.is_(None),
            Session.expires_at > moment,
            Person.is_active,
            Company.is_active,
        )
    ).first()
    if row is None or not is_good(row.created_at, row.last_seen_at, row.idle_minutes, row.session_hours, moment):
        return None
    found = Visitor(
        token, *row[:9], avatar_version=version(row.avatar_hash, row[5]), email_is_confirmed=row.email_is_confirmed
    )
    return replace(found, notices=_notices(row.notices)) if row.notices and found.is_admin else found


def _notices(noted: list[dict[str, str]]) -> tuple[Notice, ...]:
    return tuple(
        Notice(UUID(one["id"]), one["title"], Outlook(one["outlook"]), date.fromisoformat(one["day"])) for one in noted
    )


def good(company_id: UUID, person_id: UUID) -> list[Session]:
    """The person's sessions that are still good, latest used first; 50 at the most."""
    moment = now()
    found = db.session.execute(
        sa.select(Session, Company.idle_minutes, Company.session_hours)
        .join(Company, Session.company_id == Company.id)
        .where(
            Session.company_id == company_id,
            Session.person_id == person_id,
            Session.ended_at.is_(None),
            Session.expires_at > moment,
        )
        .order_by(Session.last_seen_at.desc())
        .limit(50)
    ).all()
    return [one for one, idle, longest in found if is_good(one.created_at, one.last_seen_at, idle, longest, moment)]


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
