"""Ends the sessions that have reached their company's limits, and says so: applications depend on it."""

from datetime import timedelta

import sqlalchemy as sa

from app.audit.events.sign_ins import SessionExpired
from app.audit.log import record
from app.companies.models import Company
from app.core.database import db, now
from app.sessions.limits import IDLE_CHOICES, SESSION_CHOICES
from app.sessions.models import EndReason, Session

BATCH = 500


def end_expired() -> int:
    """Ends a batch; returns how many there were."""
    moment = now()
    limits = [
        *(
            (Company.idle_minutes == one, Session.last_seen_at <= moment - timedelta(minutes=one))
            for one in IDLE_CHOICES
        ),
        *(
            (Company.session_hours == one, Session.created_at <= moment - timedelta(hours=one))
            for one in SESSION_CHOICES
        ),
    ]
    return next(filter(None, (_end_batch(*limit) for limit in limits)), 0)


def _end_batch(has_limit: sa.ColumnElement[bool], is_over: sa.ColumnElement[bool]) -> int:
    """The sessions are found by an index, company by company. Where a request uses one at the same moment, PostgreSQL
    looks at its row again as soon as that is committed.
    """
    found = (
        sa.select(Session.id)
        .where(Session.company_id.in_(sa.select(Company.id).where(has_limit)), Session.ended_at.is_(None), is_over)
        .limit(BATCH)
        .with_for_update(skip_locked=True)
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
