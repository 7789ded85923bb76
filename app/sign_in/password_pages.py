"""Signing in with a password, and with a second factor where the person has one."""

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue

from app.companies import codes
from app.companies.models import PasswordSignIn
from app.database import db, now, release_connection
from app.people import account_limits
from app.people import queries as people_queries
from app.people.methods import may_use_password
from app.people.models import Person
from app.people.passwords import matches
from app.people.second_factor import queries as second_factor
from app.people.sessions import actions as sessions
from app.sign_in import actions, pending, queries, refusals
from app.sign_in.browser import establish, landing, login_url
from app.sign_in.letting_in import refuse
from app.sign_in.pages import login_page
from app.sign_in.refusals import Refusal, SignInRefused
from app.web.caller import this_caller
from app.web.limits import MISSED_CODES, LimitReached, Where, limiter
from app.web.redirects import safe_next

USE_ANOTHER_WAY = "A browser that you have signed in with before still works, and so does resetting your password."
WRONG = "That email address and password don't go together. Check both, or ask your administrator."
METHOD = "Password"


@limiter.limit(MISSED_CODES, deduct_when=lambda response: response.status_code == 404)
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
    try:
        with account_limits.try_password(door.company_id, email, person) as attempt:
            if not matches(person.password_hash if person else None, request.form.get("password", "")):
                attempt.fail()
    except LimitReached as reached:
        return _too_many(door, next_path, email, reached)
    if attempt.has_failed:
        actions.record_wrong_password(door.company_id, person.id if person else None, this_caller())
        db.session.commit()
        return login_page(door, next_path, email=email, error=WRONG, status=422)
    assert person is not None
    refused = _refused(person, door)
    if refused:
        retry_url = login_url(door.code, next_path)
        return refuse(door.company_id, SignInRefused(refused), company_name=door.company_name, retry_url=retry_url)
    if second_factor.factors(person.company_id, person.id):
        pending.keep(person, door.code, next_path)
        return redirect(url_for("sign_in.second_factor"), 303)
    begin_session(person, door.code)
    return redirect(landing(next_path), 303)


def begin_session(person: Person, code: str, method: str = METHOD, *, attempt_id: str | None = None) -> bool:
    """Signs this browser in as somebody who has proven what it takes, and commits; `code` is the login page's. Says
    False, with nothing written, where the attempt was spent before."""
    caller = this_caller()
    token = sessions.start(
        person.company_id,
        person.id,
        method=method,
        ip_address=caller.ip_address,
        user_agent=caller.user_agent,
        attempt_id=attempt_id,
        reauthenticated_at=now(),
    )
    if token is None:
        db.session.rollback()
        return False
    actions.record_admission(person.company_id, person.id, method, caller)
    db.session.commit()
    establish(token, person.company_id, person.id, code)
    return True


def _too_many(door: queries.Door, next_path: str, email: str, reached: LimitReached) -> ResponseReturnValue:
    """The form again, with which limit it was and until when."""
    words = f"{reached.words} {USE_ANOTHER_WAY}" if reached.budget.where is Where.ACCOUNT else reached.words
    return reached.answer(login_page(door, next_path, email=email, error=words))


def _refused(person: Person, door: queries.Door) -> Refusal | None:
    """Told only to somebody who knows the password."""
    if not person.is_active:
        return refusals.DEACTIVATED
    return None if may_use_password(person.method, door.password_sign_in) else refusals.OTHER_METHOD
