"""Emails to owners about the deletion of their company."""

from app.companies.branding.email_look import look_of
from app.companies.models import Company
from app.core import email
from app.core.translation import lazy_gettext as _l
from app.people import queries as people


def tell_of_request(company: Company) -> None:
    _send(company, _l("%(company)s will be deleted from Portico in 7 days", company=company.shown_name), "requested")


def tell_of_end(company: Company) -> None:
    _send(company, _l("%(company)s will be deleted from Portico tomorrow", company=company.shown_name), "reminder")


def tell_of_cancellation(company: Company) -> None:
    _send(company, _l("%(company)s won’t be deleted from Portico", company=company.shown_name), "canceled")


def _send(company: Company, subject: object, kind: str) -> None:
    """Enqueues the emails once the unit of work is committed."""
    email.send_email(
        people.owner_recipients(company.id),
        subject,
        "email/company_deletion.txt",
        look_of(company.shown_name, company.branding),
        kind=kind,
        deletes_at=company.deletes_at,
    )
