"""Emails to owners and admins about a domain whose record is missing."""

from datetime import timedelta
from uuid import UUID

from app.companies.branding.email_look import email_look
from app.companies.domains import queries
from app.companies.domains.actions import LOST_AFTER
from app.core import email
from app.core.database import now
from app.core.translation import lazy_gettext as _l
from app.people import queries as people


def tell(domain_id: UUID, *, is_lost: bool) -> None:
    """Enqueues the emails once the unit of work is committed."""
    domain = queries.by_id(domain_id)
    assert domain is not None
    name = domain.shown_name
    subject = (
        _l("%(domain)s is no longer your company’s on Portico", domain=name)
        if is_lost
        else _l("Action needed: the DNS record of %(domain)s is missing", domain=name)
    )
    lost_at = (domain.missing_since or now()) + LOST_AFTER
    email.send_email(
        people.admin_recipients(domain.company_id),
        subject,
        "email/domain_missing.txt",
        email_look(domain.company_id),
        is_lost=is_lost,
        domain=name,
        domain_id=domain.id,
        record_name=domain.record_name,
        record_value=domain.record_value,
        missing_since=domain.missing_since,
        # At the earliest with the next check.
        lost_at=max(lost_at, now() + timedelta(days=1)),
    )
