"""Reads for one-time keys. Where only the key tells the company, the key is the argument."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from app.companies.models import LoginPage
from app.core.database import db, now
from app.people.models import EndedKey, Person, Role
from app.people.one_time_tokens.models import EmailToken, EmailTokenPurpose, RecoveryCode
from app.people.one_time_tokens.rules import LONGEST, KeyState, key_hash


def emailed_state(company_id: UUID, purpose: EmailTokenPurpose, key: str | None, *, of: UUID | None = None) -> KeyState:
    """The state of an emailed key; with `of`, for that person. Reading it consumes nothing."""
    if key is None:
        return KeyState.NOT_HERE
    found = db.session.execute(
        sa.select(EmailToken.spent_at, EmailToken.expires_at, EmailToken.person_id, Person.is_active)
        .join(Person, Person.id == EmailToken.person_id)
        .where(
            EmailToken.key_hash == key_hash(key[:LONGEST]),
            EmailToken.company_id == company_id,
            EmailToken.purpose == purpose,
        )
    ).first()
    if found is None:
        return ended_state(key, company_id)
    if of is not None and found.person_id != of:
        return KeyState.OTHER_ACCOUNT
    return state_of(found.expires_at, is_used=found.spent_at is not None, is_revoked=not found.is_active)


def leads_to(company_id: UUID, purpose: EmailTokenPurpose, key: str) -> UUID | None:
    """The application at which the person started to whom this key was emailed, if they did at one."""
    return db.session.scalar(
        sa.select(EmailToken.leads_to_id).where(
            EmailToken.key_hash == key_hash(key[:LONGEST]),
            EmailToken.company_id == company_id,
            EmailToken.purpose == purpose,
        )
    )


def recovery_state(company_id: UUID, key: str) -> KeyState:
    """The state of an operator's recovery link."""
    found = db.session.execute(
        sa.select(RecoveryCode.spent_at, RecoveryCode.expires_at, Person.is_active, Person.role)
        .join(RecoveryCode.person)
        .where(RecoveryCode.key_hash == key_hash(key[:LONGEST]), RecoveryCode.company_id == company_id)
    ).first()
    if found is None:
        return ended_state(key, company_id)
    is_revoked = not found.is_active or found.role != Role.OWNER
    return state_of(found.expires_at, is_used=found.spent_at is not None, is_revoked=is_revoked)


def state_of(expires_at: datetime | None, *, is_used: bool, is_revoked: bool) -> KeyState:
    if is_used:
        return KeyState.USED
    if is_revoked:
        return KeyState.REVOKED
    return KeyState.EXPIRED if expires_at is not None and expires_at <= now() else KeyState.GOOD


def ended_state(key: str, company_id: UUID) -> KeyState:
    """The state of a key that no longer has a row."""
    how = db.session.scalar(
        sa.select(EndedKey.how).where(EndedKey.key_hash == key_hash(key[:LONGEST]), EndedKey.company_id == company_id)
    )
    return KeyState(how) if how else KeyState.UNKNOWN


def ended_at_company(key: str) -> tuple[KeyState, str | None]:
    """The same if only the key identifies the company; also returns that company's login code."""
    found = db.session.execute(
        sa.select(EndedKey.how, LoginPage.code)
        .join(LoginPage, sa.and_(LoginPage.company_id == EndedKey.company_id, LoginPage.position == 0))
        .where(EndedKey.key_hash == key_hash(key[:LONGEST]))
    ).first()
    return (KeyState(found.how), found.code) if found else (KeyState.UNKNOWN, None)
