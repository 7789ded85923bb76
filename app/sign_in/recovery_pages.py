"""The way in for an owner whom nothing else lets in: a code kept on paper, or an operator's link."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.companies import codes
from app.database import db
from app.people import queries as people_queries
from app.people.keys import actions as keys
from app.people.keys import queries as key_queries
from app.people.keys.ended_page import Action, ended_page
from app.people.keys.rules import KeyState
from app.sign_in import actions, queries
from app.sign_in.browser import landing
from app.sign_in.password_pages import begin_session
from app.web import one_time_links
from app.web.caller import this_caller
from app.web.limits import MISSED_CODES, WRONG_KEYS, limiter

LINK = "recovery"
METHOD = "Recovery key"
WRONG = (
    "This lets nobody in. It may have been used already, or be replaced by newer ones; a link ends after 30 minutes."
)


@limiter.limit(MISSED_CODES, deduct_when=lambda response: response.status_code == 404)
def show(code: str) -> ResponseReturnValue:
    """Looking at a link spends nothing: mail scanners and previews look, too."""
    door = _door_or_404(code)
    state = _state(door)
    return _page(door) if state is KeyState.GOOD else _ended(door, state)


@limiter.limit(WRONG_KEYS, deduct_when=lambda response: response.status_code == 422)
def recover(code: str) -> ResponseReturnValue:
    door, caller = _door_or_404(code), this_caller()
    key = one_time_links.presented(LINK) if one_time_links.name() else request.form.get("key", "")
    person = keys.spend_recovery_key(door.company_id, key or "")
    if person is None:
        db.session.rollback()
        actions.record_wrong_key(door.company_id, caller)
        db.session.commit()
        return _ended(door, _state(door)) if one_time_links.name() else Response(_page(door, error=WRONG), 422)
    begin_session(person, door.code, METHOD)
    left = people_queries.recovery_codes_left(person.company_id, person.id)
    flash(f"You are in. Recovery codes left: {left}. Make sure that you have another way in next time.", "warning")
    return redirect(landing("/"), 303)


def _state(door: queries.Door) -> KeyState:
    """Of the link that the request names; good where it names none, and a code is to be typed."""
    if not one_time_links.name():
        return KeyState.GOOD
    key = one_time_links.presented(LINK)
    return key_queries.recovery_state(door.company_id, key) if key else KeyState.NOT_HERE


def _ended(door: queries.Door, state: KeyState) -> Response:
    return ended_page(LINK, state, Action("Use a recovery code", url_for("sign_in.recovery", code=door.code)))


def _page(door: queries.Door, error: str | None = None) -> str:
    link = one_time_links.name()
    return render_template(
        "sign_in/recovery.html", company_name=door.company_name, code=door.code, link=link, error=error
    )


def _door_or_404(code: str) -> queries.Door:
    door = queries.door(codes.normal(code))
    if door is None:
        abort(404)
    return door
