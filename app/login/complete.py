"""The end of every sign-in, whatever the method: policy, person, session, audit entry; or a refusal with its reason."""

from uuid import UUID

import sqlalchemy.exc
from flask import abort
from werkzeug.wrappers import Response

from app.companies.domains import queries as domains
from app.core.database import db
from app.http.binding import browser_id
from app.http.client_info import current_client
from app.http.errors import new_reference
from app.login import actions, continuation, errors, policy
from app.login.actions import Admission
from app.login.after_identity import handler
from app.login.browser_binding import establish, landing, refusal_page
from app.login.errors import SignInRefused
from app.login.result import AuthResult, MicrosoftSignIn
from app.login.transaction import LoginTransaction
from app.people import actions as people
from app.people import directory_actions as directory
from app.people import profile
from app.people.invitations import actions as invitations
from app.people.models import Person, Role
from app.people.queries import SignInSubject
from app.sessions import actions as sessions


def complete(result: AuthResult, transaction: LoginTransaction) -> str:
    """Signs this browser in, inside the caller's unit of work; returns the path to redirect to.

    Raises SignInRefused; then the unit has to end with nothing written but the refusal (`refuse`).
    """
    if refused := policy.refusal_of(result, microsoft_only=is_microsoft_only(result.person)):
        raise SignInRefused(refused)
    person, is_first = _person(result)
    microsoft, client = result.microsoft, current_client()
    admission = _require_allowed(
        actions.date_sign_in(result.company_id, person.id, microsoft.connection.id if microsoft else None)
    )
    is_remembered = transaction.remember and admission.remember_days is not None
    role = _apply_memberships(microsoft, person.id) or person.role
    started = sessions.start(
        result.company_id,
        person.id,
        browser_id=browser_id(),
        auth_label=result.label,
        amr=result.amr,
        auth_time=result.auth_time,
        reauthenticated_at=result.reauthenticated_at,
        transaction_id=transaction.id,
        connection_id=microsoft.connection.id if microsoft else None,
        microsoft_sid=microsoft.identity.claims.sid if microsoft else None,
        login_hint=microsoft.identity.claims.login_hint if microsoft else None,
        ip_address=client.ip_address,
        user_agent=client.user_agent,
        remembered=is_remembered,
    )
    if started is None:
        raise SignInRefused(errors.TRANSACTION_REPLAYED)
    actions.record_sign_in(result, person.id, client, first=is_first, remembered=is_remembered)
    if microsoft and microsoft.identity.refresh_token:
        token = microsoft.identity.refresh_token
        handler().keep_token(microsoft.connection, person.id, started.session_id, token)
    establish(started, result.company_id, person.id, transaction.code)
    if microsoft and microsoft.identity.access_token and not microsoft.profile:
        profile.read_later(result.company_id, person.id, microsoft.identity.access_token)
    return _start(result.company_id, person.id, role, transaction.next)


def is_microsoft_only(person: Person | None) -> bool:
    """Whether people with the address of this person, who authenticated here, sign in with Microsoft only."""
    return person is not None and domains.is_microsoft_only(person.company_id, person.sign_in_email)


def _require_allowed(admission: Admission | None) -> Admission:
    """Everything was allowed when it was read; this is what is true when the session begins."""
    if admission is None:
        abort(404)
    if not admission.is_active:
        raise SignInRefused(errors.DEACTIVATED)
    if admission.deletes_at and admission.role == Role.MEMBER:
        raise SignInRefused(errors.COMPANY_CLOSED)
    return admission


def _apply_memberships(microsoft: MicrosoftSignIn | None, person_id: UUID) -> str | None:
    """Lets the package further up apply what the directory says; returns the person's role if that changed it."""
    if microsoft is None:
        return None
    return handler().apply(microsoft.connection, microsoft.identity, microsoft.memberships, person_id)


def _start(company_id: UUID, person_id: UUID, role: str, next_path: str) -> str:
    """The path to redirect to. A member who asked for no page may have an application to start at."""
    is_member = role == Role.MEMBER
    start_page = continuation.start_page(company_id, person_id) if is_member and next_path == "/" else None
    return start_page or landing(next_path, role)


def refuse(company_id: UUID, refused: SignInRefused, *, company_name: str, retry_url: str | None = None) -> Response:
    """The error page that says why the sign-in was refused; inside a unit of work."""
    reference = record_failure(company_id, refused)
    return refusal_page(refused.refusal, reference, company_name=company_name, retry_url=retry_url)


def record_failure(company_id: UUID, refused: SignInRefused) -> str:
    """Discards everything in the unit of work except the audit entry of the refusal; returns its reference."""
    reference = new_reference()
    db.session.rollback()
    actions.record_refusal(company_id, refused.refusal, reference, current_client(), cause=refused.cause)
    return reference


def _person(result: AuthResult) -> tuple[Person | SignInSubject, bool]:
    """The person to sign in, linked or created if the identity is new here; and whether they were created."""
    if result.person:
        return result.person, False
    microsoft = result.microsoft
    assert microsoft is not None
    if known := microsoft.known:
        if known.may_duplicate_id:
            return _one_of_two(result.company_id, microsoft, known), False
        return known, False
    person, is_new = _linked(microsoft) if microsoft.account else _created(result.company_id, microsoft)
    if microsoft.profile:
        people.apply_profile(result.company_id, person.id, microsoft.profile)
    return person, is_new


def _one_of_two(company_id: UUID, microsoft: MicrosoftSignIn, known: SignInSubject) -> Person | SignInSubject:
    """The person whom a directory has added, or the account that was proven to be theirs: both become one."""
    account = microsoft.account
    if account is None or account.id == known.id:
        directory.forget_duplicate(company_id, known.id)
        return known
    if not directory.merge(known.id, account, is_guest=microsoft.identity.claims.is_guest):
        raise SignInRefused(errors.IDENTITY_ALREADY_LINKED)
    _accept_invitation(microsoft, account)
    return account


def _created(company_id: UUID, microsoft: MicrosoftSignIn) -> tuple[Person, bool]:
    claims = microsoft.identity.claims
    return people.find_or_make(
        company_id,
        claims.tid,
        claims.oid,
        name=claims.shown_name,
        email=claims.shown_email,
        is_guest=claims.is_guest,
    )


def _linked(microsoft: MicrosoftSignIn) -> tuple[Person, bool]:
    account, claims = microsoft.account, microsoft.identity.claims
    assert account is not None
    try:
        is_linked = people.join(account, claims.tid, claims.oid, is_guest=claims.is_guest)
    except sqlalchemy.exc.IntegrityError:
        is_linked = False
    if not is_linked:
        raise SignInRefused(errors.IDENTITY_ALREADY_LINKED)
    _accept_invitation(microsoft, account)
    return account, False


def _accept_invitation(microsoft: MicrosoftSignIn, account: Person) -> None:
    proof = microsoft.proof
    if proof is None or proof.invitation is None:
        invitations.note_accepted(account)
    elif not invitations.accept(account, proof.invitation):
        raise SignInRefused(errors.INVITATION_ENDED)
