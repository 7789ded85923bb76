"""The second step of signing in with a password: a number, a passkey, or a recovery code."""

from flask import current_app, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.database import db
from app.people.keys import actions as keys
from app.people.models import Person
from app.people.second_factor import actions, challenges, passkeys, queries
from app.sign_in import actions as sign_in
from app.sign_in import joining_pages, pending
from app.sign_in.browser import landing
from app.sign_in.password_pages import begin_session
from app.sign_in.pending import Pending, Step
from app.web.caller import this_caller
from app.web.limits import WRONG_PASSWORDS, limiter

WRONG = "That didn’t fit. A number is good for 30 seconds, and once; a recovery code is good once."
WITH_NUMBER, WITH_PASSKEY, WITH_CODE = "Password and app", "Password and passkey", "Password and recovery code"


def ask() -> ResponseReturnValue:
    return _page()


@limiter.limit(
    WRONG_PASSWORDS,
    key_func=lambda: found.person_id if (found := pending.find()) else "nobody",
    deduct_when=lambda response: response.status_code == 422,
)
def check() -> ResponseReturnValue:
    begun = pending.find()
    person = begun.person if begun else None
    if begun is None or person is None or not person.is_active:
        return redirect(url_for("sign_in.find"), 303)
    method = _proven(person, begun)
    if method is None:
        db.session.rollback()
        sign_in.record_wrong_factor(person, this_caller())
        db.session.commit()
        return _page(WRONG)
    if begun.step != Step.SIGN_IN:
        return joining_pages.after_second_step(begun)
    begin_session(person, method)
    return redirect(landing(begun.next), 303)


def _proven(person: Person, begun: Pending) -> str | None:
    """By what the second factor was shown; None when it was not."""
    if answer := request.form.get("credential"):
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


def _page(error: str | None = None) -> ResponseReturnValue:
    begun = pending.find()
    person = begun.person if begun else None
    if begun is None or person is None:
        return redirect(url_for("sign_in.find"))
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
