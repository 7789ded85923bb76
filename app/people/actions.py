"""All writes about people. They flush and record history; the caller commits."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from app.audit.actions import record
from app.database import changes, db, insert_if_absent, now
from app.people import queries, recovery
from app.people.avatars import Picture
from app.people.models import Avatar, Person, RecoveryKey, Role
from app.people.names import fold
from app.people.passwords import hash_password, matches


def find_or_make(
    company_id: UUID, tid: str, oid: str, *, name: str, email: str | None, is_guest: bool
) -> tuple[Person, bool]:
    """The person that this Microsoft identity is at the company, made if new; and whether it was.

    However many first sign-ins come at once, one row is made.
    """
    person = queries.by_identity(company_id, tid, oid)
    if person is not None:
        return person, False
    made = insert_if_absent(
        Person(
            company_id=company_id,
            tid=tid,
            oid=oid,
            name=name,
            sort_name=fold(name),
            email=email,
            is_guest=is_guest,
        )
    )
    person = queries.by_identity(company_id, tid, oid)
    assert person is not None
    if made:
        record(company_id, "person.made", subject_id=person.id, tid=tid, oid=oid)
    return person, made


def make(company_id: UUID, *, email: str, name: str, role: str, password: str | None) -> Person:
    """Somebody who signs in with a password."""
    person = Person(
        company_id=company_id,
        email=email,
        name=name,
        sort_name=fold(name),
        role=role,
        password_hash=hash_password(password) if password else None,
    )
    db.session.add(person)
    db.session.flush()
    record(company_id, "person.made", subject_id=person.id, role=role)
    return person


def change(person: Person, *, password: str | None, name: str, role: str) -> list[str]:
    """Sets what differs; returns the names of what changed. No password given keeps the one there is."""
    changed: dict[str, object] = dict(changes(person, {"name": name, "role": role}))
    person.sort_name = fold(name)
    if password is not None and not matches(person.password_hash, password):
        person.password_hash = hash_password(password)
        changed["password"] = "changed"  # noqa: S105 - says that it was, not what it is
    if changed:
        db.session.flush()
        record(person.company_id, "person.changed", subject_id=person.id, changed=changed)
    return list(changed)


def apply_profile(person: Person, *, name: str | None, email: str | None, title: str | None) -> None:
    """Takes over what Microsoft Graph says, and notes when."""
    if name:
        person.name, person.sort_name = name, fold(name)
    person.email = email
    person.title = title
    person.synced_at = now()


def wear(person: Person, picture: Picture | None) -> None:
    """Gives the person a picture, stored once however many wear it; None takes theirs away."""
    if picture and db.session.scalar(sa.select(Avatar.hash).where(Avatar.hash == picture.hash)) is None:
        insert_if_absent(Avatar(hash=picture.hash, content=picture.content))
    person.avatar_hash = picture.hash if picture else None


def make_recovery_codes(person: Person) -> list[str]:
    """New codes for an owner, who is shown them once; earlier ones are void."""
    db.session.execute(
        sa.delete(RecoveryKey).where(
            RecoveryKey.company_id == person.company_id,
            RecoveryKey.person_id == person.id,
            RecoveryKey.expires_at.is_(None),
        )
    )
    codes = [recovery.new_code() for _ in range(recovery.CODES)]
    for code in codes:
        _add_recovery_key(person, code, None)
    db.session.flush()
    record(person.company_id, "recovery_codes.made", actor_id=person.id, subject_id=person.id)
    return codes


def make_recovery_link_key(person: Person) -> str:
    """What an operator's link for a locked-out owner ends with."""
    key = recovery.new_link_key()
    _add_recovery_key(person, key, now() + recovery.LINK_LIFE)
    db.session.flush()
    record(person.company_id, "recovery_link.made", subject_id=person.id)
    return key


def _add_recovery_key(person: Person, key: str, expires_at: datetime | None) -> None:
    db.session.add(
        RecoveryKey(
            key_hash=recovery.key_hash(key), company_id=person.company_id, person_id=person.id, expires_at=expires_at
        )
    )


def spend_recovery_key(company_id: UUID, key: str) -> Person | None:
    """The owner whom this key lets in, once: of any number who try at the same time one gets in."""
    moment = now()
    spent = db.session.execute(
        sa.update(RecoveryKey)
        .where(
            RecoveryKey.key_hash == recovery.key_hash(key[: recovery.LONGEST]),
            RecoveryKey.company_id == company_id,
            RecoveryKey.spent_at.is_(None),
            sa.or_(RecoveryKey.expires_at.is_(None), RecoveryKey.expires_at > moment),
        )
        .values(spent_at=moment)
        .returning(RecoveryKey.person_id)
    ).scalar_one_or_none()
    person = queries.person(company_id, spent) if spent else None
    return person if person and person.is_active and person.role == Role.OWNER else None
