"""Writes for invitations. They flush and record audit entries; the caller's unit of work commits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa
import sqlalchemy.exc

from app.audit.events.people import (
    InvitationAccepted,
    InvitationCreated,
    InvitationRenewed,
    InvitationRevoked,
    PersonCreated,
)
from app.audit.log import record
from app.core.database import db, now
from app.people import queries as people
from app.people.imports.csv_parser import NewPerson
from app.people.invitations import queries
from app.people.invitations.models import Invitation
from app.people.models import KeyEnd, Person, SignInMethod
from app.people.names import fold
from app.people.one_time_tokens import actions as one_time_tokens
from app.people.one_time_tokens.rules import key_hash, new_link_key

INVITATION_LIFE = timedelta(days=14)


@dataclass(frozen=True)
class SignInAssignment:
    """How people who are added are to sign in."""

    method: SignInMethod
    connection_id: UUID | None = None
    tenant: str | None = None
    """The directory that object IDs belong to."""


class AlreadyHere(Exception):
    """The company already has a person with this address or identity."""


def add(company_id: UUID, wanted: NewPerson, assignment: SignInAssignment, *, actor_id: UUID) -> Person:
    """Adds an account that is not accepted yet. Raises AlreadyHere, with nothing written."""
    if people.by_shown_email(company_id, [wanted.email]):
        raise AlreadyHere
    person = as_person(company_id, wanted, assignment)
    db.session.add(person)
    try:
        db.session.flush()
    except sqlalchemy.exc.IntegrityError:
        db.session.rollback()
        raise AlreadyHere from None
    record(PersonCreated(company_id=company_id, actor_id=actor_id, subject_id=person.id, role=wanted.role))
    return person


def as_person(company_id: UUID, wanted: NewPerson, assignment: SignInAssignment) -> Person:
    """The row of an account to be added; not in the database yet."""
    identity = bool(wanted.object_id and assignment.tenant)
    return Person(
        company_id=company_id,
        email=wanted.email,
        sign_in_email=wanted.email,
        name=wanted.name,
        sort_name=fold(wanted.name),
        role=wanted.role,
        sign_in_method=assignment.method,
        method_connection_id=assignment.connection_id if assignment.method == SignInMethod.CONNECTION else None,
        tid=assignment.tenant if identity else None,
        oid=wanted.object_id if identity else None,
        external_id=wanted.external_id,
    )


def invite(person: Person, *, actor_id: UUID, leads_to: UUID | None = None) -> str:
    """A new key for the invitation's link; earlier links stop working. A new invitation leads to the application with
    this id; one that is sent again leads where it did.
    """
    return invite_all([person], actor_id=actor_id, leads_to=leads_to)[person.id]


def invite_all(invited: Sequence[Person], *, actor_id: UUID, leads_to: UUID | None = None) -> dict[UUID, str]:
    """The same for several people of one company; the keys by the person's id."""
    present = queries.invitations(invited[0].company_id, [person.id for person in invited])
    replaced = [invitation.key_hash for invitation in present.values()]
    if replaced:
        one_time_tokens.end(invited[0].company_id, replaced, KeyEnd.REPLACED)
    keys = {person.id: new_link_key() for person in invited}
    for person in invited:
        invitation = present.get(person.id)
        if invitation is None:
            invitation = Invitation(company_id=person.company_id, person_id=person.id, leads_to_id=leads_to)
            db.session.add(invitation)
        invitation.key_hash = key_hash(keys[person.id])
        invitation.expires_at = now() + INVITATION_LIFE
        invitation.invited_by_id = actor_id
    db.session.flush()
    for person in invited:
        event = InvitationRenewed if person.id in present else InvitationCreated
        record(event(company_id=person.company_id, actor_id=actor_id, subject_id=person.id))
    return keys


def revoke(person: Person, *, actor_id: UUID) -> None:
    """Deletes an account that was never accepted."""
    invitation = queries.invitation(person.company_id, person.id)
    if invitation:
        _end_key(invitation, KeyEnd.REVOKED)
        db.session.delete(invitation)
        db.session.flush()
    record(InvitationRevoked(company_id=person.company_id, actor_id=actor_id, subject_id=person.id, email=person.email))
    db.session.delete(person)
    db.session.flush()


def accept(person: Person, hashed_key: str) -> bool:
    """Accepts the invitation with this key, once: of concurrent requests one succeeds."""
    unused = sa.exists().where(
        Person.id == Invitation.person_id, Person.password_hash.is_(None), Person.last_sign_in_at.is_(None)
    )
    return _accept(person, Invitation.key_hash == hashed_key, Invitation.expires_at > now(), unused)


def note_accepted(person: Person) -> None:
    """Marks a pending invitation, if any, as accepted when the person signed in another way than by its link."""
    _accept(person)


def _accept(person: Person, *conditions: sa.ColumnElement[bool]) -> bool:
    accepted = db.session.scalar(
        sa.update(Invitation)
        .where(
            Invitation.company_id == person.company_id,
            Invitation.person_id == person.id,
            Invitation.accepted_at.is_(None),
            *conditions,
        )
        .values(accepted_at=now())
        .returning(Invitation.id)
    )
    if accepted is None:
        return False
    record(InvitationAccepted(company_id=person.company_id, actor_id=person.id, subject_id=person.id))
    return True


def _end_key(invitation: Invitation, how: KeyEnd) -> None:
    one_time_tokens.end(invitation.company_id, [invitation.key_hash], how)
