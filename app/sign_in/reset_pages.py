"""A forgotten password: a key by mail, then a new one. And changing it while signed in."""

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app import mail
from app.companies import codes
from app.companies.models import PasswordSignIn
from app.database import db
from app.people import account_limits, devices
from app.people import actions as people
from app.people import queries as people_queries
from app.people.keys import actions as keys
from app.people.keys import queries as key_queries
from app.people.keys.ended_page import Action, ended_page
from app.people.keys.rules import KeyState
from app.people.models import Person, Purpose
from app.people.passwords import matches
from app.queue import task
from app.sign_in import queries
from app.sign_in.password_forms import NewPasswordForm
from app.web import one_time_links
from app.web.caller import this_network
from app.web.current import current
from app.web.limits import MISSED_CODES, WRONG_KEYS, WRONG_PASSWORDS, Budget, LimitReached, Where, limiter


@limiter.limit(MISSED_CODES, deduct_when=lambda response: response.status_code == 404)
def ask(code: str) -> ResponseReturnValue:
    return render_template("sign_in/forgot.html", **_shown(_door_or_404(code)), sent=False)


@limiter.limit(MISSED_CODES, deduct_when=lambda response: response.status_code == 404)
def send(code: str) -> ResponseReturnValue:
    """The same answer, as quick, for an account that is not there: the worker looks for it. And the same when the
    account has been sent enough: the links that it got still work."""
    door = _door_or_404(code)
    email = request.form.get("email", "").strip()[:320]
    if _may_mail(door.company_id, email):
        mail_key.later(company_id=str(door.company_id), code=door.code, email=email)
    return render_template("sign_in/forgot.html", **_shown(door), sent=True)


def _may_mail(company_id: UUID, email: str) -> bool:
    try:
        account_limits.count_mail(
            Purpose.RESET, company_id, email, lambda: people_queries.by_sign_in_email(company_id, email)
        )
    except LimitReached as reached:
        if reached.budget.where is Where.NETWORK:
            raise
        return False
    return True


@task(retries=2, retry_seconds=30)
def mail_key(company_id: str, code: str, email: str) -> None:
    person = people_queries.by_sign_in_email(UUID(company_id), email)
    if person is None or not person.is_active or person.password_hash is None:
        return
    key = keys.issue(person, Purpose.RESET)
    db.session.commit()
    mail.write(
        [person.sign_in_email or ""],
        "A new password",
        "mail/reset.txt",
        company_name=person.company.name,
        name=person.name,
        code=code,
        key=key,
    )


@limiter.limit(MISSED_CODES, deduct_when=lambda response: response.status_code == 404)
def choose(code: str) -> ResponseReturnValue:
    """Looking spends nothing: mail scanners look, too. A link that does not work is no reason to invent a password."""
    door = _door_or_404(code)
    state = _state(door)
    return _page(door, NewPasswordForm([], formdata=None)) if state is KeyState.GOOD else _ended(door, state)


def reset(code: str) -> ResponseReturnValue:
    """Ends every session of the account's; the person then signs in with the new password."""
    door = _door_or_404(code)
    state, key = _state(door), one_time_links.presented(Purpose.RESET)
    if state is not KeyState.GOOD or key is None:
        return _ended(door, state)
    form = NewPasswordForm([request.form.get("email", ""), door.company_name])
    if not form.validate():
        return _page(door, form), 422
    with limiter.attempt(Budget(WRONG_KEYS, Where.NETWORK, this_network())) as attempt:
        person = keys.spend(door.company_id, Purpose.RESET, key)
        if person is None:
            attempt.fail()
    if person is None:
        db.session.rollback()
        return _ended(door, _state(door))
    people.set_password(person, form.password.data, actor_id=person.id)
    people.confirm_email(person)
    db.session.commit()
    account_limits.unlock_password(person)
    devices.note_mailbox(person)
    flash("Your password is changed. Sign in with the new one.", "success")
    return redirect(url_for("sign_in.login", code=door.code, choose=1), 303)


def ask_change() -> ResponseReturnValue:
    return _change_page(_own_account(), NewPasswordForm([], formdata=None))


def change() -> ResponseReturnValue:
    """With the old one; every other session ends."""
    visitor, person = current(), _own_account()
    form = NewPasswordForm([person.name, person.sign_in_email or "", visitor.company_name])
    try:
        with account_limits.try_again(WRONG_PASSWORDS, person) as attempt:
            if not matches(person.password_hash, request.form.get("old", "")):
                attempt.fail()
                return _change_page(person, form, wrong="This is not your password."), 422
    except LimitReached as reached:
        return reached.answer(_change_page(person, form, wrong=reached.words))
    if not form.validate():
        return _change_page(person, form), 422
    people.set_password(person, form.password.data, actor_id=person.id, kept_session=visitor.session_id)
    db.session.commit()
    flash("Your password is changed, and you are signed out everywhere else.", "success")
    return redirect(url_for("people.account"), 303)


def _own_account() -> Person:
    person = people_queries.person(current().company_id, current().person_id)
    if person is None or person.password_hash is None:
        abort(404)
    return person


def _change_page(person: Person, form: NewPasswordForm, wrong: str | None = None) -> str:
    return render_template("sign_in/change_password.html", email=person.sign_in_email, form=form, wrong=wrong)


def _page(door: queries.Door, form: NewPasswordForm) -> str:
    return render_template("sign_in/reset.html", **_shown(door), form=form, link=one_time_links.name())


def _state(door: queries.Door) -> KeyState:
    return key_queries.mailed_state(door.company_id, Purpose.RESET, one_time_links.presented(Purpose.RESET))


def _ended(door: queries.Door, state: KeyState) -> ResponseReturnValue:
    return ended_page(
        Purpose.RESET,
        state,
        Action("Request a new link", url_for("sign_in.forgot", code=door.code)),
        Action("Go to the login page", url_for("sign_in.login", code=door.code, choose=1)),
    )


def _shown(door: queries.Door) -> dict[str, Any]:
    return {"company_name": door.company_name, "code": door.code}


def _door_or_404(code: str) -> queries.Door:
    door = queries.door(codes.normal(code))
    if door is None:
        abort(404)
    if door.password_sign_in == PasswordSignIn.NOBODY:
        abort(403)
    return door
