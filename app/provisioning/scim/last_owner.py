"""A directory may deactivate a company's last owner: then everyone who can do something about it gets an email."""

from app.core import email
from app.core.text import isolate
from app.core.translation import gettext as _
from app.people import queries as people
from app.people.models import Person, Role


def addresses_to_warn(person: Person) -> list[str]:
    """Owners and admins, if this person is the last owner who can sign in; otherwise no one. To be asked before the
    person is deactivated, who gets an email as well.
    """
    if person.role != Role.OWNER or not person.is_active or people.number_of_owners(person.company_id) > 1:
        return []
    return people.admin_addresses(person.company_id)


def warn_of_last_owner(person: Person, title: str, addresses: list[str]) -> None:
    """Sent after the commit."""
    email.send_email(
        addresses,
        _("%(company)s has no owner who can sign in", company=isolate(person.company.name)),
        "email/last_owner_deactivated.txt",
        company_name=person.company.name,
        name=person.name,
        title=title,
    )
