"""What the account page shows besides the session."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from app.core.database import read
from app.people.one_time_tokens.models import RecoveryCode
from app.people.two_step.models import Authenticator, Passkey


@dataclass(frozen=True)
class Backup:
    """How a person's account is protected, and how they get in without it."""

    has_second_factor: bool
    recovery_codes_left: int


def _is_theirs(model: type[Authenticator | Passkey | RecoveryCode]) -> sa.ColumnElement[bool]:
    return sa.and_(model.company_id == sa.bindparam("company_id"), model.person_id == sa.bindparam("person_id"))


BACKUP = sa.select(
    sa.or_(
        sa.exists().where(_is_theirs(Authenticator), Authenticator.confirmed_at.is_not(None)),
        sa.exists().where(_is_theirs(Passkey)),
    ),
    sa.select(sa.func.count(RecoveryCode.id))
    .where(_is_theirs(RecoveryCode), RecoveryCode.expires_at.is_(None), RecoveryCode.spent_at.is_(None))
    .scalar_subquery(),
)


def backup(company_id: UUID, person_id: UUID) -> Backup:
    ((has_second_factor, codes_left),) = read(BACKUP, {"company_id": company_id, "person_id": person_id})
    return Backup(bool(has_second_factor), codes_left)
