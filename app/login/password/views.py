"""Signing in with a password, followed by a second factor if the person has one."""

from flask import abort, redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.companies import codes
from app.companies.models import PasswordSignIn
from app.core.database import release_connection
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.http.client_info import current_client
from app.http.errors import error_page
from app.http.rate_limits import UNKNOWN_LOGIN_CODE_LIMIT, LimitReached, Where, limiter
from app.login import actions
from app.login.complete import complete, is_microsoft_only, refuse
from app.login.errors import PASSWORDS_OFF, SignInRefused
from app.login.page import queries
from app.login.page.views import render_login_page
from app.login.password.forms import SignInForm
from app.login.policy import refusal_of_account
from app.login.purposes import retry_at_login_page
from app.login.result import PASSWORD, by_person
from app.login.transaction import LoginTransaction, Purpose
from app.login.two_step import challenge
from app.people import account_limits
from app.people import queries as people_queries
from app.people.models import Person
from app.people.passwords import matches
from app.people.two_step import queries as two_step

USE_ANOTHER_WAY = N_("You can still sign in from a browser you used before, or reset your password.")
WRONG = N_("Wrong email or password. Try again or reset your password.")
METHOD = N_("Password")


@limiter.limit(UNKNOWN_LOGIN_CODE_LIMIT, deduct_when=lambda response: response.status_code == 404)
def sign_in(code: str) -> ResponseReturnValue:
    login_page = queries.by_login_code(codes.normal(code))
    if login_page is None:
        abort(404)
    if login_page.password_sign_in == PasswordSignIn.NO_ONE:
        abort(error_page(403, words=PASSWORDS_OFF))
    form = SignInForm()
    email, next_path = form.email.data, form.next.data
    person = people_queries.by_sign_in_email(login_page.company_id, email)
    release_connection()
    try:
        with account_limits.try_password(login_page.company_id, email, person) as attempt:
            if not matches(person.password_hash if person else None, form.password.data or ""):
                attempt.fail()
    except LimitReached as reached:
        return _too_many(login_page, form, reached)
    if attempt.has_failed:
        with unit_of_work():
            actions.record_wrong_password(login_page.company_id, person.id if person else None, current_client())
        return _login_page_again(login_page, form, _(WRONG), 422)
    assert person is not None
    transaction = LoginTransaction(
        Purpose.SIGN_IN, code=login_page.code, next=next_path, remember=bool(form.remember.data)
    )
    return _continue(login_page, person, transaction)


def _continue(login_page: queries.LoginPageView, person: Person, transaction: LoginTransaction) -> ResponseReturnValue:
    """With two-step verification on, the password is followed by the second step."""
    try:
        if reason := refusal_of_account(person, microsoft_only=is_microsoft_only(person)):
            raise SignInRefused(reason)
        if two_step.factors(person.company_id, person.id):
            challenge.keep(person, transaction)
            return redirect(url_for("login.two_step.show"), 303)
        with unit_of_work():
            path = complete(by_person(person, METHOD, (PASSWORD,)), transaction)
    except SignInRefused as refused:
        with unit_of_work():
            return refuse(
                login_page.company_id,
                refused,
                company_name=login_page.company_name,
                retry_url=retry_at_login_page(transaction),
            )
    return redirect(path, 303)


def _too_many(login_page: queries.LoginPageView, form: SignInForm, reached: LimitReached) -> ResponseReturnValue:
    """The form again, with which limit was reached and until when."""
    words = f"{reached.words} {_(USE_ANOTHER_WAY)}" if reached.budget.where is Where.ACCOUNT else reached.words
    return reached.answer(_login_page_again(login_page, form, words, 200))


def _login_page_again(login_page: queries.LoginPageView, form: SignInForm, error: str, status: int) -> Response:
    """With what was typed, except the password."""
    typed, remember = form.email.data or "", bool(form.remember.data)
    return render_login_page(login_page, form.next.data, email=typed, remember=remember, error=error, status=status)
