"""All reads about who comes to belong to a company."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app.companies.models import Company, LoginPage
from app.database import db
from app.membership.models import Import, ImportLine, Invitation
from app.people.keys import queries as keys
from app.people.keys.rules import LONGEST, KeyState, key_hash
from app.people.models import Person

LINES_SHOWN = 200


def invitation(company_id: UUID, person_id: UUID) -> Invitation | None:
    return db.session.scalar(
        sa.select(Invitation).where(Invitation.company_id == company_id, Invitation.person_id == person_id)
    )


@dataclass(frozen=True)
class Opened:
    """An invitation as whoever holds its link sees it."""

    invitation: Invitation
    code: str
    """The company's own login code."""
    inviter: str | None


def open_by_key(key: str) -> Opened | None:
    """The invitation that this key is of, at an active company; `state_of` says whether it still works."""
    inviter = sa.orm.aliased(Person)
    row = db.session.execute(
        sa.select(Invitation, LoginPage.code, inviter.name)
        .join(Invitation.person)
        .join(Company, Company.id == Invitation.company_id)
        .join(LoginPage, sa.and_(LoginPage.company_id == Company.id, LoginPage.position == 0))
        .outerjoin(inviter, inviter.id == Invitation.invited_by_id)
        .options(joinedload(Invitation.person).joinedload(Person.company))
        .where(
            Invitation.key_hash == key_hash(key[:LONGEST]),
            Company.is_active,
        )
    ).first()
    return Opened(*row) if row else None


def state_of(invitation: Invitation) -> KeyState:
    """Looking spends nothing. An account that is in use needs no invitation, however that came about."""
    is_used = invitation.accepted_at is not None or not invitation.person.is_invited
    return keys.state_of(invitation.expires_at, is_used=is_used, is_revoked=not invitation.person.is_active)


def import_(company_id: UUID, import_id: UUID) -> Import | None:
    return db.session.scalar(sa.select(Import).where(Import.company_id == company_id, Import.id == import_id))


def latest_imports(company_id: UUID) -> list[Import]:
    return list(
        db.session.scalars(
            sa.select(Import).where(Import.company_id == company_id).order_by(Import.id.desc()).limit(10)
        )
    )


def abandoned_imports(moment: datetime) -> list[Import]:
    """Those that no worker is at, though they are not finished."""
    return list(
        db.session.scalars(
            sa.select(Import).where(
                Import.finished_at.is_(None), sa.or_(Import.held_until.is_(None), Import.held_until < moment)
            )
        )
    )


def import_lines(import_id: UUID, most: int | None = LINES_SHOWN) -> list[ImportLine]:
    """The lines of a file that added nobody, in order."""
    query = sa.select(ImportLine).where(ImportLine.import_id == import_id).order_by(ImportLine.number)
    return list(db.session.scalars(query.limit(most) if most else query))
