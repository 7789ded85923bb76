"""Taking up an account that one is invited to: with Microsoft, or with a password of one's own."""

from flask import abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.database import db
from app.membership import actions as membership
from app.membership import queries as memberships
from app.membership.queries import Opened
from app.people import actions as people
from app.people.keys import queries as keys
from app.people.keys.ended_page import Action, ended_page
from app.people.keys.rules import KeyState
from app.people.methods import may_come_through, may_use_password
from app.people.models import Person
from app.sign_in import queries
from app.sign_in.browser import landing
from app.sign_in.joining import Proof
from app.sign_in.password_forms import NewPasswordForm
from app.sign_in.password_pages import begin_session
from app.sign_in.ways import ways_in
from app.web import one_time_links
from app.web.limits import MISSED_CODES, limiter

LINK = "invitation"


@limiter.limit(MISSED_CODES, deduct_when=lambda response: response.status_code == 404)
def show() -> ResponseReturnValue:
    """Looking spends nothing: mail scanners look, too."""
    opened = _opened()
    return _page(opened, _form(opened.invitation.person))


@limiter.limit(MISSED_CODES, deduct_when=lambda response: response.status_code == 404)
def choose_password() -> ResponseReturnValue:
    opened = _opened()
    person, form = opened.invitation.person, _form(opened.invitation.person)
    if not may_use_password(person.method, person.company.password_sign_in):
        abort(403)
    if not form.validate():
        return _page(opened, form), 422
    if not membership.accept(person, opened.invitation.key_hash):
        db.session.rollback()
        return _ended(KeyState.USED, opened.code)
    people.set_password(person, form.password.data or "", actor_id=person.id)
    begin_session(person, opened.code)
    return redirect(landing("/"), 303)


def _page(opened: Opened, form: NewPasswordForm) -> str:
    person = opened.invitation.person
    door = queries.main_door(person.company_id)
    assert door is not None
    policy = person.company.password_sign_in
    buttons = [
        button
        for button in door.buttons
        if may_come_through(person.method, person.method_connection_id, button.connection_id, policy)
    ]
    return render_template(
        "sign_in/invitation.html",
        company_name=door.company_name,
        inviter=opened.inviter,
        person=person,
        expires_at=opened.invitation.expires_at,
        form=form if may_use_password(person.method, policy) else None,
        link=one_time_links.name(),
        **ways_in(buttons, door.code, "/", joins=Proof(person.id, opened.invitation.key_hash)),
    )


def _form(person: Person) -> NewPasswordForm:
    about = [person.name, person.sign_in_email or "", person.company.name]
    return NewPasswordForm(about, formdata=request.form or None)


def _opened() -> Opened:
    """The invitation whose link this browser opened; ends with a page that says why where there is none to accept."""
    key = one_time_links.presented(LINK)
    if key is None:
        abort(_ended(KeyState.NOT_HERE))
    opened = memberships.open_by_key(key)
    if opened is None:
        abort(_ended(*keys.ended_at_company(key)))
    state = memberships.state_of(opened.invitation)
    if state is not KeyState.GOOD:
        abort(_ended(state, opened.code))
    return opened


def _ended(state: KeyState, code: str | None = None) -> Response:
    if code is None:
        return ended_page(LINK, state)
    return ended_page(LINK, state, Action("Go to the login page", url_for("sign_in.login", code=code, choose=1)))
