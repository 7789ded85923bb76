"""The way in for an owner whom nothing else lets in: a code kept on paper, or an operator's link."""

from flask import Response, abort, flash, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.companies import codes
from app.database import db
from app.people import queries as people_queries
from app.people.keys import actions as keys
from app.sign_in import actions, queries
from app.sign_in.browser import landing
from app.sign_in.password_pages import begin_session
from app.web.caller import this_caller
from app.web.limits import MISSED_CODES, WRONG_KEYS, limiter

METHOD = "Recovery key"
WRONG = (
    "This lets nobody in. It may have been used already, or be replaced by newer ones; a link ends after 30 minutes."
)


@limiter.limit(MISSED_CODES, deduct_when=lambda response: response.status_code == 404)
def show(code: str) -> ResponseReturnValue:
    """Looking at a link spends nothing: mail scanners and previews look, too."""
    return _page(_door_or_404(code), request.args.get("key", ""))


@limiter.limit(WRONG_KEYS, deduct_when=lambda response: response.status_code == 422)
def recover(code: str) -> ResponseReturnValue:
    door, caller = _door_or_404(code), this_caller()
    person = keys.spend_recovery_key(door.company_id, request.form.get("key", ""))
    if person is None:
        db.session.rollback()
        actions.record_wrong_key(door.company_id, caller)
        db.session.commit()
        return Response(_page(door, error=WRONG), 422)
    begin_session(person, METHOD)
    left = people_queries.recovery_codes_left(person.company_id, person.id)
    flash(f"You are in. Recovery codes left: {left}. Make sure that you have another way in next time.", "warning")
    return redirect(landing("/"), 303)


def _page(door: queries.Door, key: str = "", error: str | None = None) -> str:
    return render_template(
        "sign_in/recovery.html", company_name=door.company_name, code=door.code, key=key, error=error
    )


def _door_or_404(code: str) -> queries.Door:
    door = queries.door(codes.normal(code))
    if door is None:
        abort(404)
    return door
