"""Resetting a forgotten password by an emailed link, and changing it while signed in."""

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.companies import codes
from app.companies.branding.email_look import email_look
from app.companies.models import PasswordSignIn
from app.core import email as core_email
from app.core.database import db
from app.core.tasks import task
from app.core.text import isolate
from app.core.translation import gettext as _
from app.core.translation import lazy_gettext as _l
from app.core.unit_of_work import unit_of_work
from app.http import one_time_links
from app.http.client_info import this_network
from app.http.current import current
from app.http.errors import error_page
from app.http.rate_limits import (
    UNKNOWN_LOGIN_CODE_LIMIT,
    WRONG_KEYS,
    WRONG_PASSWORDS_LIMIT,
    Budget,
    LimitReached,
    Where,
    limiter,
)
from app.http.redirects import safe_next
from app.login import continuation
from app.login.browser_binding import login_url
from app.login.errors import PASSWORDS_OFF
from app.login.page import queries
from app.login.password.forms import NewPasswordForm
from app.login.password_reset import wanted_page
from app.login.password_reset.forms import ChangePasswordForm, ForgotForm
from app.people import account_limits, devices
from app.people import actions as people
from app.people import queries as people_queries
from app.people.models import Person
from app.people.one_time_tokens import actions as one_time_tokens
from app.people.one_time_tokens import queries as key_queries
from app.people.one_time_tokens.ended_page import Action, ended_page
from app.people.one_time_tokens.models import EmailTokenPurpose
from app.people.one_time_tokens.rules import KeyState
from app.people.passwords import matches


@limiter.limit(UNKNOWN_LOGIN_CODE_LIMIT, deduct_when=lambda response: response.status_code == 404)
def forgot(code: str) -> ResponseReturnValue:
    form = ForgotForm(formdata=None, next=safe_next(request.args.get("next")))
    return _forgot_page(_login_page_or_404(code), form, sent=False)


@limiter.limit(UNKNOWN_LOGIN_CODE_LIMIT, deduct_when=lambda response: response.status_code == 404)
def send_link(code: str) -> ResponseReturnValue:
    """Answers the same, and as quickly, for an account that doesn't exist: the worker looks it up. It also answers the
    same when the account's limit is reached; the links already sent still work.
    """
    login_page, form = _login_page_or_404(code), ForgotForm()
    email, next_path = form.email.data, form.next.data
    wanted_page.keep(login_page.company_id, next_path)
    if _may_mail(login_page.company_id, email):
        leads_to = continuation.at(next_path).application_id
        send_email.enqueue(
            company_id=str(login_page.company_id),
            code=login_page.code,
            email=email,
            leads_to=str(leads_to) if leads_to else None,
        )
    return _forgot_page(login_page, form, sent=True)


def _may_mail(company_id: UUID, email: str) -> bool:
    try:
        account_limits.count_mail(
            EmailTokenPurpose.RESET, company_id, email, lambda: people_queries.by_sign_in_email(company_id, email)
        )
    except LimitReached as reached:
        if reached.budget.where is Where.NETWORK:
            raise
        return False
    return True


@task(retries=2, retry_seconds=30)
@unit_of_work()
def send_email(company_id: str, code: str, email: str, leads_to: str | None = None) -> None:
    person = people_queries.by_sign_in_email(UUID(company_id), email)
    if person is None or not person.is_active or person.password_hash is None:
        return
    key = one_time_tokens.issue(person, EmailTokenPurpose.RESET, leads_to=UUID(leads_to) if leads_to else None)
    look = email_look(person.company_id)
    core_email.send_email(
        [core_email.Recipient(person.sign_in_email or "", person.email_language)],
        _l("Reset your password for %(company_name)s", company_name=isolate(look.name)),
        "email/reset.txt",
        look,
        name=person.name,
        code=code,
        key=key,
    )


@limiter.limit(UNKNOWN_LOGIN_CODE_LIMIT, deduct_when=lambda response: response.status_code == 404)
def show(code: str) -> ResponseReturnValue:
    """Opening the page consumes nothing: mail scanners open links, too. If the link doesn't work, no password is asked
    for.
    """
    login_page = _login_page_or_404(code)
    state = _state(login_page)
    return (
        _page(login_page, NewPasswordForm([], formdata=None)) if state is KeyState.GOOD else _ended(login_page, state)
    )


