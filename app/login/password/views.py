"""Signing in with a password, followed by a second factor if the person has one."""

from flask import abort, redirect, url_for
from flask.typing import ResponseReturnValue

from app.companies import codes
from app.companies.models import PasswordSignIn
from app.core.database import db, now, release_connection
from app.core.unit_of_work import unit_of_work
from app.http.client_info import current_client
from app.http.rate_limits import UNKNOWN_LOGIN_CODE_LIMIT, LimitReached, Where, limiter
from app.login import actions, errors
from app.login.browser_binding import establish, landing, login_url
from app.login.complete import refuse
from app.login.errors import Refusal, SignInRefused
from app.login.page import queries
from app.login.page.views import render_login_page
from app.login.password.forms import SignInForm
from app.login.two_step import challenge
from app.people import account_limits
from app.people import queries as people_queries
from app.people.models import Person
from app.people.passwords import matches
from app.people.sign_in_method import can_use_password
from app.people.two_step import queries as two_step
from app.sessions import actions as sessions

USE_ANOTHER_WAY = "A browser that you have signed in with before still works, and so does resetting your password."
WRONG = "That email address and password don't go together. Check both, or ask your administrator."
METHOD = "Password"


@limiter.limit(UNKNOWN_LOGIN_CODE_LIMIT, deduct_when=lambda response: response.status_code == 404)
def sign_in(code: str) -> ResponseReturnValue:
    login_page = queries.by_login_code(codes.normal(code))
    if login_page is None:
        abort(404)
    if login_page.password_sign_in == PasswordSignIn.NOBODY:
        abort(403)
    form = SignInForm()
    email, next_path = form.email.data, form.next.data
    person = people_queries.by_sign_in_email(login_page.company_id, email)
    release_connection()
    try:
        with account_limits.try_password(login_page.company_id, email, person) as attempt:
            if not matches(person.password_hash if person else None, form.password.data or ""):
                attempt.fail()
    except LimitReached as reached:
        return _too_many(login_page, next_path, email, reached)
    if attempt.has_failed:
        with unit_of_work():
            actions.record_wrong_password(login_page.company_id, person.id if person else None, current_client())
        return render_login_page(login_page, next_path, email=email, error=WRONG, status=422)
    assert person is not None
    refused = _refused(person, login_page)
    if refused:
        retry_url = login_url(login_page.code, next_path)
        with unit_of_work():
            return refuse(
                login_page.company_id, SignInRefused(refused), company_name=login_page.company_name, retry_url=retry_url
            )
    if two_step.factors(person.company_id, person.id):
        challenge.keep(person, login_page.code, next_path)
        return redirect(url_for("login.two_step.show"), 303)
    with unit_of_work():
        begin_session(person, login_page.code)
    return redirect(landing(next_path), 303)


def begin_session(person: Person, code: str, method: str = METHOD, *, attempt_id: str | None = None) -> bool:
    """Signs this browser in as a person who has completed authentication; `code` is the login page's. Returns False,
    with nothing written, if the attempt was used before.
    """
    caller = current_client()
    token = sessions.start(
        person.company_id,
        person.id,
        auth_label=method,
        ip_address=caller.ip_address,
        user_agent=caller.user_agent,
        attempt_id=attempt_id,
        reauthenticated_at=now(),
    )
    if token is None:
        db.session.rollback()
        return False
    actions.record_admission(person.company_id, person.id, method, caller)
    establish(token, person.company_id, person.id, code)
    return True


def _too_many(
    login_page: queries.LoginPageView, next_path: str, email: str, reached: LimitReached
) -> ResponseReturnValue:
    """The form again, with which limit was reached and until when."""
    words = f"{reached.words} {USE_ANOTHER_WAY}" if reached.budget.where is Where.ACCOUNT else reached.words
    return reached.answer(render_login_page(login_page, next_path, email=email, error=words))


def _refused(person: Person, login_page: queries.LoginPageView) -> Refusal | None:
    """Shown only to a person who knows the password."""
    if not person.is_active:
        return errors.DEACTIVATED
    return None if can_use_password(person.sign_in_method, login_page.password_sign_in) else errors.METHOD_NOT_ALLOWED
