"""The worker's part of deleting companies: reminds their owners, and deletes what is due."""

from uuid import UUID

import structlog

from app.applications.backchannel import queries as backchannel
from app.applications.backchannel.delivery import GIVE_UP_AFTER
from app.companies import actions
from app.companies import queries as companies
from app.companies.deletion import actions as deletion
from app.companies.deletion import erasing, queries
from app.companies.models import CompanyErasure
from app.core.database import db, now
from app.core.tasks import one_by_one
from app.core.unit_of_work import unit_of_work
from app.overview.company import notifications

log = structlog.get_logger(__name__)


def remind_owners() -> None:
    """Emails the owners the day before. Idempotent."""
    one_by_one(queries.to_remind(now()), _remind)


def delete_due() -> None:
    """Begins what is due, and continues what has begun, also by a worker that was killed. Idempotent."""
    one_by_one(queries.due(now()), _begin)
    one_by_one(queries.begun(), _continue)


def _remind(company_id: UUID) -> None:
    with unit_of_work():
        actions.lock_company(company_id)
        company = companies.by_id(company_id)
        db.session.refresh(company)
        if company.deletes_at and not company.deletion_reminded_at:
            deletion.note_reminder(company)
            notifications.tell_of_end(company)


def _begin(company_id: UUID) -> None:
    with unit_of_work():
        if deletion.begin(company_id):
            log.info("company_deletion_began", company=str(company_id))


def _continue(erasure: CompanyErasure) -> None:
    """Applications are told of the sessions that ended before what that takes is deleted."""
    company_id, is_late = erasure.company_id, now() - erasure.began_at > GIVE_UP_AFTER
    if backchannel.is_any_waiting(company_id) and not is_late:
        return
    if erasing.erase(company_id):
        log.info("company_deleted", company=str(company_id))
