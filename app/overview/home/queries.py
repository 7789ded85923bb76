"""What the home of owners and admins shows, the company first: one query for the facts, the others elsewhere."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from app.companies.models import Company, LoginPage
from app.connections.models import Connection, Draft
from app.core.database import db
from app.crm.models import CrmConnection
from app.people.models import Person
from app.people.one_time_tokens.models import RecoveryCode


@dataclass(frozen=True)
class CompanyFacts:
    """What tells which steps of the setup are done, and the addresses that the page links to."""

    password_sign_in: str
    checklist_dismissed_at: datetime | None
    code: str
    page_id: UUID
    """The main login page."""
    has_note: bool
    has_active_connection: bool
    draft_id: UUID | None
    """A connection to continue with."""
    has_other_people: bool
    recovery_codes: int
    """The reader's own, unused."""
    crm_kind: str | None
    crm_name: str | None
    crm_problem: str | None
    crm_synced_at: datetime | None


def company_facts(company_id: UUID, person_id: UUID) -> CompanyFacts:
    """Every condition is answered by an index of its table."""
    other_person = sa.exists().where(
        Person.company_id == company_id, Person.id != person_id, Person.deleted_at.is_(None)
    )
    codes = (
        sa.select(sa.func.count())
        .where(
            RecoveryCode.person_id == person_id,
            RecoveryCode.company_id == company_id,
            RecoveryCode.expires_at.is_(None),
            RecoveryCode.spent_at.is_(None),
        )
        .scalar_subquery()
    )
    row = db.session.execute(
        sa.select(
            Company.password_sign_in,
            Company.checklist_dismissed_at,
            LoginPage.code,
            LoginPage.id.label("page_id"),
            sa.or_(LoginPage.note != "", LoginPage.note_translations.is_not(None)).label("has_note"),
            sa.exists()
            .where(Connection.company_id == company_id, Connection.is_enabled)
            .label("has_active_connection"),
            _first_draft(company_id).label("draft_id"),
            other_person.label("has_other_people"),
            codes.label("recovery_codes"),
            CrmConnection.kind.label("crm_kind"),
            sa.func.coalesce(CrmConnection.organization_name, CrmConnection.environment).label("crm_name"),
            CrmConnection.trouble.label("crm_problem"),
            CrmConnection.last_success_at.label("crm_synced_at"),
        )
        .join(LoginPage, sa.and_(LoginPage.company_id == Company.id, LoginPage.position == 0))
        .outerjoin(CrmConnection, CrmConnection.company_id == Company.id)
        .where(Company.id == company_id)
    ).one()
    return CompanyFacts(**row._asdict())


def _first_draft(company_id: UUID) -> sa.ScalarSelect[UUID]:
    return (
        sa.select(Draft.id)
        .where(Draft.company_id == company_id)
        .order_by(Draft.position, Draft.id)
        .limit(1)
        .scalar_subquery()
    )
