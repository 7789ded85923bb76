"""Reads of a test. The session identifies it: nothing of it is shown to anyone else."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from app.applications.first_request.models import ApplicationTest, Arrival
from app.applications.grants.models import Grant
from app.core.database import db, now

MOST_ARRIVALS = 50
"""A test never keeps more, however often the application repeats its request."""


def running(session_id: UUID) -> ApplicationTest | None:
    """The session's test, if its link has been opened and its time isn't over."""
    return db.session.scalar(
        sa.select(ApplicationTest).where(
            ApplicationTest.session_id == session_id,
            ApplicationTest.opened_at.is_not(None),
            ApplicationTest.expires_at > now(),
        )
    )


def of_session(company_id: UUID, session_id: UUID, application_id: UUID) -> ApplicationTest | None:
    """The session's test of this application, over or not."""
    return db.session.scalar(
        sa.select(ApplicationTest).where(
            ApplicationTest.company_id == company_id,
            ApplicationTest.session_id == session_id,
            ApplicationTest.application_id == application_id,
        )
    )


def arrivals(test_id: UUID) -> Sequence[Arrival]:
    """The latest first."""
    return db.session.scalars(
        sa.select(Arrival).where(Arrival.test_id == test_id).order_by(Arrival.id.desc()).limit(MOST_ARRIVALS)
    ).all()


def number_of_arrivals(test_id: UUID) -> int:
    return db.session.scalar(sa.select(sa.func.count(Arrival.id)).where(Arrival.test_id == test_id)) or 0


def signed_in_at(test: ApplicationTest) -> datetime | None:
    """When the application redeemed a code that this session got since the test link was opened."""
    if test.opened_at is None:
        return None
    return db.session.scalar(
        sa.select(sa.func.max(Grant.redeemed_at)).where(
            Grant.company_id == test.company_id,
            Grant.session_id == test.session_id,
            Grant.application_id == test.application_id,
            Grant.created_at >= test.opened_at,
        )
    )
