"""From Microsoft's answer to a session, the same for both flows."""

from dataclasses import replace
from uuid import UUID

import structlog
from flask import url_for

from app.connections.connection_config import ConnectionConfig
from app.core.database import release_connection
from app.core.unit_of_work import unit_of_work
from app.entra.errors import MicrosoftError
from app.entra.graph import Profile
from app.login import errors
from app.login.after_identity import handler
from app.login.complete import complete
from app.login.errors import SignInRefused
from app.login.linking import pending_link, proof
from app.login.linking.proof import LinkProof
from app.login.microsoft.identity import Answer, VerifiedIdentity
from app.login.policy import refusal_of_identity
from app.login.result import AuthResult, MicrosoftSignIn, by_microsoft
from app.login.transaction import LoginTransaction
from app.people import profile
from app.people import queries as people
from app.people.models import Person

log = structlog.get_logger(__name__)


class AccountLinkRequired(Exception):
    """The identity is new at the company and an account without an identity has its email address. A matching address
    proves nothing, so the person is asked.
    """

    def __init__(self, account: Person) -> None:
        super().__init__()
        self.account = account


def sign_in(connection: ConnectionConfig, transaction: LoginTransaction, answer: Answer) -> str:
    """Signs this browser in, or asks about an existing account; returns the path to redirect to.

    Raises SignInRefused.
    """
    identity = answer.identity(connection)
    try:
        result = authenticate(connection, identity, proof=proof.of(transaction))
    except AccountLinkRequired as question:
        _keep_memberships(connection, identity)
        pending_link.keep(connection, identity, transaction, question.account.id)
        return url_for("login.linking.show")
    found = result.microsoft
    assert found is not None
    result = replace(result, microsoft=replace(found, memberships=handler().read(connection, identity)))
    with unit_of_work():
        return complete(result, transaction)


def _keep_memberships(connection: ConnectionConfig, identity: VerifiedIdentity) -> None:
    """Until the account is linked: only now there is an access token to ask for them, and they may be too many for
    the cookie that waits.
    """
    if memberships := handler().read(connection, identity):
        with unit_of_work():
            handler().keep(connection, identity, memberships)


def authenticate(
    connection: ConnectionConfig, identity: VerifiedIdentity, *, proof: LinkProof | None = None, as_new: bool = False
) -> AuthResult:
    """Finds the identity's person here, as far as reading can tell. With `proof`, the identity is to be linked to that
    account; `as_new` means that the person was asked and has no account here.

    A first sign-in waits briefly for the profile, because it names the email address by which an existing account can
    be found; no transaction is open meanwhile. Raises SignInRefused and AccountLinkRequired.
    """
    company_id, claims = connection.company_id, identity.claims
    known = people.by_identity_for_sign_in(company_id, claims.tid, claims.oid)
    account = people.person(company_id, proof.account_id) if proof else None
    if proof and account is None:
        raise SignInRefused(errors.DEACTIVATED)
    found = MicrosoftSignIn(connection, identity, known, account, proof)
    is_new = not known and not account and not as_new
    refused = refusal_of_identity(found)
    if refused and not (is_new and refused is errors.NOT_INVITED):
        raise SignInRefused(refused)
    read = None if known else first_profile(identity)
    if is_new:
        _require_account_link(connection, identity, read)
    if known and known.may_duplicate_id and not account and not as_new:
        _require_answer(company_id, known.may_duplicate_id)
    if refused:
        raise SignInRefused(refused if read or not identity.access_token else errors.PROFILE_UNREAD)
    return by_microsoft(MicrosoftSignIn(connection, identity, known, account, proof, read))


def first_profile(identity: VerifiedIdentity) -> Profile | None:
    """The profile, or None if Graph doesn't answer or there is no token for it."""
    if identity.access_token is None:
        return None
    release_connection()
    try:
        return profile.read(identity.access_token, identity.claims.oid, within=profile.FIRST_WAIT_SECONDS)
    except MicrosoftError as error:
        log.warning("profile_not_read", kind=type(error).__name__, what=str(error))
        return None


def _require_account_link(connection: ConnectionConfig, identity: VerifiedIdentity, read: Profile | None) -> None:
    """Checks every address that Microsoft has for the person: the user name they sign in with can differ from their
    mail address, which only Graph returns.
    """
    for email in dict.fromkeys((read.email if read else None, identity.claims.shown_email)):
        account = people.by_sign_in_email(connection.company_id, email) if email else None
        if account and account.is_active and account.oid is None:
            raise AccountLinkRequired(account)


def _require_answer(company_id: UUID, account_id: UUID) -> None:
    """A directory has added the person, whose address an account has: their first sign-in asks whether it is theirs."""
    account = people.person(company_id, account_id)
    if account and account.is_active and account.oid is None:
        raise AccountLinkRequired(account)
