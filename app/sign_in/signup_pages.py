"""A new company with its first owner, who is in at once; the address is confirmed by mail."""

import sqlalchemy.exc
from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_wtf import FlaskForm
from uuid_utils.compat import uuid7
from wtforms import Field, PasswordField, StringField, ValidationError
from wtforms.validators import DataRequired, InputRequired, Length

from app import mail
from app.companies import actions as companies
from app.companies import codes
from app.database import db
from app.membership.forms import address, an_address
from app.people import account_limits
from app.people import actions as people
from app.people import queries as people_queries
from app.people.keys import actions as keys
from app.people.keys import queries as key_queries
from app.people.keys.ended_page import Action, ended_page
from app.people.keys.rules import KeyState
from app.people.models import Person, Purpose, Role
from app.people.passwords import fault
from app.sign_in.door_forms import code_fault
from app.sign_in.password_pages import begin_session
from app.text import sanitize_code, sanitize_name
from app.web import one_time_links
from app.web.current import current
from app.web.limits import SIGN_UPS, limiter


class SignUpForm(FlaskForm):
    class Meta:
        csrf = False  # One check for all forms stands before every page.

    company = StringField("Company", [DataRequired("Enter your company’s name."), Length(max=100)], [sanitize_name])
    code = StringField("Login code", [DataRequired("Choose a code.")], [lambda text: codes.normal(sanitize_code(text))])
    name = StringField("Your full name", [DataRequired("Enter your name."), Length(max=100)], [sanitize_name])
    email = StringField("Your email address", [DataRequired("Enter your address."), an_address], [address])
    password = PasswordField("Password", [InputRequired("Choose a password.")])

    def validate_code(self, field: Field) -> None:
        if why := code_fault(None, field.data, None):
            raise ValidationError(why)

    def validate_password(self, field: Field) -> None:
        about = [self.company.data, self.code.data, self.name.data, self.email.data]
        if why := fault(field.data, [text for text in about if text]):
            raise ValidationError(f"A password {why}.")


def ask() -> ResponseReturnValue:
    return _page(SignUpForm(formdata=None))


@limiter.limit(SIGN_UPS, deduct_when=lambda response: response.status_code == 303)
def sign_up() -> ResponseReturnValue:
    form = SignUpForm()
    if not form.validate():
        return _page(form), 422
    owner_id = uuid7()
    try:
        company = companies.make(form.company.data or "", form.code.data or "", actor_id=owner_id)
    except sqlalchemy.exc.IntegrityError:
        db.session.rollback()
        form.code.errors = ["This code was taken just now. Try another."]
        return _page(form), 422
    owner = people.make(
        company.id,
        email=form.email.data or "",
        name=form.name.data or "",
        role=Role.OWNER,
        password=form.password.data,
        signs_up_as=owner_id,
    )
    _mail_key(owner, company.name)
    begin_session(owner, form.code.data or "")
    flash(f"Welcome. Your people sign in at /login/{form.code.data} from now on.", "success")
    return redirect(url_for("people.account"), 303)


def send_again() -> ResponseReturnValue:
    visitor = current()
    person = people_queries.person(visitor.company_id, visitor.person_id)
    assert person is not None
    if not person.email_is_confirmed:
        account_limits.count_mail(Purpose.CONFIRM, person.company_id, person.sign_in_email or "", lambda: person)
        _mail_key(person, visitor.company_name)
        db.session.commit()
    flash("The mail is on its way.", "success")
    return redirect(url_for("people.account"), 303)


def ask_confirm() -> ResponseReturnValue:
    """Looking spends nothing: mail scanners look, too."""
    state = _confirm_state()
    if state is not KeyState.GOOD:
        return _confirm_ended(state)
    return render_template("sign_in/confirm.html", link=one_time_links.name())


def confirm() -> ResponseReturnValue:
    visitor, key = current(), one_time_links.presented(Purpose.CONFIRM)
    person = keys.spend(visitor.company_id, Purpose.CONFIRM, key) if key else None
    if person is None or person.id != visitor.person_id:
        db.session.rollback()
        return _confirm_ended(_confirm_state())
    people.confirm_email(person)
    db.session.commit()
    flash("Your address is confirmed.", "success")
    return redirect(url_for("people.account"), 303)


def _confirm_state() -> KeyState:
    visitor, key = current(), one_time_links.presented(Purpose.CONFIRM)
    return key_queries.mailed_state(visitor.company_id, Purpose.CONFIRM, key, of=visitor.person_id)


def _confirm_ended(state: KeyState) -> ResponseReturnValue:
    return ended_page(Purpose.CONFIRM, state, Action("Go to your account", url_for("people.account")))


def _mail_key(person: Person, company_name: str) -> None:
    key = keys.issue(person, Purpose.CONFIRM)
    db.session.commit()
    mail.write(
        [person.sign_in_email or ""],
        "Confirm your email address",
        "mail/confirm.txt",
        company_name=company_name,
        name=person.name,
        key=key,
    )


def _page(form: SignUpForm) -> str:
    return render_template("sign_in/signup.html", form=form)
