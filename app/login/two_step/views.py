"""The second step of a password sign-in: a TOTP code, a passkey, or a recovery code."""

from flask import current_app, make_response, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.core.database import db
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.http.client_info import current_client
from app.http.rate_limits import LimitReached
from app.login import actions as login_actions
from app.login import continuation
from app.login.browser_binding import login_url
from app.login.complete import refuse
from app.login.errors import SignInRefused
from app.login.purposes import handler_of
from app.login.result import CODE, DEVICE_KEY, KEY, PASSWORD, AuthResult, by_person
from app.login.two_step import challenge
from app.login.two_step.challenge import TwoStepChallenge
from app.login.two_step.forms import FactorForm
from app.people import account_limits
from app.people.models import Person
from app.people.one_time_tokens import actions as one_time_tokens
from app.people.two_step import actions, challenges, passkeys, queries

WRONG = N_("That code didn’t work. Codes change every 30 seconds and work once.")
WITH_NUMBER, WITH_PASSKEY, WITH_CODE = "Password and app", "Password and passkey", "Password and recovery code"


def show() -> ResponseReturnValue:
    return _page()


def check() -> ResponseReturnValue:
    begun = challenge.find()
    person = begun.person if begun else None
    if begun is None or person is None or not person.is_active:
        return _start_again()
    try:
        with account_limits.try_factor(person) as attempt:
            result = _proven(person, begun)
            if result is None:
                attempt.fail()
    except LimitReached as reached:
        return reached.answer(make_response(_page(reached.words)))
    if result is None:
        db.session.rollback()
        login_actions.record_wrong_factor(person, current_client())
        return _page(_(WRONG))
    transaction = begun.transaction
    handler = handler_of(transaction)
    assert handler.authenticated is not None
    try:
        return redirect(handler.authenticated(result, transaction), 303)
    except SignInRefused as refused:
        return refuse(
            person.company_id, refused, company_name=person.company.shown_name, retry_url=handler.retry_url(transaction)
        )


def _proven(person: Person, begun: TwoStepChallenge) -> AuthResult | None:
    """What the person has proven with the second factor; None if it was wrong."""
    form = FactorForm()
    if (answer := form.credential.data) is not None:
        known = queries.factors(person.company_id, person.id).passkeys
        used = passkeys.used(current_app.config["BASE_URL"], answer, begun.challenge, known)
        if used is None or not challenges.spend(person, begun.challenge):
            return None
        actions.note_passkey_used(used)
        keys = (KEY, DEVICE_KEY) if used.is_device_bound else (KEY,)
        return by_person(person, WITH_PASSKEY, (PASSWORD, *keys))
    given = form.number.data or ""
    if actions.check_code(person, given):
        return by_person(person, WITH_NUMBER, (PASSWORD, CODE))
    if one_time_tokens.redeem_own_recovery_code(person, given):
        return by_person(person, WITH_CODE, (PASSWORD,))
    return None


def _start_again() -> ResponseReturnValue:
    """Redirects to the login page where the sign-in began, if this browser still knows it."""
    late = challenge.find() or challenge.find_expired()
    return redirect(login_url(late.code, late.next) if late else url_for("login.page.find"), 303)


def _page(error: str | None = None) -> ResponseReturnValue:
    begun = challenge.find()
    person = begun.person if begun else None
    if begun is None or person is None:
        return _start_again()
    continuation.allow(begun.next)
    known = queries.factors(person.company_id, person.id)
    options = None
    if known.passkeys:
        options = passkeys.request_options(current_app.config["BASE_URL"], known.passkeys, begun.challenge)
    page = render_template(
        "login/two_step.html",
        company_name=person.company.shown_name,
        code=begun.code,
        has_app=known.authenticator is not None,
        passkey_options=options,
        form=FactorForm(formdata=None),
        error=error,
    )
    return make_response(page, 422 if error else 200)
