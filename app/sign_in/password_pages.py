"""Signing in with a password, and with a second factor where the person has one."""

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.companies import codes
from app.companies.models import PasswordSignIn
from app.database import db, now, release_connection
from app.people import queries as people_queries
from app.people.methods import may_use_password
from app.people.models import Person
from app.people.passwords import matches
from app.people.second_factor import queries as second_factor
from app.people.sessions import actions as sessions
from app.sign_in import actions, pending, queries, refusals
from app.sign_in.browser import establish, landing
from app.sign_in.letting_in import refuse
from app.sign_in.pages import login_page
from app.sign_in.refusals import Refusal, SignInRefused
from app.web.caller import this_caller
from app.web.limits import MISSED_CODES, WRONG_PASSWORDS, limiter
from app.web.redirects import safe_next

WRONG = "That email address and password don't go together. Check both, or ask your administrator."
METHOD = "Password"


def account_asked_for() -> str:
    """Guesses and mails are limited for an account, from wherever they come, as well as for an address."""
    code = (request.view_args or {}).get("code", "")
    return f"{codes.normal(code)}:{request.form.get('email', '').strip().lower()[:200]}"


@limiter.limit(MISSED_CODES, deduct_when=lambda response: response.status_code == 404)
@limiter.limit(WRONG_PASSWORDS, deduct_when=lambda response: response.status_code == 422)
@limiter.limit(WRONG_PASSWORDS, key_func=account_asked_for, deduct_when=lambda response: response.status_code == 422)
def password(code: str) -> ResponseReturnValue:
    door = queries.door(codes.normal(code))
    if door is None:
        abort(404)
    if door.password_sign_in == PasswordSignIn.NOBODY:
        abort(403)
    email = request.form.get("email", "").strip()[:320]
    person = people_queries.by_sign_in_email(door.company_id, email)
    release_connection()
    next_path = safe_next(request.form.get("next"))
    if not matches(person.password_hash if person else None, request.form.get("password", "")):
        actions.record_wrong_password(door.company_id, person.id if person else None, this_caller())
        db.session.commit()
        return login_page(door, next_path, email=email, error=WRONG, status=422)
    assert person is not None
    refused = _refused(person, door)
    if refused:
        retry_url = url_for("sign_in.login", code=door.code, choose=1)
        return refuse(door.company_id, SignInRefused(refused), company_name=door.company_name, retry_url=retry_url)
    if second_factor.factors(person.company_id, person.id):
        pending.keep(person, door.code, next_path)
        return redirect(url_for("sign_in.second_factor"), 303)
    begin_session(person)
    return redirect(landing(next_path), 303)


def begin_session(person: Person, method: str = METHOD) -> None:
    """Signs this browser in as somebody who has proven what it takes, and commits."""
    caller = this_caller()
    token = sessions.start(
        person.company_id,
        person.id,
        method=method,
        ip_address=caller.ip_address,
        user_agent=caller.user_agent,
        reauthenticated_at=now(),
    )
    assert token, "it spends no attempt"
    actions.record_admission(person.company_id, person.id, method, caller)
    db.session.commit()
    establish(token)


def _refused(person: Person, door: queries.Door) -> Refusal | None:
    """Told only to somebody who knows the password."""
    if not person.is_active:
        return refusals.DEACTIVATED
    return None if may_use_password(person.method, door.password_sign_in) else refusals.OTHER_METHOD
