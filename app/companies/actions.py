"""All writes about companies and their login pages. They flush and record history; the caller commits."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.companies import (
    CompanyChanged,
    CompanyCreated,
    LoginPageChanged,
    LoginPageCreated,
    LoginPageDeleted,
)
from app.audit.log import record
from app.companies.models import Company, LoginPage, RetiredCode
from app.core.database import apply_changes, db, now

RESERVED_FOR = timedelta(days=90)
"""How long a login code that was given up forwards, and stays out of others' reach."""


def create(name: str, code: str, *, actor_id: UUID | None = None) -> Company:
    company = Company(name=name)
    db.session.add(company)
    db.session.flush()
    db.session.add(LoginPage(company_id=company.id, position=0, code=code, note=""))
    db.session.flush()
    record(CompanyCreated(company_id=company.id, actor_id=actor_id, name=name, code=code))
    return company


def change(company: Company, *, actor_id: UUID | None = None, **values: object) -> list[str]:
    """Sets what differs; returns the names of what changed."""
    changed = apply_changes(company, values)
    if changed:
        record(CompanyChanged(company_id=company.id, actor_id=actor_id, subject_id=company.id, changed=changed))
    return list(changed)


def lock_company(company_id: UUID) -> None:
    """Lets those who would change the same thing of a company at the same time do it one after the other, until each
    commits."""
    db.session.execute(sa.update(Company).where(Company.id == company_id).values(name=Company.name))


def add_login_page(
    company: Company, *, code: str, location: str | None, note: str = "", actor_id: UUID | None = None
) -> LoginPage:
    """A further login page, for a location."""
    position = max((page.position for page in company.login_pages), default=-1) + 1
    page = LoginPage(company_id=company.id, position=position, code=code, location=location, note=note)
    _free(code)
    company.login_pages.append(page)
    db.session.flush()
    record(LoginPageCreated(company_id=company.id, actor_id=actor_id, subject_id=page.id, code=code))
    return page


def change_login_page(page: LoginPage, *, actor_id: UUID | None = None, **values: str | None) -> list[str]:
    """Sets what differs; a code that is given up forwards for 90 days. Returns the names of what changed."""
    old_code = page.code
    changed = apply_changes(page, dict(values))
    if "code" in changed:
        _free(page.code)
        db.session.add(
            RetiredCode(code=old_code, page_id=page.id, company_id=page.company_id, reserved_until=now() + RESERVED_FOR)
        )
    if changed:
        db.session.flush()
        record(LoginPageChanged(company_id=page.company_id, actor_id=actor_id, subject_id=page.id, changed=changed))
    return list(changed)


def remove_login_page(page: LoginPage, *, actor_id: UUID | None = None) -> None:
    """Its codes go with it and are free at once."""
    db.session.execute(sa.delete(RetiredCode).where(RetiredCode.page_id == page.id))
    db.session.delete(page)
    db.session.flush()
    record(LoginPageDeleted(company_id=page.company_id, actor_id=actor_id, subject_id=page.id, code=page.code))


def _free(code: str) -> None:
    """Whoever takes a code again that was given up ends its forwarding."""
    db.session.execute(sa.delete(RetiredCode).where(RetiredCode.code == code))
