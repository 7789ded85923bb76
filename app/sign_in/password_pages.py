"""Signing in with a password."""

from flask import abort, redirect, request
from flask.typing import ResponseReturnValue

from app.companies import codes
from app.companies.models import PasswordSignIn
from app.database import db, release_connection
from app.people import queries as people_queries
from app.people.passwords import matches
from app.people.sessions import actions as sessions
from app.sign_in import actions, queries, refusals
from app.sign_in.browser import establish, landing, refusal_page
from app.sign_in.pages import login_page
from app.web.caller import this_caller
from app.web.errors import new_reference
from app.web.limits import MISSED_CODES, WRONG_PASSWORDS, limiter
from app.web.redirects import safe_next

WRONG = "That email address and password don't go together. Check both, or ask your administrator."
METHOD = "Password"


def _account_asked_for() -> str:
    """Guessing is limited for an account, from wherever it comes, as well as for an address."""
    code = (request.view_args or {}).get("code", "")
    return f"{codes.normal(code)}:{request.form.get('email', '').strip().lower()[:200]}"


@limiter.limit(MISSED_CODES, deduct_when=lambda response: response.status_code == 404)
@limiter.limit(WRONG_PASSWORDS, deduct_when=lambda response: response.status_code == 422)
@limiter.limit(WRONG_PASSWORDS, key_func=_account_asked_for, deduct_when=lambda response: response.status_code == 422)
def password(code: str) -> ResponseReturnValue:
    door = queries.door(codes.normal(code))
    if door is None:
        abort(404)
    if door.password_sign_in == PasswordSignIn.NOBODY:
        abort(403)
    email = request.form.get("email", "").strip()[:320]
    person = people_queries.by_password_email(door.company_id, email)
    release_connection()
    if not matches(person.password_hash if person else None, request.form.get("password", "")):
        actions.record_wrong_password(door.company_id, person.id if person else None, this_caller())
        db.session.commit()
        return login_page(door, safe_next(request.form.get("next")), email=email, error=WRONG, status=422)
    assert person is not None
    if not person.is_active:
        reference = new_reference()
        actions.record_refusal(door.company_id, refusals.DEACTIVATED, reference, this_caller())
        db.session.commit()
        return refusal_page(refusals.DEACTIVATED, reference, company_name=door.company_name)
    caller = this_caller()
    token = sessions.start(person, method=METHOD, ip_address=caller.ip_address, user_agent=caller.user_agent)
    actions.record_admission(person, METHOD, caller)
    db.session.commit()
    establish(token)
    return redirect(landing(safe_next(request.form.get("next"))), 303)
