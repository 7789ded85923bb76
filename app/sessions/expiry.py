"""Ends the sessions that have reached their company's limits, and says so: applications depend on it."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import sqlalchemy as sa

from app.audit.events.sign_ins import SessionExpired
from app.audit.log import record
from app.companies.models import Company
from app.core.database import db, now
from app.sessions.limits import IDLE_CHOICES, REMEMBER_CHOICES, SESSION_CHOICES
from app.sessions.models import EndReason, Session

BATCH = 500
IS_USUAL = sa.or_(
    Session.remembered.is_(False),
    Session.company_id.in_(sa.select(Company.id).where(Company.remember_days.is_(None))),
)
"""Not of a device that the company remembers."""


def end_expired() -> int:
    """Ends a batch; returns how many there were."""
    moment = now()
    return next(filter(None, (_end_batch(*limit) for limit in _limits(moment))), 0)


def _limits(moment: datetime) -> Iterator[tuple[sa.ColumnElement[bool], sa.ColumnElement[bool]]]:
    """Conditions of companies by their limits, each with that of their sessions which have reached them; the same as
    `limits.limits` computes for one.
    """
    for minutes in IDLE_CHOICES:
        is_over = Session.last_seen_at <= moment - timedelta(minutes=minutes)
        yield Company.idle_minutes == minutes, sa.and_(is_over, IS_USUAL)
    for hours in SESSION_CHOICES:
        is_over = Session.created_at <= moment - timedelta(hours=hours)
        yield Company.session_hours == hours, sa.and_(is_over, IS_USUAL)
    for days in REMEMBER_CHOICES:
        remembers = Company.remember_days == days
        # Longer than every usual limit of inactivity.
        yield remembers, sa.and_(Session.last_seen_at <= moment - timedelta(days=days), Session.remembered)
        for hours in SESSION_CHOICES:
            is_over = Session.created_at <= moment - max(timedelta(hours=hours), timedelta(days=days))
            yield sa.and_(remembers, Company.session_hours == hours), sa.and_(is_over, Session.remembered)


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
