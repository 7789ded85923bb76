"""Writes for one-time keys: recovery codes and emailed links. They flush and record audit entries; the
caller's unit of work commits.
"""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
import sqlalchemy.orm

from app.audit.events.security import (
    ConfirmationLinkSent,
    LinkingLinkSent,
    RecoveryCodesCreated,
    RecoveryLinkCreated,
    ResetLinkSent,
)
from app.audit.log import record
from app.core.database import db, insert_absent, min_uuid7, now
from app.people import queries as people
from app.people.models import EndedKey, KeyEnd, Person, Role
from app.people.one_time_tokens import rules
from app.people.one_time_tokens.models import EmailToken, EmailTokenPurpose, RecoveryCode

EMAILED: dict[EmailTokenPurpose, type[ConfirmationLinkSent | ResetLinkSent | LinkingLinkSent]] = {
    EmailTokenPurpose.CONFIRM: ConfirmationLinkSent,
    EmailTokenPurpose.RESET: ResetLinkSent,
    EmailTokenPurpose.JOIN: LinkingLinkSent,
}


def create_recovery_codes(person: Person) -> list[str]:
    """New codes for the person, who is shown them once; earlier ones are deleted."""
    db.session.execute(
        sa.delete(RecoveryCode).where(
            RecoveryCode.company_id == person.company_id,
            RecoveryCode.person_id == person.id,
            RecoveryCode.expires_at.is_(None),
        )
    )
    codes = [rules.new_code() for _ in range(rules.CODES)]
    for code in codes:
        _add_recovery_code(person, code, None)
    db.session.flush()
    record(RecoveryCodesCreated(company_id=person.company_id, actor_id=person.id, subject_id=person.id))
    return codes


def create_recovery_link(person: Person) -> str:
    """The key of an operator's link for a locked-out owner."""
    key = rules.new_link_key()
    _add_recovery_code(person, key, now() + rules.RECOVERY_LINK_LIFE)
    db.session.flush()
    record(RecoveryLinkCreated(company_id=person.company_id, subject_id=person.id))
    return key


def _add_recovery_code(person: Person, key: str, expires_at: datetime | None) -> None:
    db.session.add(
        RecoveryCode(
            key_hash=rules.key_hash(key), company_id=person.company_id, person_id=person.id, expires_at=expires_at
        )
    )


def redeem_recovery_code(company_id: UUID, key: str) -> Person | None:
    """The owner with this recovery code or link, once: of concurrent requests one succeeds."""
    good = sa.or_(RecoveryCode.expires_at.is_(None), RecoveryCode.expires_at > now())
    person = _redeem(RecoveryCode, company_id, key, good)
    return person if person and person.role == Role.OWNER else None


def redeem_own_recovery_code(person: Person, key: str) -> bool:
    """Whether this is one of the person's own recovery codes that was not used before; it is used from now on."""
    own = sa.and_(RecoveryCode.person_id == person.id, RecoveryCode.expires_at.is_(None))
    return _redeem(RecoveryCode, person.company_id, key, own) is not None


def issue(person: Person, purpose: EmailTokenPurpose, *, leads_to: UUID | None = None) -> str:
    """A key to be emailed to the person, who started at the application with the id `leads_to`, if at one. Earlier
    keys keep working: anyone can request another, and would otherwise invalidate the link that the person is about to
    open.
    """
    ended = sa.or_(EmailToken.expires_at <= now(), EmailToken.spent_at.is_not(None))
    of_purpose = sa.and_(EmailToken.person_id == person.id, EmailToken.purpose == purpose)
    _end_all(EmailToken, person.company_id, sa.and_(of_purpose, ended), KeyEnd.REPLACED)
    key = rules.new_link_key()
    db.session.add(
        EmailToken(
            key_hash=rules.key_hash(key),
            company_id=person.company_id,
            person_id=person.id,
            purpose=purpose,
            leads_to_id=leads_to,
            expires_at=now() + rules.EMAIL_TOKEN_LIFE[purpose],
        )
    )
    db.session.flush()
    record(EMAILED[purpose](company_id=person.company_id, subject_id=person.id))
    return key


def redeem(company_id: UUID, purpose: EmailTokenPurpose, key: str) -> Person | None:
    """The active person to whom this key was emailed, once: of concurrent requests one succeeds. The person's other
    keys for this purpose are deleted by the same statement.
    """
    key_hash, moment = rules.key_hash(key[: rules.LONGEST]), now()

    def good(model: type[EmailToken]) -> sa.ColumnElement[bool]:
        of_purpose = sa.and_(model.company_id == company_id, model.purpose == purpose)
        return sa.and_(of_purpose, model.spent_at.is_(None), model.expires_at > moment)

    asked = sa.orm.aliased(EmailToken)
    owner = sa.select(asked.person_id).where(good(asked), asked.key_hash == key_hash).scalar_subquery()
    spent = db.session.execute(
        sa.update(EmailToken)
        .where(good(EmailToken), EmailToken.person_id == owner)
        .values(spent_at=moment)
        .returning(EmailToken.key_hash, EmailToken.person_id)
        .execution_options(synchronize_session=False)
    ).all()
    found = next((row.person_id for row in spent if row.key_hash == key_hash), None)
    person = people.person(company_id, found) if found else None
    return person if person and person.is_active else None


def revoke_all(person: Person) -> None:
    """Invalidates all keys of the person."""
    for model in (EmailToken, RecoveryCode):
        _end_all(model, person.company_id, model.person_id == person.id, KeyEnd.REVOKED)


def end(company_id: UUID, key_hashes: Iterable[str], how: KeyEnd) -> None:
    """Stores why these keys ended."""
    insert_absent([EndedKey(key_hash=one, company_id=company_id, how=how) for one in key_hashes])


def forget_ended() -> None:
    """Deletes ended keys after their retention; their links are then unknown."""
    db.session.execute(sa.delete(EndedKey).where(EndedKey.id < min_uuid7(now() - rules.ENDED_KEPT)))


def _end_all(
    model: type[EmailToken | RecoveryCode], company_id: UUID, which: sa.ColumnElement[bool], how: KeyEnd
) -> None:
    """Deletes keys and stores why they ended."""
    gone = db.session.execute(
        sa.delete(model)
        .where(model.company_id == company_id, which)
        .returning(model.key_hash, model.spent_at)
        .execution_options(synchronize_session=False)
    ).all()
    end(company_id, [row.key_hash for row in gone if row.spent_at is not None], KeyEnd.USED)
    end(company_id, [row.key_hash for row in gone if row.spent_at is None], how)


def _redeem(
    model: type[EmailToken | RecoveryCode], company_id: UUID, key: str, good: sa.ColumnElement[bool]
) -> Person | None:
    """The active person with this key, if it is valid; the key is used from now on."""
    spent = db.session.scalar(
        sa.update(model)
        .where(
            model.key_hash == rules.key_hash(key[: rules.LONGEST]),
            model.company_id == company_id,
            model.spent_at.is_(None),
            good,
        )
        .values(spent_at=now())
        .returning(model.person_id)
    )
    person = people.person(company_id, spent) if spent else None
    return person if person and person.is_active else None
