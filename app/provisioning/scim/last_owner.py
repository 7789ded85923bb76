"""A directory may deactivate a company's last owner: then everyone who can do something about it gets an email."""

from app.companies.branding.email_look import email_look
from app.core import email
from app.core.email import Recipient
from app.core.text import isolate
from app.core.translation import lazy_gettext as _l
from app.people import queries as people
from app.people.models import Person, Role


def readers_to_warn(person: Person) -> list[Recipient]:
    """Owners and admins, if this person is the last owner who can sign in; otherwise no one. To be asked before the
    person is deactivated, who gets an email as well.
    """
    if person.role != Role.OWNER or not person.is_active or people.number_of_owners(person.company_id) > 1:
        return []
    return people.admin_recipients(person.company_id)


def warn_of_last_owner(person: Person, title: str, readers: list[Recipient]) -> None:
    """Sent after the commit."""
    look = email_look(person.company_id)
    email.send_email(
        readers,
        _l("%(company)s has no owner who can sign in", company=isolate(look.name)),
        "email/last_owner_deactivated.txt",
        look,
        name=person.name,
        title=title,
    )
