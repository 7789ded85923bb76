"""Invitation emails."""

from uuid import UUID

from app.companies.branding.email_look import email_look
from app.core import email
from app.core.tasks import task
from app.core.text import isolate
from app.core.translation import lazy_gettext as _l
from app.core.unit_of_work import unit_of_work
from app.people import queries as people
from app.people.invitations import actions
from app.people.models import Person


def invite(person: Person, key: str, inviter: str | None, application: str | None = None) -> bool:
    """Returns whether the queue accepted the email. `application` is the name of the one that the invitation leads
    to.
    """
    look = email_look(person.company_id)
    company_name = isolate(look.name)
    return email.send_email_now(
        [email.Recipient(person.sign_in_email or "", person.email_language)],
        _l("%(inviter)s invited you to %(company_name)s", inviter=isolate(inviter), company_name=company_name)
        if inviter
        else _l("You’re invited to %(company_name)s", company_name=company_name),
        "email/invitation.txt",
        look,
        name=person.name,
        inviter=inviter,
        application=application,
        key=key,
    )


@task(retries=3, retry_seconds=10)
def send_invitation(company_id: str, person_id: str, actor_id: str) -> None:
    """Invites a person from an import. Fails, and is retried, until the batch is committed."""
    person = people.person(UUID(company_id), UUID(person_id))
    if person is None:
        raise LookupError("the person is not there, or not yet")
    if not person.is_pending:
        return
    with unit_of_work():
        key = actions.invite(person, actor_id=UUID(actor_id))
    inviter = people.person(UUID(company_id), UUID(actor_id))
    invite(person, key, inviter.name if inviter else None)
