"""All writes about companies and their login pages. They flush and record history; the caller commits."""

from app.audit.actions import record
from app.companies.models import Company, LoginPage
from app.database import changes, db


def make(name: str, code: str) -> Company:
    company = Company(name=name)
    db.session.add(company)
    db.session.flush()
    db.session.add(LoginPage(company_id=company.id, position=0, code=code, note=""))
    db.session.flush()
    record(company.id, "company.made", name=name, code=code)
    return company


def change(company: Company, **values: object) -> list[str]:
    """Sets what differs; returns the names of what changed."""
    changed = changes(company, values)
    if changed:
        record(company.id, "company.changed", subject_id=company.id, changed=changed)
    return list(changed)


def set_login_page(company: Company, position: int, *, code: str, location: str | None, note: str) -> list[str]:
    """Makes or changes the login page at this place; returns the names of what changed."""
    page = next((page for page in company.login_pages if page.position == position), None)
    if page is None:
        page = LoginPage(company_id=company.id, position=position, code=code, location=location, note=note)
        company.login_pages.append(page)
        db.session.flush()
        record(company.id, "login_page.made", subject_id=page.id, code=code)
        return ["made"]
    changed = changes(page, {"code": code, "location": location, "note": note})
    if changed:
        db.session.flush()
        record(company.id, "login_page.changed", subject_id=page.id, changed=changed)
    return list(changed)
