"""Writes for people. They flush and record audit entries; the caller's unit of work commits."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from app.audit.events.people import (
    MicrosoftAccountLinked,
    PersonChanged,
    PersonCreated,
    PersonDeactivated,
    PersonDeleted,
    PersonReactivated,
    SignInMethodSet,
)
from app.audit.events.security import EmailConfirmed, PasswordChanged, PasswordRemoved
from app.audit.log import record
from app.companies.actions import lock_company
from app.core.database import apply_changes, db, execute_in_unit, insert_if_absent, now
from app.core.email_address import normalize_email
from app.core.text import gettext_noop as N_
from app.entra.graph import Profile
from app.people import queries
from app.people.avatars import reencode, source_hash
from app.people.models import Avatar, Person, Role, SignInMethod
from app.people.names import fold
from app.people.one_time_tokens import actions as one_time_tokens
from app.people.passwords import hash_password, matches
from app.people.profile_statement import APPLY_PROFILE
from app.people.queries import ProfileSyncState
from app.people.two_step import actions as two_step_actions


@dataclass(frozen=True)
class Refused:
    """Why a change to a person was rejected."""

    reason: str
    """A stable name."""
    words: str


BY_DIRECTORY = Refused(
    "by_directory",
    N_("Their directory deactivated this person. Reactivate them at Microsoft; access here follows soon after."),
)
DELETED_NAME = "Deleted person"
LAST_OWNER = Refused("last_owner", N_("You need at least one owner who can sign in. Make someone else an owner first."))


def find_or_make(
    company_id: UUID, tid: str, oid: str, *, name: str, email: str | None, is_guest: bool
) -> tuple[Person, bool]:
    """The person with this Microsoft identity at the company, created if new; and whether they were created.

    Concurrent first sign-ins create one row.
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
            email=normalize_email(email) if email else None,
            is_guest=is_guest,
        )
    )
    person = queries.by_identity(company_id, tid, oid)
    assert person is not None
    if made:
        record(PersonCreated(company_id=company_id, subject_id=person.id, tid=tid, oid=oid))
    return person, made


def make(
    company_id: UUID, *, email: str, name: str, role: str, password: str | None, signs_up_as: UUID | None = None
) -> Person:
    """Creates a person who signs in with a password; without a password, an account that can be given a sign-in method
    later.

    In a sign-up the person acts alone, under this id, and the address is unconfirmed.

    Raises sqlalchemy.exc.IntegrityError if another account of the company has the address.
    """
    person = Person(
        company_id=company_id,
        email=normalize_email(email),
        sign_in_email=normalize_email(email),
        email_is_confirmed=signs_up_as is None,
        name=name,
        sort_name=fold(name),
        role=role,
        sign_in_method=SignInMethod.PASSWORD if password else SignInMethod.ANY,
        password_hash=hash_password(password) if password else None,
        **({"id": signs_up_as} if signs_up_as else {}),
    )
    db.session.add(person)
    db.session.flush()
    record(PersonCreated(company_id=company_id, actor_id=signs_up_as, subject_id=person.id, role=role))
    return person


def change(person: Person, *, password: str | None, name: str, role: str) -> list[str]:
    """Sets the values that differ and returns their names. Without a password the present one is kept."""
    changed: dict[str, object] = dict(apply_changes(person, {"name": name, "role": role}))
    person.sort_name = fold(name)
    if password is not None and not matches(person.password_hash, password):
        person.password_hash = hash_password(password)
        changed["password"] = "changed"  # noqa: S105 - says that it was, not what it is
    if changed:
        db.session.flush()
        record(PersonChanged(company_id=person.company_id, subject_id=person.id, changed=changed))
    return list(changed)


@dataclass(frozen=True)
class ReadProfile:
    """What Microsoft Graph returned about a person, and the state after the last sync."""

    company_id: UUID
    person_id: UUID
    read: Profile
    before: ProfileSyncState | None = None


def apply_profile(company_id: UUID, person_id: UUID, read: Profile) -> None:
    """Stores what Microsoft Graph returned. If it has no address, the one that the person confirmed here is shown."""
    apply_profiles([ReadProfile(company_id, person_id, read)])


def apply_profiles(profiles: Iterable[ReadProfile]) -> None:
    """The same for several, with one write; of two of one person the last one counts. In a fixed order, so that two
    workers don't wait for each other.
    """
    latest = {(one.company_id, one.person_id): one for one in profiles}
    execute_in_unit(APPLY_PROFILE, [_stored(latest[key]) for key in sorted(latest)])


def _stored(one: ReadProfile) -> dict[str, object]:
    read = one.read
    return {
        "its_company": one.company_id,
        "its_person": one.person_id,
        "read_email": normalize_email(read.email) if read.email else None,
        "read_title": read.title,
        "read_name": read.name,
        "read_sort_name": fold(read.name) if read.name else None,
        "photo_is_known": read.photo_is_known,
        "read_avatar_hash": _picture(read.photo, one.before) if read.photo else None,
        "moment": now(),
    }


def _picture(photo: bytes, before: ProfileSyncState | None) -> str | None:
    """The hash of the picture in these bytes, stored once however many people use it; None if they are not a
    picture.
    """
    source = source_hash(photo)
    if before and before.source_hash == source:
        return before.avatar_hash
    known = db.session.scalar(sa.select(Avatar.hash).where(Avatar.source_hash == source).limit(1))
    if known is None and (picture := reencode(photo)):
        known = picture.hash
        insert_if_absent(Avatar(hash=picture.hash, content=picture.content, source_hash=source))
    return known


