"""Reads for second factors."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from app.core.database import db
from app.people.two_step.models import Authenticator, Passkey


@dataclass(frozen=True)
class Factors:
    """The second factors of a person."""

    authenticator: Authenticator | None
    passkeys: list[Passkey]

    def __bool__(self) -> bool:
        return self.authenticator is not None or bool(self.passkeys)


def factors(company_id: UUID, person_id: UUID) -> Factors:
    found = authenticator(company_id, person_id)
    passkeys = db.session.scalars(
        sa.select(Passkey)
        .where(Passkey.company_id == company_id, Passkey.person_id == person_id)
        .order_by(Passkey.created_at)
    )
    return Factors(found if found and found.confirmed_at else None, list(passkeys))


def authenticator(company_id: UUID, person_id: UUID) -> Authenticator | None:
    """The person's authenticator app, confirmed or not."""
    return db.session.scalar(
        sa.select(Authenticator).where(Authenticator.company_id == company_id, Authenticator.person_id == person_id)
    )


def passkey(company_id: UUID, person_id: UUID, passkey_id: UUID) -> Passkey | None:
    return db.session.scalar(
        sa.select(Passkey).where(
            Passkey.company_id == company_id, Passkey.person_id == person_id, Passkey.id == passkey_id
        )
    )
