"""All reads about who comes to belong to a company."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app.companies.models import Company, LoginPage
from app.database import db, now
from app.membership.models import Import, ImportLine, Invitation
from app.people.keys.rules import LONGEST, key_hash
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
    """The invitation that this key opens, if it is good: of an account that nobody took up, at an active company."""
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
            Invitation.accepted_at.is_(None),
            Invitation.expires_at > now(),
            Person.is_active,
            Company.is_active,
        )
    ).first()
    return Opened(*row) if row else None


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
