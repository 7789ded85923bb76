"""All writes about second factors. They flush and record history; the caller commits."""

import time
from uuid import UUID

import sqlalchemy as sa

from app.audit.actions import record
from app.database import db, now
from app.people.models import Person
from app.people.second_factor import queries, totp
from app.people.second_factor.models import Authenticator, Passkey
from app.people.second_factor.passkeys import Made

LONGEST_NAME = 60


def begin_authenticator(person: Person) -> Authenticator:
    """An app that is asked for nothing until its first number is right. A half-made one of before is forgotten."""
    found = queries.authenticator(person.company_id, person.id)
    if found and found.confirmed_at is None:
        return found
    if found:
        db.session.delete(found)
        db.session.flush()
    begun = Authenticator(company_id=person.company_id, person_id=person.id, secret=totp.new_secret())
    db.session.add(begun)
    db.session.flush()
    return begun


def confirm_authenticator(person: Person, number: str) -> bool:
    """Whether the number was right; from then on it is asked for."""
    found = queries.authenticator(person.company_id, person.id)
    if found is None or not _spend(found, number):
        return False
    found.confirmed_at = now()
    db.session.flush()
    _record(person, "second_factor.added", kind="authenticator")
    return True


def check_number(person: Person, number: str) -> bool:
    """Whether the person's app shows this number now, and it was not used before."""
    found = queries.authenticator(person.company_id, person.id)
    return found is not None and found.confirmed_at is not None and _spend(found, number)


def add_passkey(person: Person, made: Made, name: str) -> None:
    """Raises sqlalchemy.exc.IntegrityError for a key that is known already."""
    db.session.add(
        Passkey(
            company_id=person.company_id,
            person_id=person.id,
            credential_id=made.credential_id,
            public_key=made.public_key,
            sign_count=made.sign_count,
            name=name[:LONGEST_NAME] or "Passkey",
        )
    )
    db.session.flush()
    _record(person, "second_factor.added", kind="passkey")


def note_passkey_used(passkey: Passkey, sign_count: int) -> None:
    passkey.sign_count, passkey.last_used_at = sign_count, now()


def remove(person: Person, factor: Authenticator | Passkey) -> None:
    db.session.delete(factor)
    db.session.flush()
    _record(person, "second_factor.removed", kind=factor.__tablename__)


def take_away(person: Person, *, actor_id: UUID) -> None:
    """All second factors, for somebody who lost theirs."""
    remove_all(person)
    record(person.company_id, "second_factor.taken_away", actor_id=actor_id, subject_id=person.id)


def remove_all(person: Person) -> None:
    for model in (Authenticator, Passkey):
        db.session.execute(sa.delete(model).where(model.company_id == person.company_id, model.person_id == person.id))


def _spend(authenticator: Authenticator, number: str) -> bool:
    step = totp.step_of(authenticator.secret or "", number, time.time(), authenticator.last_step)
    if step is None:
        return False
    # Of any number who try the same number at the same time one is let in.
    return (
        db.session.execute(
            sa.update(Authenticator)
            .where(Authenticator.id == authenticator.id, Authenticator.last_step < step)
            .values(last_step=step)
            .returning(Authenticator.id)
        ).first()
        is not None
    )


def _record(person: Person, event: str, kind: str) -> None:
    record(person.company_id, event, actor_id=person.id, subject_id=person.id, kind=kind)
