"""Writes for the launchpad. They flush and record audit entries; the caller's unit of work commits."""

from uuid import UUID

from app.applications.models import AccessRequest
from app.audit.events.applications import AccessRequested
from app.audit.log import record
from app.core.database import insert_absent


def ask_for_access(company_id: UUID, person_id: UUID, application_id: UUID, name: str) -> bool:
    """Keeps the request; returns False if there is one already."""
    asked = AccessRequest(company_id=company_id, application_id=application_id, person_id=person_id)
    if not insert_absent([asked]):
        return False
    record(AccessRequested(company_id=company_id, actor_id=person_id, application=application_id, name=name))
    return True
