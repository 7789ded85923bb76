"""Reauthentication before a person changes how they sign in: which methods they have, and whether one was proven.

With two-step verification on, the password alone is not proof. A Microsoft sign-in counts from the ID token's
`auth_time`, because a browser can strip `prompt=login` from the authorization URL.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app

from app.login import errors
from app.login.errors import SignInRefused
from app.login.microsoft.identity import VerifiedIdentity
from app.login.page import queries
from app.login.page.queries import Button
from app.people import queries as people
from app.people.models import Person
from app.people.one_time_tokens import actions as one_time_tokens
from app.people.passwords import matches
from app.people.sign_in_method import can_use_connection, can_use_password
from app.people.two_step import actions, challenges, passkeys
from app.people.two_step import queries as two_step
from app.people.two_step.challenges import Use
from app.people.two_step.models import Passkey


@dataclass(frozen=True)
class Methods:
    """The methods a person can use."""

    password: bool
    app: bool
    passkeys: list[Passkey]
    recovery_codes: bool
    buttons: list[Button]
    """Connections to the directory of the person's Microsoft identity."""

    @property
    def has_code(self) -> bool:
        return self.app or self.recovery_codes

    def __bool__(self) -> bool:
        return bool(self.password or self.has_code or self.passkeys or self.buttons)


def methods_of(person: Person) -> Methods:
    company, factors = person.company, two_step.factors(person.company_id, person.id)
    has_password = person.password_hash is not None and can_use_password(
        person.sign_in_method, company.password_sign_in
    )
    return Methods(
        password=has_password and not factors,
        app=has_password and factors.authenticator is not None,
        passkeys=factors.passkeys if has_password else [],
        recovery_codes=people.recovery_codes_left(person.company_id, person.id) > 0,
        buttons=_buttons(person),
    )


def _buttons(person: Person) -> list[Button]:
    login_page = queries.main_login_page(person.company_id) if person.oid else None
    policy = person.company.password_sign_in
    return [
        button
        for button in (login_page.buttons if login_page else ())
        if button.tenant == person.tid
        and can_use_connection(person.sign_in_method, person.method_connection_id, button.connection_id, policy)
    ]


def with_password(person: Person, methods: Methods, password: str) -> bool:
    return methods.password and matches(person.password_hash, password)


def with_passkey(person: Person, methods: Methods, answer: dict[str, Any]) -> bool:
    challenge = challenges.issued(person, Use.REAUTHENTICATE)
    if challenge is None:
        return False
    used = passkeys.used(current_app.config["BASE_URL"], answer, challenge, methods.passkeys)
    if used is None or not challenges.spend(person, challenge):
        return False
    actions.note_passkey_used(used)
    return True


def with_code(person: Person, methods: Methods, code: str) -> str | None:
    """The kind of code that matched; None if none did."""
    if methods.app and actions.check_code(person, code):
        return "authenticator app"
    return (
        "recovery code" if methods.recovery_codes and one_time_tokens.redeem_own_recovery_code(person, code) else None
    )


def authenticated_at(person: Person, identity: VerifiedIdentity) -> datetime:
    """When the signed-in person signed in at Microsoft, just now. Raises SignInRefused if it was someone else, or if
    Microsoft may not have asked.
    """
    claims = identity.claims
    if (claims.tid, claims.oid) != (person.tid, person.oid):
        raise SignInRefused(errors.OTHER_PERSON)
    if identity.authenticated_at is None:
        raise SignInRefused(errors.AUTH_TIME_MISSING if claims.auth_time is None else errors.AUTH_TIME_OLD)
    return identity.authenticated_at
