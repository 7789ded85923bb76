"""The second step of signing in with a password: a number, a passkey, or a recovery code."""

from flask import current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.database import db
from app.people import account_limits
from app.people.keys import actions as keys
from app.people.models import Person
from app.people.second_factor import actions, challenges, passkeys, queries
from app.sign_in import actions as sign_in
from app.sign_in import joining_pages, pending, refusals
from app.sign_in.browser import landing, login_url
from app.sign_in.letting_in import refuse
from app.sign_in.password_pages import begin_session
from app.sign_in.pending import Pending, Step
from app.sign_in.refusals import SignInRefused
from app.web.caller import this_caller
from app.web.json_requests import field_object
from app.web.limits import LimitReached

WRONG = "That didn’t fit. A number is good for 30 seconds, and once; a recovery code is good once."
WITH_NUMBER, WITH_PASSKEY, WITH_CODE = "Password and app", "Password and passkey", "Password and recovery code"


def ask() -> ResponseReturnValue:
    return _page()


def check() -> ResponseReturnValue:
    begun = pending.find()
    person = begun.person if begun else None
    if begun is None or person is None or not person.is_active:
        return _start_again()
    try:
        with account_limits.try_factor(person) as attempt:
            method = _proven(person, begun)
            if method is None:
                attempt.fail()
    except LimitReached as reached:
        return reached.answer(make_response(_page(reached.words)))
    if method is None:
        db.session.rollback()
        sign_in.record_wrong_factor(person, this_caller())
        db.session.commit()
        return _page(WRONG)
    if begun.step != Step.SIGN_IN:
        return joining_pages.after_second_step(begun)
    if not begin_session(person, begun.code, method, attempt_id=begun.id):
        retry_url, name = login_url(begun.code, begun.next), person.company.name
        return refuse(person.company_id, SignInRefused(refusals.SPENT), company_name=name, retry_url=retry_url)
    return redirect(landing(begun.next), 303)


def _proven(person: Person, begun: Pending) -> str | None:
    """By what the second factor was shown; None when it was not."""
    if (answer := field_object("credential")) is not None:
        known = queries.factors(person.company_id, person.id).passkeys
        used = passkeys.used(current_app.config["BASE_URL"], answer, begun.challenge, known)
        if used is None or not challenges.spend(person, begun.challenge):
            return None
        actions.note_passkey_used(*used)
        return WITH_PASSKEY
    given = request.form.get("number", "")
    if actions.check_number(person, given):
        return WITH_NUMBER
    return WITH_CODE if keys.spend_code_of(person, given) else None


def _start_again() -> ResponseReturnValue:
    """At the login page that it was begun at, if this browser still knows."""
    late = pending.find_late()
    return redirect(login_url(late.code, late.next) if late else url_for("sign_in.find"), 303)


def _page(error: str | None = None) -> ResponseReturnValue:
    begun = pending.find()
    person = begun.person if begun else None
    if begun is None or person is None:
        return _start_again()
    known = queries.factors(person.company_id, person.id)
    options = None
    if known.passkeys:
        options = passkeys.request_options(current_app.config["BASE_URL"], known.passkeys, begun.challenge)
    page = render_template(
        "sign_in/second_factor.html",
        company_name=person.company.name,
        code=begun.code,
        has_app=known.authenticator is not None,
        passkey_options=options,
        error=error,
    )
    return make_response(page, 422 if error else 200)
