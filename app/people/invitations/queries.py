"""Reads for invitations. A link's key identifies its company, so `open_by_key` takes none."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import joinedload

from app.companies.models import Company, LoginPage
from app.core.database import db
from app.people.invitations.models import Invitation
from app.people.models import Person
from app.people.one_time_tokens import queries as keys
from app.people.one_time_tokens.rules import LONGEST, KeyState, key_hash


def invitation(company_id: UUID, person_id: UUID) -> Invitation | None:
    return db.session.scalar(
        sa.select(Invitation).where(Invitation.company_id == company_id, Invitation.person_id == person_id)
    )


def invitations(company_id: UUID, person_ids: Collection[UUID]) -> dict[UUID, Invitation]:
    """The invitations of these people, by the person's id."""
    query = sa.select(Invitation).where(Invitation.company_id == company_id, Invitation.person_id.in_(person_ids))
    return {invitation.person_id: invitation for invitation in db.session.scalars(query)}


@dataclass(frozen=True)
class Opened:
    """An invitation as the reader of its link sees it."""

    invitation: Invitation
    code: str
    """The company's main login code."""
    inviter: str | None


def open_by_key(key: str) -> Opened | None:
    """The invitation with this key, at an active company; `state_of` tells whether it still works."""
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
    """The state of an invitation; reading it consumes nothing. An account in use needs no invitation, however it was
    accepted.
    """
    is_used = invitation.accepted_at is not None or not invitation.person.is_pending
    return keys.state_of(invitation.expires_at, is_used=is_used, is_revoked=not invitation.person.is_active)
