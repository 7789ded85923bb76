"""Writes for companies and login pages. They flush and record audit entries; the caller's unit of work commits."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.companies import (
    ChecklistDismissed,
    ChecklistRestored,
    CompanyChanged,
    CompanyCreated,
    LoginPageChanged,
    LoginPageCreated,
    LoginPageDeleted,
)
from app.audit.log import record
from app.companies.models import Company, LoginPage, RetiredCode
from app.core.database import apply_changes, db, now
from app.core.localized_text import Translations, by_language, split

FORWARDS_FOR = timedelta(days=90)
"""How long a released login code forwards. No other company can ever use it."""


def create(name: str, code: str, *, actor_id: UUID | None = None) -> Company:
    company = Company(name=name)
    db.session.add(company)
    db.session.flush()
    db.session.add(LoginPage(company_id=company.id, position=0, code=code, note=""))
    db.session.flush()
    record(CompanyCreated(company_id=company.id, actor_id=actor_id, name=name, code=code))
    return company


def change(company: Company, *, actor_id: UUID | None = None, **values: object) -> list[str]:
    """Sets the values that differ; returns their names."""
    old_language = company.language
    changed = apply_changes(company, values)
    if "language" in changed:
        _keep_languages_of_notes(company, old_language)
    if changed:
        record(CompanyChanged(company_id=company.id, actor_id=actor_id, subject_id=company.id, changed=changed))
    return list(changed)


def _keep_languages_of_notes(company: Company, old_language: str) -> None:
    """Each note stays in its language: the one in the new default language is now the page's own."""
    for page in company.login_pages:
        notes = by_language(page.note, old_language, page.note_translations)
        page.note, page.note_translations = split(notes, company.language)


def set_checklist_dismissed(company: Company, dismissed: bool, *, actor_id: UUID) -> None:
    """Hides the setup checklist from all owners and admins of the company, or shows it again."""
    if dismissed == (company.checklist_dismissed_at is not None):
        return
    company.checklist_dismissed_at = now() if dismissed else None
    event = ChecklistDismissed if dismissed else ChecklistRestored
    record(event(company_id=company.id, actor_id=actor_id, subject_id=company.id))


def lock_company(company_id: UUID) -> None:
    """Locks the company's row until the commit, which serializes concurrent changes of the same kind."""
    db.session.execute(sa.update(Company).where(Company.id == company_id).values(name=Company.name))


def add_login_page(
    company: Company,
    *,
    code: str,
    location: str | None,
    note: str = "",
    note_translations: Translations = None,
    actor_id: UUID | None = None,
) -> LoginPage:
    """Adds a login page, for a location."""
    position = max((page.position for page in company.login_pages), default=-1) + 1
    page = LoginPage(
        company_id=company.id,
        position=position,
        code=code,
        location=location,
        note=note,
        note_translations=note_translations,
    )
    _reuse(company.id, code)
    company.login_pages.append(page)
    db.session.flush()
    record(LoginPageCreated(company_id=company.id, actor_id=actor_id, subject_id=page.id, code=code))
    return page


def change_login_page(page: LoginPage, *, actor_id: UUID | None = None, **values: Any) -> list[str]:
    """Sets the values that differ and returns their names. A released code forwards for 90 days and stays reserved."""
    old_code = page.code
    changed = apply_changes(page, values)
    if "code" in changed:
        _reuse(page.company_id, page.code)
        db.session.add(
            RetiredCode(code=old_code, page_id=page.id, company_id=page.company_id, forwards_until=now() + FORWARDS_FOR)
        )
    if changed:
        db.session.flush()
        record(LoginPageChanged(company_id=page.company_id, actor_id=actor_id, subject_id=page.id, changed=changed))
    return list(changed)


def remove_login_page(page: LoginPage, *, actor_id: UUID | None = None) -> None:
    """Deletes the page. Its codes forward no longer and stay the company's."""
    db.session.execute(sa.update(RetiredCode).where(RetiredCode.page_id == page.id).values(page_id=None))
    db.session.add(RetiredCode(code=page.code, company_id=page.company_id, forwards_until=now()))
    db.session.delete(page)
    db.session.flush()
    record(LoginPageDeleted(company_id=page.company_id, actor_id=actor_id, subject_id=page.id, code=page.code))


def _reuse(company_id: UUID, code: str) -> None:
    """Ends the forwarding of a code that the company released and uses again."""
    db.session.execute(sa.delete(RetiredCode).where(RetiredCode.company_id == company_id, RetiredCode.code == code))
