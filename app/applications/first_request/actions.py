"""Writes for tests. They flush; the caller's unit of work commits."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from app.applications.first_request.models import ApplicationTest, Arrival
from app.applications.first_request.queries import MOST_ARRIVALS, number_of_arrivals
from app.core.database import db, now

DURATION = timedelta(minutes=15)


def start(company_id: UUID, session_id: UUID, application_id: UUID) -> ApplicationTest:
    """Starts a test, which replaces the session's former one; those that are over are deleted."""
    moment = now()
    db.session.execute(
        sa.delete(ApplicationTest).where(
            ApplicationTest.company_id == company_id,
            sa.or_(ApplicationTest.session_id == session_id, ApplicationTest.expires_at < moment),
        )
    )
    test = ApplicationTest(
        company_id=company_id, session_id=session_id, application_id=application_id, expires_at=moment + DURATION
    )
    db.session.add(test)
    db.session.flush()
    return test


def open_link(test: ApplicationTest) -> None:
    """From now on requests are recorded."""
    test.opened_at = test.opened_at or now()


def record_arrival(
    test: ApplicationTest, endpoint: str, names: list[str], verdicts: list[str], redirect_uri: str | None = None
) -> None:
    if number_of_arrivals(test.id) >= MOST_ARRIVALS:
        return
    db.session.add(
        Arrival(test_id=test.id, endpoint=endpoint, names=names, verdicts=verdicts, redirect_uri=redirect_uri)
    )
    db.session.flush()
