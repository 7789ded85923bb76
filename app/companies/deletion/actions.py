"""Writes for deleting a company: asked for by its last owner, canceled within a week, or done by the worker. They flush
and record audit entries; the caller's unit of work commits.
"""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.companies import CompanyDeletionCanceled, CompanyDeletionRequested
from app.audit.log import record
from app.companies import actions
from app.companies.models import Company, CompanyErasure
from app.core.database import db, insert_if_absent, now

GRACE = timedelta(days=7)
"""How long the deletion can be canceled."""
REMINDED_BEFORE = timedelta(days=1)
"""How long before the end of that its owners are reminded, at the latest."""


def request(company: Company, *, actor_id: UUID, kept_session: UUID | None = None) -> bool:
    """Closes the company to members and applications now, and has it deleted when the time of grace is over. False if
    that was requested already.
    """
    deletes_at = now() + GRACE
    if not _set(company, Company.deletes_at.is_(None), deletes_at):
        return False
    record(
        CompanyDeletionRequested(
            company_id=company.id,
            actor_id=actor_id,
            subject_id=company.id,
            deletes_on=deletes_at.date(),
            kept_session=kept_session,
        )
    )
    return True


def cancel(company: Company, *, actor_id: UUID) -> bool:
    """Opens the company again. False if no deletion was requested, or it has begun."""
    has_begun = sa.exists().where(CompanyErasure.company_id == Company.id)
    if not _set(company, sa.and_(Company.deletes_at.is_not(None), ~has_begun), None):
        return False
    record(CompanyDeletionCanceled(company_id=company.id, actor_id=actor_id, subject_id=company.id))
    return True


def note_reminder(company: Company) -> None:
    """The owners are reminded now. If no worker was there to do so in time, they get the time all the same."""
    company.deletion_reminded_at = now()
    assert company.deletes_at
    company.deletes_at = max(company.deletes_at, now() + REMINDED_BEFORE)
    db.session.flush()


def begin(company_id: UUID) -> bool:
    """From now on it can't be canceled, and no one signs in any more: ends what sessions and grants there are. False if
    it was canceled, or has begun already.
    """
    actions.lock_company(company_id)
    company = db.session.get_one(Company, company_id, populate_existing=True)
    if company.deletes_at is None or company.deletes_at > now():
        return False
    if not insert_if_absent(CompanyErasure(company_id=company_id, began_at=now())):
        return False
    actions.change(company, is_active=False)
    return True


def _set(company: Company, condition: sa.ColumnElement[bool], deletes_at: object) -> bool:
    """One UPDATE, so that concurrent requests take turns."""
    changed = db.session.scalar(
        sa.update(Company)
        .where(Company.id == company.id, condition)
        .values(deletes_at=deletes_at, deletion_reminded_at=None)
        .returning(Company.id)
        .execution_options(synchronize_session=False)
    )
    db.session.refresh(company)
    return changed is not None
