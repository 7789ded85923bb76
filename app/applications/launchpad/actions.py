"""Writes for the launchpad. They flush and record audit entries; the caller's unit of work commits."""

from uuid import UUID

import sqlalchemy as sa

from app.applications.models import AccessRequest
from app.audit.events.applications import AccessRequested
from app.audit.log import record
from app.core.database import db


def ask_for_access(company_id: UUID, person_id: UUID, application_id: UUID, name: str) -> bool:
    """Keeps the request; returns False if there is one already."""
    present = db.session.scalar(
        sa.select(AccessRequest.id).where(
            AccessRequest.company_id == company_id,
            AccessRequest.application_id == application_id,
            AccessRequest.person_id == person_id,
        )
    )
    if present is not None:
        return False
    db.session.add(AccessRequest(company_id=company_id, application_id=application_id, person_id=person_id))
    db.session.flush()
    record(AccessRequested(company_id=company_id, actor_id=person_id, application=application_id, name=name))
    return True
