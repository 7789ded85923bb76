"""From a verified Microsoft identity to a session, with an audit entry for every refusal."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy.exc
import structlog

from app.audit.events.connections import ConsentFailed, ConsentGranted
from app.audit.events.people import ProfileSynced
from app.audit.events.sign_ins import SignInFailed, SignInSucceeded
from app.audit.log import record
from app.connections.connection_config import ConnectionConfig
from app.connections.models import Draft, SetupLink
from app.core.database import db, release_connection
from app.core.metrics import SIGN_INS
from app.core.unit_of_work import unit_of_work
from app.entra.errors import MicrosoftError
from app.entra.graph import Profile
from app.entra.id_tokens import Claims
from app.http.client_info import ClientInfo
from app.login import errors
from app.login.admin_consent.admin_consent import Outcome
from app.login.errors import Refusal, SignInRefused
from app.login.id_token import VerifiedIdentity
from app.login.linking.pending_link import Proof
from app.login.policy import ConnectionPolicy, refusal
from app.people import actions as people
from app.people import profile
from app.people import queries as people_queries
from app.people.invitations import actions as invitations
from app.people.models import Person, SignInMethod
from app.people.queries import SignInSubject
from app.people.sign_in_method import can_use_connection
from app.sessions import actions as sessions

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Admitted:
    """A completed sign-in: the session's token, and what is left to do after the commit."""

    token: str
    person_id: UUID
    profile_is_due: bool


class AccountLinkRequired(Exception):
    """The identity is new at the company and an account without an identity has its email address. A matching address
    proves nothing, so the person is asked.
    """

    def __init__(self, account: Person) -> None:
        super().__init__()
        self.account = account


@dataclass(frozen=True)
class Applicant:
    """The person of a verified identity, or what is needed to create one, as far as reading can tell."""

    verified: VerifiedIdentity
    known: SignInSubject | None
    account: Person | None
    """The account that the identity is to be linked to."""
    proof: Proof | None
    profile: Profile | None


def examine(
    connection: ConnectionConfig, verified: VerifiedIdentity, *, joins: Proof | None = None, as_new: bool = False
) -> Applicant:
    """With `joins`, the identity is to be linked to that account, for which the caller has proof; `as_new` means that
    the person was asked and has no account here.

    A first sign-in waits briefly for the profile, because it names the email address by which an existing account can
    be found; no transaction is open meanwhile. Raises SignInRefused and AccountLinkRequired.
    """
    claims = verified.claims
    company_id = connection.company_id
    known = people_queries.by_identity_for_sign_in(company_id, claims.tid, claims.oid)
    joined = people_queries.person(company_id, joins.person_id) if joins else None
    if joins and joined is None:
        raise SignInRefused(errors.DEACTIVATED)
    is_new = not known and not joined and not as_new
    refused = _refused(connection, claims, known, joined)
    if refused and not (is_new and refused is errors.NOT_INVITED):
        raise SignInRefused(refused)
    got = None if known else _first_profile(verified)
    if is_new:
        _require_account_link(company_id, claims, got)
    if refused:
        raise SignInRefused(refused if got or not verified.access_token else errors.PROFILE_UNREAD)
    return Applicant(verified, known, joined, joins, got)


def admit(connection: ConnectionConfig, applicant: Applicant, attempt_id: str, caller: ClientInfo) -> Admitted:
    """Finds or creates the person and starts a session. Raises SignInRefused; the caller's unit of work must then end
    with nothing written.
    """
    company_id, verified, known = connection.company_id, applicant.verified, applicant.known
    person_id, made = (known.id, False) if known else _first(company_id, applicant)
    token = sessions.start(
        company_id,
        person_id,
        auth_label=connection.title,
        ip_address=caller.ip_address,
        user_agent=caller.user_agent,
        connection_id=connection.id,
        attempt_id=attempt_id,
        login_hint=verified.claims.login_hint,
        reauthenticated_at=verified.authenticated_at,
    )
    if token is None:
        db.session.rollback()
        raise SignInRefused(errors.TRANSACTION_REPLAYED)
    record_admission(company_id, person_id, connection.title, caller, first=made)
    return Admitted(token, person_id, profile_is_due=applicant.profile is None and verified.access_token is not None)


