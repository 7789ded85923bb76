"""Creates a company with its first owner, who is signed in at once; the email address is confirmed later."""

import sqlalchemy.exc
from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from uuid_utils.compat import uuid7

from app.companies import actions as companies
from app.companies.branding.email_look import email_look
from app.core import email as core_email
from app.core.database import db
from app.core.translation import gettext as _
from app.core.translation import lazy_gettext as _l
from app.http import one_time_links
from app.http.current import current
from app.http.rate_limits import SIGN_UP_LIMIT, limiter
from app.http.redirects import safe_next
from app.login import continuation
from app.login.browser_binding import landing
from app.login.complete import complete
from app.login.password.views import METHOD
from app.login.result import PASSWORD, by_person
from app.login.signup.forms import SignUpForm
from app.login.transaction import LoginTransaction, Purpose
from app.people import account_limits
from app.people import actions as people
from app.people import queries as people_queries
from app.people.models import Person, Role
from app.people.one_time_tokens import actions as one_time_tokens
from app.people.one_time_tokens import queries as key_queries
from app.people.one_time_tokens.ended_page import Action, ended_page
from app.people.one_time_tokens.models import EmailTokenPurpose
from app.people.one_time_tokens.rules import KeyState


def show() -> ResponseReturnValue:
    return _page(SignUpForm(formdata=None, next=safe_next(request.args.get("next"))))


@limiter.limit(SIGN_UP_LIMIT, deduct_when=lambda response: response.status_code == 303)
def create() -> ResponseReturnValue:
    form = SignUpForm()
    if not form.validate():
        return _page(form), 422
    owner_id = uuid7()
    try:
        company = companies.create(form.company.data or "", form.code.data or "", actor_id=owner_id)
    except sqlalchemy.exc.IntegrityError:
        db.session.rollback()
        form.code.errors = [_("This code is taken. Choose another.")]
        return _page(form), 422
    owner = people.make(
        company.id,
        email=form.email.data or "",
        name=form.name.data or "",
        role=Role.OWNER,
        password=form.password.data,
        signs_up_as=owner_id,
    )
    _send_email(owner)
    transaction = LoginTransaction(Purpose.SIGN_IN, code=form.code.data or "", next=form.next.data)
    path = complete(by_person(owner, METHOD, (PASSWORD,)), transaction)
    address = f"{current_app.config['BASE_URL']}/login/{form.code.data}"
    flash(_("Your company is ready. Share your login page: %(address)s", address=address), "success")
    return redirect(path, 303)


def resend_confirmation() -> ResponseReturnValue:
    visitor = current()
    person = people_queries.person(visitor.company_id, visitor.person_id)
    assert person is not None
    if not person.email_is_confirmed:
        account_limits.count_mail(
            EmailTokenPurpose.CONFIRM, person.company_id, person.sign_in_email or "", lambda: person
        )
        _send_email(person)
    flash(_("Email sent."), "success")
    return redirect(landing("/", visitor.role), 303)


def show_confirmation() -> ResponseReturnValue:
    """Opening the page consumes nothing: mail scanners open links, too."""
    state = _confirm_state()
    if state is not KeyState.GOOD:
        return _confirm_ended(state)
    return render_template("login/confirm.html", link=one_time_links.name())


def confirm() -> ResponseReturnValue:
    visitor, key = current(), one_time_links.presented(EmailTokenPurpose.CONFIRM)
    person = one_time_tokens.redeem(visitor.company_id, EmailTokenPurpose.CONFIRM, key) if key else None
    if person is None or person.id != visitor.person_id:
        db.session.rollback()
        return _confirm_ended(_confirm_state())
    people.confirm_email(person)
    flash(_("Email confirmed."), "success")
    return redirect(landing("/", visitor.role), 303)


def _confirm_state() -> KeyState:
    visitor, key = current(), one_time_links.presented(EmailTokenPurpose.CONFIRM)
    return key_queries.emailed_state(visitor.company_id, EmailTokenPurpose.CONFIRM, key, of=visitor.person_id)


def _confirm_ended(state: KeyState) -> ResponseReturnValue:
    return ended_page(
        EmailTokenPurpose.CONFIRM, state, Action(_("Go to your account"), url_for("overview.account.show"))
    )


def _send_email(person: Person) -> None:
    key = one_time_tokens.issue(person, EmailTokenPurpose.CONFIRM)
    core_email.send_email(
        [core_email.Recipient(person.sign_in_email or "", person.email_language)],
        _l("Confirm your email address"),
        "email/confirm.txt",
        email_look(person.company_id),
        name=person.name,
        key=key,
    )


def _page(form: SignUpForm) -> str:
    continuation.allow(form.next.data)
    return render_template("login/signup.html", form=form)
