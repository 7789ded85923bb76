"""Taking up an account that one is invited to: with Microsoft, or with a password of one's own."""

from flask import abort, redirect, render_template, request
from flask.typing import ResponseReturnValue

from app.membership import actions as membership
from app.membership import queries as memberships
from app.membership.queries import Opened
from app.people import actions as people
from app.people.methods import may_come_through, may_use_password
from app.people.models import Person
from app.sign_in import queries
from app.sign_in.browser import landing
from app.sign_in.password_forms import NewPasswordForm
from app.sign_in.password_pages import begin_session
from app.sign_in.ways import ways_in
from app.web.limits import MISSED_CODES, limiter


@limiter.limit(MISSED_CODES, deduct_when=lambda response: response.status_code == 404)
def show(key: str) -> ResponseReturnValue:
    """Looking spends nothing: mail scanners look, too."""
    opened = _opened_or_404(key)
    return _page(opened, key, _form(opened.invitation.person))


@limiter.limit(MISSED_CODES, deduct_when=lambda response: response.status_code == 404)
def choose_password(key: str) -> ResponseReturnValue:
    opened = _opened_or_404(key)
    person, form = opened.invitation.person, _form(opened.invitation.person)
    if not may_use_password(person.method, person.company.password_sign_in):
        abort(403)
    if not form.validate():
        return _page(opened, key, form), 422
    people.set_password(person, form.password.data or "", actor_id=person.id)
    membership.note_accepted(person)
    begin_session(person)
    return redirect(landing("/"), 303)


def _page(opened: Opened, key: str, form: NewPasswordForm) -> str:
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
        key=key,
        **ways_in(buttons, door.code, "/", joins=person.id),
    )


def _form(person: Person) -> NewPasswordForm:
    about = [person.name, person.sign_in_email or "", person.company.name]
    return NewPasswordForm(about, formdata=request.form or None)


def _opened_or_404(key: str) -> Opened:
    opened = memberships.open_by_key(key)
    if opened is None:
        abort(404)
    return opened