def join(person: Person, tid: str, oid: str, *, is_guest: bool) -> bool:
    """Links this Microsoft identity to the person; returns False if the person already has one. The caller has proof
    that both are the same person.

    Raises sqlalchemy.exc.IntegrityError if the identity belongs to another person of the company.
    """
    method = SignInMethod.ANY if person.sign_in_method == SignInMethod.PASSWORD else person.sign_in_method
    # Of two concurrent identities one is linked.
    joined = db.session.scalar(
        sa.update(Person)
        .where(Person.company_id == person.company_id, Person.id == person.id, Person.oid.is_(None))
        .values(tid=tid, oid=oid, is_guest=is_guest, sign_in_method=method)
        .returning(Person.id)
    )
    if joined is None:
        return False
    record(
        MicrosoftAccountLinked(company_id=person.company_id, actor_id=person.id, subject_id=person.id, tid=tid, oid=oid)
    )
    return True


def set_password(person: Person, password: str | None, *, actor_id: UUID, kept_session: UUID | None = None) -> None:
    """Sets or removes the person's password; ends every session except the kept one."""
    person.password_hash = hash_password(password) if password else None
    db.session.flush()
    event = PasswordChanged if password else PasswordRemoved
    record(event(company_id=person.company_id, actor_id=actor_id, subject_id=person.id, kept_session=kept_session))


def set_language(person: Person, language: str | None) -> None:
    """Sets the person's language, by the name of its catalog; None for the browser's."""
    person.language = language


def confirm_email(person: Person) -> None:
    """The person used a link that was sent to the address of their account."""
    if person.email == person.sign_in_email:
        person.email_verified_at = now()
    if not person.email_is_confirmed:
        person.email_is_confirmed = True
        db.session.flush()
        record(EmailConfirmed(company_id=person.company_id, actor_id=person.id, subject_id=person.id))


def set_role(person: Person, role: Role, *, actor_id: UUID) -> Refused | None:
    """Takes effect with the person's next request."""
    lock_company(person.company_id)
    if role != Role.OWNER and _is_last_owner(person):
        return LAST_OWNER
    changed = apply_changes(person, {"role": role})
    if changed:
        db.session.flush()
        record(PersonChanged(company_id=person.company_id, actor_id=actor_id, subject_id=person.id, changed=changed))
    return None


def set_active(person: Person, active: bool, *, actor_id: UUID) -> Refused | None:
    """Deactivating a person ends their sessions and prevents new ones. An admin can't reactivate whom a directory has
    deactivated.
    """
    lock_company(person.company_id)
    if not active and _is_last_owner(person):
        return LAST_OWNER
    if active and person.inactive_by_connection_id:
        return BY_DIRECTORY
    if person.is_active != active:
        person.is_inactive_by_admin = not active
        person.update_active()
        db.session.flush()
        event = PersonReactivated if active else PersonDeactivated
        record(event(company_id=person.company_id, actor_id=actor_id, subject_id=person.id))
    return None


def delete(person: Person, *, keep_name: bool, actor_id: UUID) -> Refused | None:
    """Erases the person. An id remains for the audit log, with the name if `keep_name` is set."""
    lock_company(person.company_id)
    if _is_last_owner(person):
        return LAST_OWNER
    one_time_tokens.revoke_all(person)
    two_step_actions.remove_all(person)
    name = person.name if keep_name else DELETED_NAME
    worn = person.avatar_hash
    for gone in ("email", "sign_in_email", "title", "external_id", "tid", "oid", "password_hash", "avatar_hash"):
        setattr(person, gone, None)
    person.sign_in_method, person.method_connection_id = SignInMethod.ANY, None
    person.name, person.sort_name = name, fold(name)
    person.role, person.is_active, person.deleted_at = Role.MEMBER, False, now()
    db.session.flush()
    if worn and db.session.scalar(sa.select(Person.id).where(Person.avatar_hash == worn).limit(1)) is None:
        db.session.execute(sa.delete(Avatar).where(Avatar.hash == worn))
    record(PersonDeleted(company_id=person.company_id, actor_id=actor_id, subject_id=person.id, name_kept=keep_name))
    return None


def set_method(
    company_id: UUID, which: sa.ColumnElement[bool], method: SignInMethod, connection_id: UUID | None, *, actor_id: UUID
) -> int:
    """Assigns a sign-in method to everyone matched by `which`; returns how many people changed."""
    changed = db.session.scalars(
        sa.update(Person)
        .where(Person.company_id == company_id, Person.deleted_at.is_(None), which)
        .values(sign_in_method=method, method_connection_id=connection_id)
        .returning(Person.id)
        .execution_options(synchronize_session=False)
    ).all()
    if changed:
        record(
            SignInMethodSet(
                company_id=company_id,
                actor_id=actor_id,
                subject_id=changed[0] if len(changed) == 1 else None,
                method=method,
                connection=connection_id,
                people=len(changed),
            )
        )
    return len(changed)


def _is_last_owner(person: Person) -> bool:
    return person.role == Role.OWNER and person.is_active and queries.number_of_owners(person.company_id) < 2
