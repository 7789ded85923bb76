"""Audit entries and metrics of sign-ins. Like all actions they leave the commit to the caller's unit of work."""

from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID

import sqlalchemy as sa
import structlog

from app.audit.events.sign_ins import SignInFailed, SignInSucceeded
from app.audit.log import record
from app.companies.models import Company
from app.connections.models import Connection
from app.core.database import execute_in_unit, now
from app.core.metrics import SIGN_INS
from app.http.client_info import ClientInfo
from app.login.errors import Refusal
from app.login.result import AuthResult
from app.people.models import Person

log = structlog.get_logger(__name__)

PERSON = cast(sa.Table, Person.__table__)
DATE_SIGN_IN = (
    sa.update(PERSON)
    .where(
        PERSON.c.company_id == sa.bindparam("its_company"),
        PERSON.c.id == sa.bindparam("its_person"),
        sa.exists().where(Company.id == sa.bindparam("its_company"), Company.is_active),
    )
    .values(last_sign_in_at=sa.bindparam("moment"))
    .returning(
        PERSON.c.is_active,
        PERSON.c.role,
        sa.select(Company.deletes_at).where(Company.id == PERSON.c.company_id).scalar_subquery().label("deletes_at"),
        sa.select(Company.remember_days)
        .where(Company.id == PERSON.c.company_id)
        .scalar_subquery()
        .label("remember_days"),
    )
)
DATE_SIGN_IN_THROUGH_CONNECTION = DATE_SIGN_IN.where(
    sa.exists().where(
        Connection.company_id == sa.bindparam("its_company"),
        Connection.id == sa.bindparam("its_connection"),
        Connection.is_enabled,
    )
)


@dataclass(frozen=True)
class Admission:
    """What decides, when the session begins, whether the person may sign in, and for how long."""

    is_active: bool
    role: str
    deletes_at: datetime | None
    """When their company is deleted; None if it stays."""
    remember_days: int | None
    """For how many days they may stay signed in on a device; None if they may not."""


def date_sign_in(company_id: UUID, person_id: UUID, connection_id: UUID | None) -> Admission | None:
    """Dates the person's last sign-in, and locks their row, so that they can't be deactivated before the commit.

    None if the company or the connection doesn't let anyone sign in any more, which may have changed while Microsoft
    answered.
    """
    statement = DATE_SIGN_IN
    values = {"its_company": company_id, "its_person": person_id, "moment": now()}
    if connection_id:
        statement = DATE_SIGN_IN_THROUGH_CONNECTION
        values["its_connection"] = connection_id
    row = execute_in_unit(statement, values).one_or_none()
    return Admission(row.is_active, row.role, row.deletes_at, row.remember_days) if row else None


def record_sign_in(result: AuthResult, person_id: UUID, caller: ClientInfo, *, first: bool, remembered: bool) -> None:
    """`first`: the person was created by this sign-in; `remembered`: they stay signed in on the device."""
    SIGN_INS.labels("admitted", "").inc()
    record(
        SignInSucceeded(
            company_id=result.company_id,
            actor_id=person_id,
            subject_id=person_id,
            ip_address=caller.ip_address,
            method=result.label,
            first=first,
            remembered=remembered or None,
        )
    )


def record_wrong_password(company_id: UUID, person_id: UUID | None, caller: ClientInfo) -> None:
    SIGN_INS.labels("refused", "wrong_password").inc()
    record(
        SignInFailed(company_id=company_id, subject_id=person_id, ip_address=caller.ip_address, reason="wrong_password")
    )


def record_wrong_factor(person: Person, caller: ClientInfo) -> None:
    SIGN_INS.labels("refused", "wrong_second_factor").inc()
    record(
        SignInFailed(
            company_id=person.company_id,
            subject_id=person.id,
            ip_address=caller.ip_address,
            reason="wrong_second_factor",
        )
    )


def record_wrong_key(company_id: UUID, caller: ClientInfo) -> None:
    SIGN_INS.labels("refused", "wrong_recovery_code").inc()
    record(SignInFailed(company_id=company_id, ip_address=caller.ip_address, reason="wrong_recovery_code"))


def record_refusal(company_id: UUID, refused: Refusal, reference: str, caller: ClientInfo, *, cause: str = "") -> None:
    SIGN_INS.labels("refused", refused.reason).inc()
    record(
        SignInFailed(company_id=company_id, ip_address=caller.ip_address, reference=reference, reason=refused.reason)
    )
    log.info(
        "sign_in_refused", reason=refused.reason, reference=reference, company=str(company_id), cause=cause or None
    )