def reset(code: str) -> ResponseReturnValue:
    """Sets the password and ends every session of the account; the person then signs in with the new password."""
    login_page = _login_page_or_404(code)
    state, key = _state(login_page), one_time_links.presented(EmailTokenPurpose.RESET)
    if state is not KeyState.GOOD or key is None:
        return _ended(login_page, state)
    form = NewPasswordForm([login_page.company_name])
    if not form.validate():
        return _page(login_page, form), 422
    with limiter.attempt(Budget(WRONG_KEYS, Where.NETWORK, this_network())) as attempt:
        person = one_time_tokens.redeem(login_page.company_id, EmailTokenPurpose.RESET, key)
        if person is None:
            attempt.fail()
    if person is None:
        db.session.rollback()
        return _ended(login_page, _state(login_page))
    people.set_password(person, form.password.data, actor_id=person.id)
    people.confirm_email(person)
    account_limits.unlock_password(person)
    devices.note_mailbox(person)
    return redirect(_way_on(login_page, key), 303)


def _way_on(login_page: queries.LoginPageView, key: str) -> str:
    """The login page, which leads where the person wanted to go. From another browser, or after an application's
    request expired, that is the launchpad.
    """
    next_path = wanted_page.kept(login_page.company_id)
    wanted_page.forget()
    leads_to = key_queries.leads_to(login_page.company_id, EmailTokenPurpose.RESET, key)
    words = _("Password changed. Sign in with your new password.")
    if leads_to and continuation.at(next_path).application_id is None:
        launch = continuation.launch(login_page.company_id, leads_to)
        next_path = launch.apps if launch else "/"
        words = (
            _("Password changed. Sign in, then open %(name)s under Apps.", name=isolate(launch.name))
            if launch
            else _("Password changed. Sign in, then go back to the application.")
        )
    flash(words, "success")
    return login_url(login_page.code, next_path)


def edit_password() -> ResponseReturnValue:
    return _change_page(_own_account(), ChangePasswordForm([]))


def change_password() -> ResponseReturnValue:
    """Changes the password, given the old one; ends every other session."""
    visitor, person = current(), _own_account()
    form = ChangePasswordForm([person.name, person.sign_in_email or "", visitor.company_name])
    try:
        with account_limits.try_again(WRONG_PASSWORDS_LIMIT, person) as attempt:
            if not matches(person.password_hash, form.old.data or ""):
                attempt.fail()
                form.old.errors = [_("That’s not your current password.")]
                return _change_page(person, form), 422
    except LimitReached as reached:
        form.old.errors = [reached.words]
        return reached.answer(_change_page(person, form))
    if not form.validate():
        return _change_page(person, form), 422
    people.set_password(person, form.password.data, actor_id=person.id, kept_session=visitor.session_id)
    flash(_("Password changed. You’ve been signed out everywhere else."), "success")
    return redirect(url_for("overview.account.show"), 303)


def _own_account() -> Person:
    person = people_queries.person(current().company_id, current().person_id)
    if person is None or person.password_hash is None:
        abort(404)
    return person


def _change_page(person: Person, form: ChangePasswordForm) -> str:
    return render_template("login/change_password.html", email=person.sign_in_email, form=form)


def _page(login_page: queries.LoginPageView, form: NewPasswordForm) -> str:
    link, forgot_url = one_time_links.name(), _forgot_url(login_page)
    return render_template("login/reset.html", **_shown(login_page), form=form, link=link, forgot_url=forgot_url)


def _state(login_page: queries.LoginPageView) -> KeyState:
    return key_queries.emailed_state(
        login_page.company_id, EmailTokenPurpose.RESET, one_time_links.presented(EmailTokenPurpose.RESET)
    )


def _ended(login_page: queries.LoginPageView, state: KeyState) -> ResponseReturnValue:
    return ended_page(
        EmailTokenPurpose.RESET,
        state,
        Action(_("Request a new link"), _forgot_url(login_page)),
        Action(_("Go to the login page"), login_url(login_page.code, wanted_page.kept(login_page.company_id))),
    )


def _forgot_url(login_page: queries.LoginPageView) -> str:
    next_path = wanted_page.kept(login_page.company_id)
    wanted = None if next_path == "/" else next_path
    return url_for("login.password_reset.forgot", code=login_page.code, next=wanted)


def _forgot_page(login_page: queries.LoginPageView, form: ForgotForm, *, sent: bool) -> str:
    login_page_url = login_url(login_page.code, form.next.data)
    return render_template(
        "login/forgot.html", **_shown(login_page), form=form, sent=sent, login_page_url=login_page_url
    )


def _shown(login_page: queries.LoginPageView) -> dict[str, Any]:
    return {"company_name": login_page.company_name, "code": login_page.code}


def _login_page_or_404(code: str) -> queries.LoginPageView:
    login_page = queries.by_login_code(codes.normal(code))
    if login_page is None:
        abort(404)
    if login_page.password_sign_in == PasswordSignIn.NO_ONE:
        abort(error_page(403, words=PASSWORDS_OFF))
    return login_page
