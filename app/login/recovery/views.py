"""Account recovery for an owner who can't sign in otherwise: a printed code, or an operator's link."""

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.companies import codes
from app.core.database import db
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.core.translation import ngettext
from app.http import one_time_links
from app.http.client_info import current_client
from app.http.rate_limits import UNKNOWN_LOGIN_CODE_LIMIT, WRONG_KEYS, limiter
from app.http.redirects import safe_next
from app.login import actions, continuation
from app.login.complete import complete, refuse
from app.login.errors import SignInRefused
from app.login.page import queries
from app.login.recovery.forms import RecoveryForm
from app.login.result import by_person
from app.login.transaction import LoginTransaction, Purpose
from app.people import queries as people_queries
from app.people.one_time_tokens import actions as one_time_tokens
from app.people.one_time_tokens import queries as key_queries
from app.people.one_time_tokens.ended_page import Action, ended_page
from app.people.one_time_tokens.rules import KeyState

LINK = "recovery"
METHOD = N_("Recovery code")
WRONG = N_("This code or link isn’t valid. It may have been used, replaced or expired.")


@limiter.limit(UNKNOWN_LOGIN_CODE_LIMIT, deduct_when=lambda response: response.status_code == 404)
def show(code: str) -> ResponseReturnValue:
    """Opening a link consumes nothing: mail scanners and previews open links, too."""
    login_page = _login_page_or_404(code)
    state = _state(login_page)
    next_path = safe_next(request.args.get("next"))
    return _page(login_page, next_path) if state is KeyState.GOOD else _ended(login_page, state)


@limiter.limit(WRONG_KEYS, deduct_when=lambda response: response.status_code == 422)
def redeem(code: str) -> ResponseReturnValue:
    login_page, caller, form = _login_page_or_404(code), current_client(), RecoveryForm()
    key = one_time_links.presented(LINK) if one_time_links.name() else form.key.data
    person = one_time_tokens.redeem_recovery_code(login_page.company_id, key or "")
    if person is None:
        db.session.rollback()
        actions.record_wrong_key(login_page.company_id, caller)
        return (
            _ended(login_page, _state(login_page))
            if one_time_links.name()
            else Response(_page(login_page, form.next.data, error=_(WRONG)), 422)
        )
    transaction = LoginTransaction(Purpose.SIGN_IN, code=login_page.code, next=form.next.data)
    try:
        path = complete(by_person(person, METHOD, is_recovery=True), transaction)
    except SignInRefused as refused:
        return refuse(login_page.company_id, refused, company_name=login_page.company_name)
    left = people_queries.recovery_codes_left(person.company_id, person.id)
    flash(
        ngettext(
            "You’re signed in. %(num)s recovery code left. Set up another sign-in method now.",
            "You’re signed in. %(num)s recovery codes left. Set up another sign-in method now.",
            left,
        ),
        "warning",
    )
    return redirect(url_for("overview.account.show") if transaction.next == "/" else path, 303)


def _state(login_page: queries.LoginPageView) -> KeyState:
    """The state of the link that the request names; valid if it names none and a code is to be typed."""
    if not one_time_links.name():
        return KeyState.GOOD
    key = one_time_links.presented(LINK)
    return key_queries.recovery_state(login_page.company_id, key) if key else KeyState.NOT_HERE


def _ended(login_page: queries.LoginPageView, state: KeyState) -> Response:
    return ended_page(
        LINK, state, Action(_("Use a recovery code"), url_for("login.recovery.show", code=login_page.code))
    )


def _page(login_page: queries.LoginPageView, next_path: str, error: str | None = None) -> str:
    continuation.allow(next_path)
    form = RecoveryForm(formdata=None, next=next_path)
    form.key.errors = [error] if error else []
    return render_template(
        "login/recovery.html",
        company_name=login_page.company_name,
        code=login_page.code,
        link=one_time_links.name(),
        form=form,
    )


def _login_page_or_404(code: str) -> queries.LoginPageView:
    login_page = queries.by_login_code(codes.normal(code))
    if login_page is None:
        abort(404)
    return login_page
