"""Emails that ask people to move to Microsoft."""

from uuid import UUID

from app.audit.events.people import MigrationReminderSent
from app.audit.log import record
from app.companies import queries as companies
from app.companies.branding.email_look import email_look
from app.core import email
from app.core.email_look import Look
from app.core.tasks import task
from app.core.text import isolate
from app.core.translation import lazy_gettext as _l
from app.core.unit_of_work import unit_of_work
from app.people.microsoft_migration import queries
from app.people.models import Person


@task(retries=2, retry_seconds=30)
@unit_of_work()
def remind_all(company_id: str, actor_id: str) -> None:
    """Reminds everyone who has not moved to Microsoft yet, except those who were never invited."""
    waiting = queries.to_remind(UUID(company_id))
    code = companies.by_id(UUID(company_id)).login_pages[0].code
    look = email_look(UUID(company_id))
    for person in waiting:
        _remind(person, code, look)
    record(MigrationReminderSent(company_id=UUID(company_id), actor_id=UUID(actor_id), people=len(waiting)))


def _remind(person: Person, code: str, look: Look) -> None:
    email.send_email(
        [email.Recipient(person.sign_in_email or "", person.email_language)],
        _l("%(company_name)s now uses Microsoft sign-in", company_name=isolate(look.name)),
        "email/microsoft_migration.txt",
        look,
        name=person.name,
        code=code,
    )
