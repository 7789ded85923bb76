"""What happened at a connection: for its page."""

from datetime import UTC, date, datetime, time
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.sign_ins import SignInFailed
from app.audit.models import AuditEntry
from app.core.database import db, min_uuid7
from app.sessions.models import Session


def last_sign_in(company_id: UUID, connection_id: UUID) -> datetime | None:
    """When the newest session began that was signed in through the connection; None if there is none any more."""
    return db.session.scalar(
        sa.select(sa.func.max(Session.created_at)).where(
            Session.company_id == company_id, Session.connection_id == connection_id
        )
    )


def failures_of_day(company_id: UUID, day: date) -> int:
    """How many sign-ins of the company failed since the UTC day began, by any method."""
    begin = datetime.combine(day, time(), UTC)
    return (
        db.session.scalar(
            sa.select(sa.func.count())
            .select_from(AuditEntry)
            .where(
                AuditEntry.company_id == company_id,
                AuditEntry.event == SignInFailed.event_name,
                AuditEntry.id >= min_uuid7(begin),
            )
        )
        or 0
    )
