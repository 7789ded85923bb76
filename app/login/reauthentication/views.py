"""“Confirm it’s you”: a signed-in person reauthenticates and returns to what they were about to change."""

from datetime import datetime

from flask import abort, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.audit.events.sign_ins import SessionReauthenticated
from app.audit.log import record
from app.connections.connection_config import ConnectionConfig
from app.core.database import db, now
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.http.client_info import current_client
from app.http.current import current, is_signed_in
from app.http.rate_limits import WRONG_FACTORS, WRONG_PASSWORDS_LIMIT, Limit, LimitReached
from app.http.redirects import safe_next
from app.login import actions, continuation
from app.login.browser_binding import landing
from app.login.microsoft.identity import Answer
from app.login.microsoft.redirect.views import connection_of, go
from app.login.page import queries
from app.login.page.buttons import REAUTHENTICATE, sign_in_buttons
from app.login.purposes import retry_at_login_page
from app.login.reauthentication import methods as reauthentication
from app.login.reauthentication.forms import ReauthenticationForm
from app.login.reauthentication.methods import Methods
from app.login.transaction import LoginTransaction, Purpose
from app.people import account_limits
from app.people import queries as people
from app.people.models import Person
from app.people.two_step import challenges, passkeys
from app.people.two_step.challenges import Use
from app.sessions import actions as sessions
from app.sessions import queries as session_queries

WRONG_PASSWORD = N_("That’s not your password. Check it and try again.")
WRONG_CODE = N_("That code didn’t work. Codes change every 30 seconds and work once.")
WRONG_PASSKEY = N_("That passkey didn’t work. Try again, or use another method.")


def show() -> ResponseReturnValue:
    person = _person()
    return _page(person, reauthentication.methods_of(person))


def check() -> ResponseReturnValue:
    person, form = _person(), ReauthenticationForm()
    methods = reauthentication.methods_of(person)
    field, limit, words = _answered(form)
    try:
        with account_limits.try_again(limit, person) as attempt:
            by = _proven(person, methods, field, form)
            if by is None:
                attempt.fail()
    except LimitReached as reached:
        return reached.answer(_page(person, methods, {field: reached.words}))
    if by is None:
        return _wrong(person, methods, {field: words})
    confirm(person, now(), by)
    return redirect(_next(), 303)


def _answered(form: ReauthenticationForm) -> tuple[str, Limit, str]:
    """Which field of the page was submitted, the limit for wrong answers, and the message for one."""
    if form.credential.data is not None:
        return "passkey", WRONG_FACTORS, _(WRONG_PASSKEY)
    if form.number.raw_data:
        return "number", WRONG_FACTORS, _(WRONG_CODE)
    return "password", WRONG_PASSWORDS_LIMIT, _(WRONG_PASSWORD)


def _proven(person: Person, methods: Methods, field: str, form: ReauthenticationForm) -> str | None:
    """The method that the person proved; None if the answer was wrong."""
    if field == "passkey":
        answer = form.credential.data
        return "passkey" if answer and reauthentication.with_passkey(person, methods, answer) else None
    if field == "number":
        return reauthentication.with_code(person, methods, form.number.data or "")
    return "password" if reauthentication.with_password(person, methods, form.password.data or "") else None


def confirm(person: Person, moment: datetime, method: str) -> None:
    """Records the proof on this browser's session."""
    sessions.note_reauthenticated(current().session_id, moment)
    record(
        SessionReauthenticated(
            company_id=person.company_id,
            actor_id=person.id,
            subject_id=person.id,
            ip_address=current_client().ip_address,
            method=method,
        )
    )
    flash(_("Thanks, it’s you. You can now make your change."), "success")


def start(public_id: str) -> ResponseReturnValue:
    """Asks Microsoft to have the signed-in person sign in once more."""
    visitor = current()
    return go(
        connection_of(reauthentication.methods_of(_person()).buttons, public_id),
        Purpose.REAUTHENTICATE,
        next_path=_next(),
        prompt="login",
        login_hint=session_queries.origin(visitor.company_id, visitor.session_id).login_hint,
    )


def answered(connection: ConnectionConfig, transaction: LoginTransaction, answer: Answer) -> str:
    """Microsoft's answer, in either flow. Raises SignInRefused."""
    transaction.require_same_session()
    identity = answer.identity(connection)
    person = _person()
    moment = reauthentication.authenticated_at(person, identity)
    with unit_of_work():
        confirm(person, moment, connection.title)
    return landing(transaction.next, current().role)


def _wrong(person: Person, methods: Methods, wrong: dict[str, str]) -> ResponseReturnValue:
    db.session.rollback()
    caller = current_client()
    if "password" in wrong:
        actions.record_wrong_password(person.company_id, person.id, caller)
    else:
        actions.record_wrong_factor(person, caller)
    return _page(person, methods, wrong), 422


def _page(person: Person, methods: Methods, wrong: dict[str, str] | None = None) -> str:
    continuation.allow(_next())
    options = None
    if methods.passkeys:
        challenge = challenges.issue(person, Use.REAUTHENTICATE)
        options = passkeys.request_options(current_app.config["BASE_URL"], methods.passkeys, challenge)
    login_page = queries.main_login_page(person.company_id)
    assert login_page is not None
    return render_template(
        "login/reauthenticate.html",
        methods=methods,
        passkey_options=options,
        email=person.sign_in_email,
        form=ReauthenticationForm(formdata=None, next=_next()),
        wrong=wrong or {},
        **sign_in_buttons(methods.buttons, login_page.code, _next(), to=REAUTHENTICATE),
    )


def _next() -> str:
    asked = request.args.get("next")
    return landing(safe_next(asked) if asked else ReauthenticationForm().next.data, current().role)


def _person() -> Person:
    person = people.person(current().company_id, current().person_id)
    if person is None:
        abort(404)
    return person


def retry_url(transaction: LoginTransaction) -> str:
    """The page again; the login page if no one is signed in any longer."""
    if not is_signed_in():
        return retry_at_login_page(transaction)
    return url_for("login.reauthentication.show", next=transaction.next)
