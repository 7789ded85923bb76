"""Audit entries and metrics of sign-ins. Like all actions they leave the commit to the caller's unit of work."""

from uuid import UUID

import structlog

from app.audit.events.sign_ins import SignInFailed, SignInSucceeded
from app.audit.log import record
from app.core.metrics import SIGN_INS
from app.http.client_info import ClientInfo
from app.login.errors import Refusal
from app.login.result import AuthResult
from app.people.models import Person

log = structlog.get_logger(__name__)


def record_sign_in(result: AuthResult, person_id: UUID, caller: ClientInfo, *, first: bool) -> None:
    """`first`: the person was created by this sign-in."""
    SIGN_INS.labels("admitted", "").inc()
    record(
        SignInSucceeded(
            company_id=result.company_id,
            actor_id=person_id,
            subject_id=person_id,
            ip_address=caller.ip_address,
            method=result.label,
            first=first,
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
