"""Writes for people on the word of a connection's directory (SCIM). They flush and record audit entries; the caller's
unit of work commits.
"""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.people import PersonDeactivated, PersonReactivated
from app.audit.events.provisioning import PeopleMerged, PersonConnected, PersonProvisioned, PersonUpdated
from app.audit.log import record
from app.companies.actions import lock_company
from app.core.database import apply_changes, db, insert_if_absent, now
from app.people import actions, queries
from app.people.models import Person
from app.people.names import fold


@dataclass(frozen=True)
class Described:
    """What a directory says about a person."""

    name: str
    title: str | None
    email: str | None
    """The one form of an address; see `core/email_address.py`."""


def person(company_id: UUID, person_id: UUID | None) -> Person | None:
    """A person whom a directory knows, locked: what it says in two requests at once happens in turn."""
    return db.session.scalar(
        sa.select(Person)
        .where(Person.company_id == company_id, Person.id == person_id, Person.deleted_at.is_(None))
        .with_for_update(key_share=True)
    )


def find_or_provision(company_id: UUID, tid: str, oid: str, described: Described, *, directory: str) -> Person:
    """The person with this Microsoft identity, added if the company doesn't have them. An account with the same address
    keeps it: the new person gets none, and is asked at their first sign-in.
    """
    found = queries.by_identity(company_id, tid, oid)
    if found is not None:
        record(PersonConnected(company_id=company_id, subject_id=found.id, directory=directory))
        return found
    account = _account_with(company_id, described.email)
    made = insert_if_absent(
        Person(
            company_id=company_id,
            tid=tid,
            oid=oid,
            name=described.name,
            sort_name=fold(described.name),
            email=None if account else described.email,
            title=described.title,
            may_duplicate_id=account.id if account else None,
        )
    )
    found = queries.by_identity(company_id, tid, oid)
    assert found is not None
    event = PersonProvisioned if made else PersonConnected
    record(event(company_id=company_id, subject_id=found.id, directory=directory))
    return found


def describe(person: Person, described: Described, *, directory: str) -> None:
    """Sets what the directory says about the person. An address that another account has isn't taken."""
    values: dict[str, object] = {"name": described.name, "title": described.title}
    if described.email and described.email != person.email:
        account = _account_with(person.company_id, described.email)
        if account is None or account.id == person.id:
            values["email"] = described.email
    changed = apply_changes(person, values)
    if changed:
        person.sort_name = fold(person.name)
        db.session.flush()
        record(PersonUpdated(company_id=person.company_id, subject_id=person.id, directory=directory, changed=changed))


def set_active(person: Person, active: bool, *, connection_id: UUID, directory: str) -> None:
    """Deactivating ends the person's sessions and grants. It may concern the last owner. Reactivating undoes what this
    connection's directory did, and nothing that an admin or another connection did.
    """
    if not active and person.inactive_by_connection_id is None:
        person.inactive_by_connection_id = connection_id
    elif active and person.inactive_by_connection_id == connection_id:
        person.inactive_by_connection_id = None
    was_active = person.is_active
    person.update_active()
    db.session.flush()
    if was_active != person.is_active:
        event = PersonReactivated if person.is_active else PersonDeactivated
        record(event(company_id=person.company_id, subject_id=person.id, directory=directory))


def merge(duplicate_id: UUID, account: Person, *, is_guest: bool) -> bool:
    """Links the identity of a person whom a directory has added to the account that is the same person's, and deletes
    that person. The caller has proof of it. Returns False if the account has another identity.
    """
    duplicate = person(account.company_id, duplicate_id)
    if duplicate is None or duplicate.tid is None or duplicate.oid is None:
        return False
    tid, oid = duplicate.tid, duplicate.oid
    for gone in ("tid", "oid", "email", "title", "may_duplicate_id"):
        setattr(duplicate, gone, None)
    duplicate.name, duplicate.sort_name = actions.DELETED_NAME, fold(actions.DELETED_NAME)
    duplicate.is_active, duplicate.deleted_at = False, now()
    db.session.flush()
    if not actions.join(account, tid, oid, is_guest=is_guest):
        return False
    record(
        PeopleMerged(company_id=account.company_id, actor_id=account.id, subject_id=account.id, duplicate=duplicate.id)
    )
    return True


def forget_duplicate(company_id: UUID, person_id: UUID) -> None:
    """The person said that the account with the same address isn't theirs."""
    db.session.execute(
        sa.update(Person)
        .where(Person.company_id == company_id, Person.id == person_id)
        .values(may_duplicate_id=None)
        .execution_options(synchronize_session=False)
    )


def release_connection(company_id: UUID, connection_id: UUID) -> int:
    """The company no longer follows this directory: whom it had deactivated stays so, until an admin decides. Returns
    how many they are.
    """
    lock_company(company_id)
    people = db.session.scalars(
        sa.update(Person)
        .where(Person.company_id == company_id, Person.inactive_by_connection_id == connection_id)
        .values(inactive_by_connection_id=None, is_inactive_by_admin=True)
        .returning(Person.id)
        .execution_options(synchronize_session=False)
    )
    return len(people.all())


def _account_with(company_id: UUID, email: str | None) -> Person | None:
    """The account that may sign in with this address, as long as it has no Microsoft identity of its own."""
    account = queries.by_sign_in_email(company_id, email) if email else None
    return account if account and account.is_active and account.oid is None else None
