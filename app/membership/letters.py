"""What people are told by mail who come to belong to a company, or are to move to Microsoft."""

from uuid import UUID

from app import mail
from app.audit.actions import record
from app.companies import queries as companies
from app.database import db
from app.membership import actions
from app.people import queries as people
from app.people.models import Person
from app.queue import task
from app.text import isolate


def invite(person: Person, key: str, inviter: str | None) -> bool:
    """Says whether the queue took it."""
    return mail.write(
        [person.sign_in_email or ""],
        f"Your account at {isolate(person.company.name)}",
        "mail/invitation.txt",
        company_name=person.company.name,
        name=person.name,
        inviter=inviter,
        key=key,
    )


@task(retries=3, retry_seconds=10)
def send_invitation(company_id: str, person_id: str, actor_id: str) -> None:
    """To somebody whom a file brought. Fails, and is tried again, while the portion of the file is not kept yet."""
    person = people.person(UUID(company_id), UUID(person_id))
    if person is None:
        raise LookupError("the person is not there, or not yet")
    if not person.is_invited:
        return
    key = actions.invite(person, actor_id=UUID(actor_id))
    db.session.commit()
    inviter = people.person(UUID(company_id), UUID(actor_id))
    invite(person, key, inviter.name if inviter else None)


@task(retries=2, retry_seconds=30)
def remind_all(company_id: str, actor_id: str, person_id: str | None) -> None:
    """To whoever has not moved to Microsoft yet: all, or one of them."""
    named = None if person_id is None else [UUID(person_id)]
    waiting = people.without_microsoft(UUID(company_id), named)
    code = companies.by_id(UUID(company_id)).login_pages[0].code
    for person in waiting:
        _remind(person, code)
    record(UUID(company_id), "moving.reminded", actor_id=UUID(actor_id), people=len(waiting))
    db.session.commit()


def _remind(person: Person, code: str) -> None:
    mail.write(
        [person.sign_in_email or ""],
        f"Sign in to {isolate(person.company.name)} with Microsoft from now on",
        "mail/moving.txt",
        company_name=person.company.name,
        name=person.name,
        code=code,
    )
