"""What a directory's word about a user means for a person: who it is, what they are called, and whether they may sign
in.

A person is found by (tenant, object id) and nothing else. An address proves nothing: the administrator of a directory
can enter any. So a user whose address another account has becomes a person of their own without a sign-in email, and
is asked at their first sign-in.
"""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.core.email_address import InvalidEmail, parse_email
from app.core.text import sanitize, sanitize_name
from app.people import directory_actions as people
from app.people.directory_actions import Described
from app.people.models import Person
from app.provisioning.scim.last_owner import readers_to_warn, warn_of_last_owner
from app.provisioning.scim.models import ScimUser
from app.provisioning.scim.queries import Directory
from app.provisioning.scim.resources import User
from app.provisioning.scim.users.documents import display_name, work_email

LONGEST_NAME, LONGEST_TITLE = 200, 200


@dataclass(frozen=True)
class Effect:
    """What a request did to the person."""

    deactivated: bool = False
    reactivated: bool = False


def apply(directory: Directory, row: ScimUser, user: User) -> Effect:
    """Updates the person to what the user says. Those without an object ID belong to no person yet."""
    described, person, oid = _described(user), _person(row), object_id(row.external_id)
    if oid and (person is None or (person.tid, person.oid) != (directory.tenant, oid)):
        if person:
            # The mapping of externalId was corrected: the former person isn't this user.
            _set_active(directory, person, active=False)
        person = people.find_or_provision(
            directory.company_id, directory.tenant, oid, described, directory=directory.title
        )
        row.person_id = person.id
    if person is None:
        return Effect()
    people.describe(person, described, directory=directory.title)
    return _set_active(directory, person, row.is_active)


def release(directory: Directory, row: ScimUser) -> Effect:
    """The directory no longer has the user: the person stays, deactivated."""
    person = _person(row)
    return _set_active(directory, person, active=False) if person else Effect()


def object_id(external_id: str | None) -> str | None:
    """The object ID that `externalId` is, if the directory's admin has mapped it so."""
    try:
        return str(UUID(external_id)) if external_id and len(external_id) == 36 else None
    except ValueError:
        return None


def _set_active(directory: Directory, person: Person, active: bool) -> Effect:
    was_active = person.is_active
    readers = readers_to_warn(person) if not active else []
    people.set_active(person, active, connection_id=directory.connection_id, directory=directory.title)
    if was_active and not person.is_active and readers:
        warn_of_last_owner(person, directory.title, readers)
    return Effect(deactivated=was_active and not person.is_active, reactivated=not was_active and person.is_active)


def _person(row: ScimUser) -> Person | None:
    """None before the user has an object ID, and after an admin has deleted the person."""
    return people.person(row.company_id, row.person_id) if row.person_id else None


def _described(user: User) -> Described:
    values: dict[str, Any] = {
        "name": sanitize_name(display_name(user), LONGEST_NAME) or "Unnamed",
        "title": sanitize(user.title, LONGEST_TITLE) or None,
    }
    try:
        email = parse_email(work_email(user) or "")
    except InvalidEmail:
        email = None
    return Described(email=email, **values)
