"""Ends the sessions that have reached their company's limits, and says so: applications depend on it."""

from datetime import datetime, timedelta

import sqlalchemy as sa

from app.audit.events.sign_ins import SessionExpired
from app.audit.log import record
from app.companies.models import Company
from app.core.database import db, now
from app.sessions.limits import IDLE_CHOICES, LONGEST_SESSION, SESSION_CHOICES
from app.sessions.models import EndReason, Session

BATCH = 500


def end_expired() -> int:
    """Ends a batch; returns how many there were."""
    moment = now()
    return _end_batch(Session.last_seen_at <= _idle_since(moment)) or _end_batch(Session.created_at <= _began(moment))


def _end_batch(is_over: sa.ColumnElement[bool]) -> int:
    """The sessions are found by an index, company by company. Where a request uses one at the same moment, PostgreSQL
    looks at its row again as soon as that is committed.
    """
    found = (
        sa.select(Session.id)
        .join(Company, Company.id == Session.company_id)
        .where(Session.ended_at.is_(None), is_over)
        .limit(BATCH)
        .with_for_update(of=Session, skip_locked=True)
    )
    ended = db.session.execute(
        sa.update(Session)
        .where(Session.id.in_(found), Session.ended_at.is_(None))
        .values(ended_at=now(), end_reason=EndReason.EXPIRED)
        .returning(Session.id, Session.company_id, Session.person_id)
        .execution_options(synchronize_session=False)
    ).all()
    for one in ended:
        record(SessionExpired(company_id=one.company_id, subject_id=one.person_id, session=one.id))
    return len(ended)


def _idle_since(moment: datetime) -> sa.ColumnElement[datetime]:
    """A session that was last used before this has reached its company's idle limit."""
    limits = {minutes: moment - timedelta(minutes=minutes) for minutes in IDLE_CHOICES}
    return sa.case(limits, value=Company.idle_minutes, else_=moment - LONGEST_SESSION)


def _began(moment: datetime) -> sa.ColumnElement[datetime]:
    """A session that began before this has reached the length that its company allows."""
    limits = {hours: moment - timedelta(hours=hours) for hours in SESSION_CHOICES}
    return sa.case(limits, value=Company.session_hours, else_=moment - LONGEST_SESSION)
