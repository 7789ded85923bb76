"""Who may sign in: pure functions over plain values."""

from dataclasses import dataclass

from app.entra.id_tokens import Claims
from app.login import errors
from app.login.errors import Refusal
from app.login.result import AuthResult, MicrosoftSignIn
from app.people.models import Person, SignInMethod
from app.people.sign_in_method import can_use_connection, can_use_password


@dataclass(frozen=True)
class ConnectionPolicy:
    """What the connection allows."""

    create_people: bool
    allow_guests: bool


def refusal_of(result: AuthResult, *, microsoft_only: bool = False) -> Refusal | None:
    """Why the person who authenticated may not sign in; None if they may. `microsoft_only`: people with an address of
    their domain sign in with Microsoft.
    """
    if result.microsoft:
        return refusal_of_identity(result.microsoft)
    assert result.person is not None
    return refusal_of_account(result.person, is_recovery=result.is_recovery, microsoft_only=microsoft_only)


def refusal_of_account(person: Person, *, is_recovery: bool = False, microsoft_only: bool = False) -> Refusal | None:
    """For a person who authenticated here, so the page tells nothing to anyone else."""
    if not person.is_active:
        return errors.DEACTIVATED
    if is_recovery:
        return None
    if microsoft_only or not can_use_password(person.sign_in_method, person.company.password_sign_in):
        return errors.METHOD_NOT_ALLOWED
    return None


def refusal_of_identity(sign_in: MicrosoftSignIn) -> Refusal | None:
    """For an identity that Microsoft proved."""
    connection, known, joined = sign_in.connection, sign_in.known, sign_in.account
    if joined and not known and joined.oid:
        return errors.IDENTITY_ALREADY_LINKED
    if joined and known and joined.id not in (known.id, known.may_duplicate_id):
        return errors.IDENTITY_ALREADY_LINKED
    if known and not known.is_active:
        return errors.DEACTIVATED
    account = joined or known
    policy = ConnectionPolicy(connection.create_people, connection.allow_guests)
    refused = refusal(
        sign_in.identity.claims, policy, known=account is not None, active=account is None or account.is_active
    )
    if refused or account is None or (joined and account.sign_in_method == SignInMethod.PASSWORD):
        return refused
    allowed = can_use_connection(
        account.sign_in_method, account.method_connection_id, connection.id, connection.password_sign_in
    )
    return None if allowed else errors.METHOD_NOT_ALLOWED


def refusal(claims: Claims, policy: ConnectionPolicy, *, known: bool, active: bool) -> Refusal | None:
    """Why this verified identity is refused; None if it may sign in.

    `known`: the company has this person already. `active`: the person is not deactivated.
    """
    if known and not active:
        return errors.DEACTIVATED
    if claims.is_guest and not policy.allow_guests:
        return errors.GUEST
    if not known and not policy.create_people:
        return errors.NOT_INVITED
    return None
