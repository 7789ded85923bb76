"""From a verified Microsoft identity to a session; and every refusal's line in the company's history."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy.exc
import structlog

from app.audit.actions import record
from app.connections.actions import through
from app.connections.models import Connection, Draft, SetupLink
from app.database import db, release_connection
from app.microsoft.errors import MicrosoftError
from app.microsoft.tokens import Claims
from app.people import actions as people
from app.people import profile
from app.people import queries as people_queries
from app.people.models import Person
from app.people.sessions import actions as sessions
from app.sign_in import refusals
from app.sign_in.admission import Policy, refusal
from app.sign_in.consent import Outcome
from app.sign_in.refusals import Refusal, SignInRefused
from app.sign_in.verified import Verified
from app.web.caller import Caller

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Admitted:
    """Somebody is in: the session's token, and what is left to do after the commit."""

    token: str
    person: Person
    profile_is_due: bool


def admit(connection: Connection, verified: Verified, attempt_id: str, caller: Caller) -> Admitted:
    """Finds or makes the person, and starts a session. Raises SignInRefused, with nothing written.

    A first sign-in waits a moment for the profile; no transaction is open meanwhile.
    """
    claims = verified.claims
    company_id = connection.company_id
    policy = Policy(connection.create_people, connection.allow_guests)
    known = people_queries.by_identity(company_id, claims.tid, claims.oid)
    refused = refusal(claims, policy, known=known is not None, active=known is None or known.is_active)
    if refused:
        raise SignInRefused(refused)
    release_connection()
    got = _first_profile(verified) if known is None else None
    person, made = people.find_or_make(
        company_id,
        claims.tid,
        claims.oid,
        name=_shown_name(claims),
        email=_shown_email(claims),
        is_guest=claims.is_guest,
    )
    if got:
        profile.keep(person, got)
    try:
        token = sessions.start(
            person,
            method=connection.title,
            ip_address=caller.ip_address,
            user_agent=caller.user_agent,
            connection_id=connection.id,
            attempt_id=attempt_id,
            login_hint=claims.login_hint,
        )
    except sqlalchemy.exc.IntegrityError:
        db.session.rollback()
        raise SignInRefused(refusals.SPENT) from None
    record_admission(person, connection.title, caller, first=made)
    return Admitted(token, person, profile_is_due=got is None and verified.access_token is not None)


def read_profile_again(person: Person, verified: Verified) -> bool:
    """For somebody who asked for it and waits; says whether Graph answered. Raises SignInRefused for another person."""
    if (verified.claims.tid, verified.claims.oid) != (person.tid, person.oid):
        raise SignInRefused(refusals.OTHER_PERSON)
    release_connection()
    got = _first_profile(verified)
    if got:
        profile.keep(person, got)
        record(person.company_id, "profile.read", actor_id=person.id, subject_id=person.id)
    elif verified.access_token:
        profile.read_later(person, verified.access_token)
    return got is not None


def record_admission(person: Person, method: str, caller: Caller, *, first: bool = False) -> None:
    record(
        person.company_id,
        "sign_in.admitted",
        actor_id=person.id,
        subject_id=person.id,
        ip_address=caller.ip_address,
        method=method,
        first=first,
    )


def record_wrong_password(company_id: UUID, person_id: UUID | None, caller: Caller) -> None:
    record(company_id, "sign_in.refused", subject_id=person_id, ip_address=caller.ip_address, reason="wrong_password")


def record_wrong_key(company_id: UUID, caller: Caller) -> None:
    record(company_id, "sign_in.refused", ip_address=caller.ip_address, reason="wrong_recovery_key")


def record_refusal(company_id: UUID, refused: Refusal, reference: str, caller: Caller, *, cause: str = "") -> None:
    record(company_id, "sign_in.refused", ip_address=caller.ip_address, reference=reference, reason=refused.reason)
    log.info(
        "sign_in_refused", reason=refused.reason, reference=reference, company=str(company_id), cause=cause or None
    )


def record_consent(
    draft: Draft, outcome: Outcome, caller: Caller, *, person_id: UUID | None, link: SetupLink | None
) -> None:
    record(
        draft.company_id,
        "consent.given" if outcome.given else "consent.refused",
        actor_id=person_id,
        subject_id=draft.id,
        ip_address=caller.ip_address,
        reason=outcome.reason,
        tenant=outcome.tenant,
        scope=outcome.scope,
        **through(link),
    )


def _first_profile(verified: Verified) -> profile.Read | None:
    if verified.access_token is None:
        return None
    try:
        return profile.read(verified.access_token, verified.claims.oid, within=profile.FIRST_WAIT_SECONDS)
    except MicrosoftError as error:
        log.warning("profile_not_read", kind=type(error).__name__, what=str(error))
        return None


def _shown_name(claims: Claims) -> str:
    return claims.name or claims.preferred_username or "Unnamed"


def _shown_email(claims: Claims) -> str | None:
    if claims.email:
        return claims.email
    user_name = claims.preferred_username or ""
    return user_name if "@" in user_name and "#EXT#" not in user_name.upper() else None
