"""Accepting an invitation, with Microsoft or with a password."""

from flask import abort, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.core.database import db
from app.core.translation import gettext as _
from app.http import one_time_links, page_company
from app.http.errors import error_page
from app.http.rate_limits import UNKNOWN_LOGIN_CODE_LIMIT, limiter
from app.login import continuation
from app.login.complete import complete, is_microsoft_only, refuse
from app.login.continuation import Launch
from app.login.errors import PASSWORDS_OFF, SignInRefused
from app.login.linking.proof import LinkProof
from app.login.page import queries
from app.login.page.buttons import sign_in_buttons
from app.login.password.forms import NewPasswordForm
from app.login.password.views import METHOD
from app.login.result import PASSWORD, by_person
from app.login.transaction import LoginTransaction, Purpose
from app.people import actions as people
from app.people.invitations import actions as invitations
from app.people.invitations import queries as invitation_queries
from app.people.invitations.queries import Opened
from app.people.models import Person
from app.people.one_time_tokens import queries as keys
from app.people.one_time_tokens.ended_page import Action, ended_page
from app.people.one_time_tokens.rules import KeyState
from app.people.sign_in_method import can_use_connection, can_use_password

LINK = "invitation"


@limiter.limit(UNKNOWN_LOGIN_CODE_LIMIT, deduct_when=lambda response: response.status_code == 404)
def show() -> ResponseReturnValue:
    """Opening the page consumes nothing: mail scanners open links, too."""
    opened = _opened()
    return _page(opened, _form(opened.invitation.person))


@limiter.limit(UNKNOWN_LOGIN_CODE_LIMIT, deduct_when=lambda response: response.status_code == 404)
def choose_password() -> ResponseReturnValue:
    opened = _opened()
    person, form = opened.invitation.person, _form(opened.invitation.person)
    if not _can_use_password(person):
        abort(error_page(403, words=PASSWORDS_OFF))
    if not form.validate():
        return _page(opened, form), 422
    if not invitations.accept(person, opened.invitation.key_hash):
        db.session.rollback()
        return _ended(KeyState.USED, opened.code)
    people.set_password(person, form.password.data or "", actor_id=person.id)
    launch = _launch(opened)
    transaction = LoginTransaction(Purpose.SIGN_IN, code=opened.code, next=launch.path if launch else "/")
    try:
        path = complete(by_person(person, METHOD, (PASSWORD,)), transaction)
    except SignInRefused as refused:
        return refuse(person.company_id, refused, company_name=person.company.shown_name)
    return redirect(path, 303)


def _page(opened: Opened, form: NewPasswordForm) -> str:
    person = opened.invitation.person
    login_page = queries.main_login_page(person.company_id)
    assert login_page is not None
    policy, launch = person.company.password_sign_in, _launch(opened)
    buttons = [
        button
        for button in login_page.buttons
        if can_use_connection(person.sign_in_method, person.method_connection_id, button.connection_id, policy)
    ]
    return render_template(
        "login/invitation.html",
        company_name=login_page.company_name,
        inviter=opened.inviter,
        application=launch.name if launch else None,
        person=person,
        expires_at=opened.invitation.expires_at,
        form=form if _can_use_password(person) else None,
        link=one_time_links.name(),
        **sign_in_buttons(
            buttons,
            login_page.code,
            launch.path if launch else "/",
            joins=LinkProof(str(person.id), opened.invitation.key_hash),
        ),
    )


def _launch(opened: Opened) -> Launch | None:
    """The application that the invitation leads to, if it still can be opened."""
    return continuation.launch(opened.invitation.company_id, opened.invitation.leads_to_id)


def _can_use_password(person: Person) -> bool:
    allowed = can_use_password(person.sign_in_method, person.company.password_sign_in)
    return allowed and not is_microsoft_only(person)


def _form(person: Person) -> NewPasswordForm:
    return NewPasswordForm([person.name, person.sign_in_email or "", person.company.name])


def _opened() -> Opened:
    """The invitation whose link this browser opened; aborts with a page that gives the reason if there is none to
    accept.
    """
    key = one_time_links.presented(LINK)
    if key is None:
        abort(_ended(KeyState.NOT_HERE))
    opened = invitation_queries.open_by_key(key)
    if opened is None:
        abort(_ended(*keys.ended_at_company(key)))
    company = opened.invitation.person.company
    page_company.note(company.shown_name, company.branding)
    state = invitation_queries.state_of(opened.invitation)
    if state is not KeyState.GOOD:
        abort(_ended(state, opened.code))
    return opened


def _ended(state: KeyState, code: str | None = None) -> Response:
    if code is None:
        return ended_page(LINK, state)
    return ended_page(LINK, state, Action(_("Go to the login page"), url_for("login.page.show", code=code, choose=1)))
