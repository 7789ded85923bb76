"""Writes for second factors. They flush and record audit entries; the caller's unit of work commits."""

import time
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.security import (
    SecondFactorAdded,
    SecondFactorRemoved,
    SecondFactorReplaced,
    SecondFactorsReset,
)
from app.audit.log import record
from app.core.database import db, now
from app.people.models import Person
from app.people.two_step import queries, totp
from app.people.two_step.models import Authenticator, Passkey
from app.people.two_step.passkeys import Made, Used

LONGEST_NAME = 60


def begin_authenticator(person: Person) -> None:
    """Starts setting up an authenticator app, which counts only after its first code was right; until then an existing
    app keeps counting. Each setup has a secret of its own, so an earlier QR code is worthless.
    """
    found = queries.authenticator(person.company_id, person.id)
    if found is None:
        db.session.add(Authenticator(company_id=person.company_id, person_id=person.id, secret=totp.new_secret()))
    elif found.confirmed_at is None:
        found.secret = totp.new_secret()
    else:
        found.replacement = totp.new_secret()
    db.session.flush()


def confirm_authenticator(person: Person, number: str) -> bool:
    """Whether the first code of the new app was right; from then on only that app counts."""
    found = queries.authenticator(person.company_id, person.id)
    if found is None:
        return False
    if found.replacement is not None:
        return _replace(person, found, found.replacement, number)
    if found.confirmed_at is not None or not _redeem(found, number):
        return False
    found.confirmed_at = now()
    db.session.flush()
    _record(person, SecondFactorAdded, kind="authenticator")
    return True


def _replace(person: Person, found: Authenticator, secret: str, number: str) -> bool:
    step = totp.step_of(secret, number, time.time(), 0)
    if step is None:
        return False
    # Of concurrent confirmations one replaces it.
    replaced = db.session.scalar(
        sa.update(Authenticator)
        .where(Authenticator.id == found.id, Authenticator.replacement_sealed == found.replacement_sealed)
        .values(replacement_sealed=None, last_step=step, confirmed_at=now())
        .returning(Authenticator.id)
    )
    if replaced is None:
        return False
    found.secret = secret
    db.session.flush()
    _record(person, SecondFactorReplaced, kind="authenticator")
    return True


def check_code(person: Person, number: str) -> bool:
    """Whether the person's app shows this code now and it was not used before."""
    found = queries.authenticator(person.company_id, person.id)
    return found is not None and found.confirmed_at is not None and _redeem(found, number)


def add_passkey(person: Person, made: Made, name: str) -> None:
    """Raises sqlalchemy.exc.IntegrityError for a passkey that is already registered."""
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
    _record(person, SecondFactorAdded, kind="passkey")


def note_passkey_used(used: Used) -> None:
    used.passkey.sign_count, used.passkey.last_used_at = used.sign_count, now()


def remove(person: Person, factor: Authenticator | Passkey) -> None:
    db.session.delete(factor)
    db.session.flush()
    _record(person, SecondFactorRemoved, kind=factor.__tablename__)


def reset(person: Person, *, actor_id: UUID) -> None:
    """Removes all second factors, for a person who lost theirs."""
    remove_all(person)
    record(SecondFactorsReset(company_id=person.company_id, actor_id=actor_id, subject_id=person.id))


def remove_all(person: Person) -> None:
    for model in (Authenticator, Passkey):
        db.session.execute(sa.delete(model).where(model.company_id == person.company_id, model.person_id == person.id))


def _redeem(authenticator: Authenticator, number: str) -> bool:
    step = totp.step_of(authenticator.secret or "", number, time.time(), authenticator.last_step)
    if step is None:
        return False
    # Of concurrent attempts with the same code one succeeds.
    return (
        db.session.execute(
            sa.update(Authenticator)
            .where(Authenticator.id == authenticator.id, Authenticator.last_step < step)
            .values(last_step=step)
            .returning(Authenticator.id)
        ).first()
        is not None
    )


def _record(
    person: Person, event: type[SecondFactorAdded | SecondFactorReplaced | SecondFactorRemoved], kind: str
) -> None:
    record(event(company_id=person.company_id, actor_id=person.id, subject_id=person.id, kind=kind))