def read_profile_again(person: Person, verified: VerifiedIdentity) -> bool:
    """Reads the profile for a person who asked for it and waits; returns whether Graph answered. Raises SignInRefused
    if the identity is another person's.
    """
    if (verified.claims.tid, verified.claims.oid) != (person.tid, person.oid):
        raise SignInRefused(errors.OTHER_PERSON)
    got = _first_profile(verified)
    with unit_of_work():
        if got:
            people.apply_profile(person.company_id, person.id, got)
            record(ProfileSynced(company_id=person.company_id, actor_id=person.id, subject_id=person.id))
        elif verified.access_token:
            profile.read_later(person.company_id, person.id, verified.access_token)
    return got is not None


def record_admission(
    company_id: UUID, person_id: UUID, method: str, caller: ClientInfo, *, first: bool = False
) -> None:
    SIGN_INS.labels("admitted", "").inc()
    record(
        SignInSucceeded(
            company_id=company_id,
            actor_id=person_id,
            subject_id=person_id,
            ip_address=caller.ip_address,
            method=method,
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


def record_consent(
    draft: Draft, outcome: Outcome, caller: ClientInfo, *, person_id: UUID | None, link: SetupLink | None
) -> None:
    event = ConsentGranted if outcome.given else ConsentFailed
    record(
        event(
            company_id=draft.company_id,
            actor_id=person_id,
            subject_id=draft.id,
            ip_address=caller.ip_address,
            reason=outcome.reason,
            tenant=outcome.tenant,
            scope=outcome.scope,
            setup_link=link.id if link else None,
        )
    )


def _require_account_link(company_id: UUID, claims: Claims, got: Profile | None) -> None:
    """Checks every address that Microsoft has for the person: the user name they sign in with can differ from their
    mail address, which only Graph returns.
    """
    for email in dict.fromkeys((got.email if got else None, _shown_email(claims))):
        account = people_queries.by_sign_in_email(company_id, email) if email else None
        if account and account.is_active and account.oid is None:
            raise AccountLinkRequired(account)


def _refused(
    connection: ConnectionConfig, claims: Claims, known: SignInSubject | None, joined: Person | None
) -> Refusal | None:
    """Why the identity is refused, or None. `known` is its person at this company, `joined` the account it is to be
    linked to.
    """
    if joined and (known.id != joined.id if known else joined.oid):
        return errors.IDENTITY_ALREADY_LINKED
    account = joined or known
    policy = ConnectionPolicy(connection.create_people, connection.allow_guests)
    refused = refusal(claims, policy, known=account is not None, active=account is None or account.is_active)
    if refused or account is None or (joined and account.sign_in_method == SignInMethod.PASSWORD):
        return refused
    allowed = can_use_connection(
        account.sign_in_method, account.method_connection_id, connection.id, connection.password_sign_in
    )
    return None if allowed else errors.METHOD_NOT_ALLOWED


def _first(company_id: UUID, applicant: Applicant) -> tuple[UUID, bool]:
    """Handles an identity that is new here: returns the person it is linked to or creates, and whether the person was
    created.
    """
    claims = applicant.verified.claims
    if applicant.account:
        _join(applicant.account, claims, applicant.proof)
        person, made = applicant.account, False
    else:
        person, made = people.find_or_make(
            company_id,
            claims.tid,
            claims.oid,
            name=_shown_name(claims),
            email=_shown_email(claims),
            is_guest=claims.is_guest,
        )
    if applicant.profile:
        people.apply_profile(company_id, person.id, applicant.profile)
    return person.id, made


def _join(account: Person, claims: Claims, proof: Proof | None) -> None:
    try:
        joined = people.join(account, claims.tid, claims.oid, is_guest=claims.is_guest)
    except sqlalchemy.exc.IntegrityError:
        joined = False
    if not joined:
        db.session.rollback()
        raise SignInRefused(errors.IDENTITY_ALREADY_LINKED)
    if proof is None or proof.invitation is None:
        invitations.note_accepted(account)
    elif not invitations.accept(account, proof.invitation):
        db.session.rollback()
        raise SignInRefused(errors.INVITATION_ENDED)


def _first_profile(verified: VerifiedIdentity) -> Profile | None:
    """The profile, or None if Graph doesn't answer or there is no token for it."""
    if verified.access_token is None:
        return None
    release_connection()
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
