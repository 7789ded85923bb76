"""The server-side flow's endpoints: the button, Microsoft's response, and “Sync now”, which is the same flow without
UI.
"""

from collections.abc import Iterable
from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.companies import codes
from app.connections import connection_config
from app.connections import queries as connections
from app.connections.connection_config import ConnectionConfig
from app.connections.models import Draft, Flow
from app.core.database import release_connection
from app.core.unit_of_work import unit_of_work
from app.entra.oauth import refusal_of
from app.http.current import current, is_signed_in
from app.http.rate_limits import FAILED_CALLBACK_LIMIT, limiter
from app.login import actions, errors
from app.login.admin_consent import admin_consent
from app.login.admin_consent import views as admin_consent_views
from app.login.browser_binding import landing, login_url, transaction_cookies
from app.login.complete import complete_login, refuse
from app.login.connection_test import views as connection_test_views
from app.login.errors import SignInRefused
from app.login.id_token import VerifiedIdentity
from app.login.linking import pending_link
from app.login.microsoft.redirect import flow as redirect_flow
from app.login.microsoft.redirect.forms import ButtonForm
from app.login.page import queries
from app.login.reauthentication.methods import methods_of
from app.login.reauthentication.views import confirm_microsoft, reauthenticate_url
from app.login.transaction import LoginTransaction, Purpose
from app.people import queries as people_queries
from app.sessions import queries as session_queries

ASK_AGAIN = ("login_required", "interaction_required", "consent_required", "account_selection_required")
"""Error codes for a request with `prompt=none` that needs interaction."""


def start(code: str, public_id: str) -> ResponseReturnValue:
    """The sign-in button: redirects to Microsoft."""
    code = codes.normal(code)
    connection = connection_config.by_login_code(code, public_id)
    if connection is None or not connection.is_enabled:
        abort(404)
    if connection.flow != Flow.SERVER and not connection.credentials:
        abort(404)
    form = ButtonForm()
    joins = pending_link.link_proof_subject(form.proof.data, public_id)
    return _go(connection, code=code, next_path=form.next.data, prompt=form.wanted_prompt, joins=joins)


def reauthenticate(public_id: str) -> ResponseReturnValue:
    """Asks Microsoft to have the signed-in person sign in once more."""
    person = people_queries.person(current().company_id, current().person_id)
    buttons = methods_of(person).buttons if person else []
    connection = _with_server_flow(buttons, public_id)
    next_path = landing(ButtonForm().next.data)
    return _go(
        connection,
        code="",
        next_path=next_path,
        prompt="login",
        person_id=current().person_id,
        purpose=Purpose.REAUTHENTICATE,
    )


def connect(public_id: str) -> ResponseReturnValue:
    """Connects a Microsoft identity to the account of the signed-in person."""
    login_page = queries.main_login_page(current().company_id)
    connection = _with_server_flow(login_page.buttons if login_page else (), public_id)
    assert login_page is not None
    return _go(
        connection,
        code=login_page.code,
        next_path=url_for("overview.account.show"),
        prompt=ButtonForm().wanted_prompt,
        joins=pending_link.Proof(current().person_id),
        purpose=Purpose.LINK,
    )


def _with_server_flow(buttons: Iterable[queries.Button], public_id: str) -> ConnectionConfig:
    """The connection of one of these buttons; aborts with 404 if it is none of them or has only the single-page
    flow.
    """
    connection = connection_config.by_public_id(public_id) if public_id in [one.public_id for one in buttons] else None
    if connection is None or not connection.is_enabled:
        abort(404)
    if connection.flow != Flow.SERVER and not connection.credentials:
        abort(404)
    return connection


def redirect_to_microsoft(login_page: queries.LoginPageView, button: queries.Button, next_path: str) -> Response:
    """Redirects to Microsoft without a click. The transaction is bound to this browser all the same, so a response that
    an attacker started signs no one in.
    """
    connection = connection_config.by_public_id(button.public_id)
    if connection is None or not connection.is_enabled:
        abort(404)
    return _go(connection, code=login_page.code, next_path=next_path)


def sync_now() -> ResponseReturnValue:
    """Reads the profile again. No token was kept, so one is requested from Microsoft without UI."""
    visitor = current()
    origin = session_queries.origin(visitor.company_id, visitor.session_id)
    connection = connection_config.by_id(visitor.company_id, origin.connection_id)
    if connection is None or not connection.is_enabled:
        flash("Your profile can only be read while you are signed in with Microsoft.", "warning")
        return redirect(url_for("overview.account.show"))
    if connection.flow == Flow.SPA:
        flash("Press the button once more: then your profile is read anew.", "success")
        return redirect(url_for("login.page.find", next=url_for("overview.account.show")))
    return _go(
        connection, code="", next_path=url_for("overview.account.show"), prompt="none", person_id=visitor.person_id
    )


@limiter.limit(FAILED_CALLBACK_LIMIT, deduct_when=lambda response: response.status_code >= 400, often=True)
def callback(public_id: str) -> ResponseReturnValue:
    """Microsoft's response at the connection's redirect URI."""
    connection = connection_config.by_public_id(public_id)
    if connection is None:
        abort(404)
    if not request.args:
        # Microsoft's sign-out page returns here, too, without parameters.
        return redirect(url_for("login.page.find"))
    if admin_consent.is_answer(request.args):
        return admin_consent_views.answered(_draft(connection))
    attempt: LoginTransaction | None = None
    try:
        attempt = transaction_cookies().find(request.cookies, request.args.getlist("state"), connection.id)
        response = _continue(connection, attempt)
    except SignInRefused as refused:
        if attempt and attempt.purpose == Purpose.REAUTHENTICATE and is_signed_in():
            response = _refuse(connection, refused, reauthenticate_url(attempt.next))
        else:
            begun_at = (attempt.code, attempt.next) if attempt else (refused.code, refused.next_path)
            response = _refuse(connection, refused, login_url(*begun_at))
    if attempt:
        transaction_cookies().drop(response, attempt)
    return response


def _continue(connection: ConnectionConfig, attempt: LoginTransaction) -> Response:
    """Runs what the transaction is for: a test, a profile read, or a sign-in. Raises SignInRefused."""
    if attempt.tested_version is not None:
        return connection_test_views.finish(_draft(connection), attempt, _code)
    if not connection.is_enabled:
        abort(404)
    if attempt.silent and is_signed_in() and request.args.get("error") in ASK_AGAIN:
        return _go(connection, code="", next_path=attempt.next, person_id=_person_of(attempt))
    verified = redirect_flow.finish(connection, attempt, _code())
    if attempt.purpose == Purpose.REAUTHENTICATE:
        return _reauthenticated(connection, attempt, verified)
    return _synced(attempt, verified) if attempt.person_id else _signed_in(connection, attempt, verified)


def _go(
    connection: ConnectionConfig,
    *,
    code: str,
    next_path: str,
    prompt: str | None = None,
    person_id: UUID | None = None,
    joins: pending_link.Proof | None = None,
    purpose: Purpose = Purpose.SIGN_IN,
) -> Response:
    login_hint = _login_hint() if person_id else None
    release_connection()
    try:
        attempt, url = redirect_flow.begin(
            connection,
            code=code,
            next_path=next_path,
            prompt=prompt,
            person_id=str(person_id) if person_id else None,
            login_hint=login_hint,
            joins=str(joins) if joins else None,
            purpose=purpose,
        )
    except SignInRefused as refused:
        return _refuse(connection, refused, login_url(code, next_path))
    response = redirect(url, 303)
    transaction_cookies().put(response, request.cookies, attempt)
    return response


def _login_hint() -> str | None:
    """Microsoft's own name for this session's account. An email address would not do: it can differ from the user name,
    and another account may have it.
    """
    visitor = current()
    return session_queries.origin(visitor.company_id, visitor.session_id).login_hint


def _code() -> str:
    """The response's only authorization code. Raises SignInRefused, with the directory's error if there is one."""
    if error := request.args.get("error"):
        answer = {"error": error, "error_description": request.args.get("error_description")}
        raise SignInRefused(errors.error_for(refusal_of(answer)))
    found = request.args.getlist("code")
    if len(found) != 1 or not found[0]:
        raise SignInRefused(errors.NO_CODE)
    return found[0]


def _signed_in(connection: ConnectionConfig, attempt: LoginTransaction, verified: VerifiedIdentity) -> Response:
    joins = pending_link.Proof.read(attempt.joins) if attempt.joins else None
    # Another person may have signed in in this browser since the transaction began.
    if attempt.purpose == Purpose.LINK and (
        joins is None or not is_signed_in() or current().person_id != joins.person_id
    ):
        raise SignInRefused(errors.OTHER_PERSON)
    path = complete_login(connection, verified, attempt.id, attempt.next, code=attempt.code, joins=joins)
    return redirect(path, 303)


def _reauthenticated(connection: ConnectionConfig, attempt: LoginTransaction, verified: VerifiedIdentity) -> Response:
    if not is_signed_in() or current().person_id != _person_of(attempt):
        raise SignInRefused(errors.OTHER_PERSON)
    with unit_of_work():
        confirm_microsoft(verified, connection.title)
    return redirect(attempt.next, 303)


def _synced(attempt: LoginTransaction, verified: VerifiedIdentity) -> Response:
    if not is_signed_in() or current().person_id != _person_of(attempt):
        raise SignInRefused(errors.OTHER_PERSON)
    visitor = current()
    person = people_queries.person(visitor.company_id, visitor.person_id)
    assert person is not None
    if actions.read_profile_again(person, verified):
        flash("Your profile is up to date.", "success")
    else:
        flash("Microsoft Graph doesn't answer just now. Your profile will be read as soon as it does.", "warning")
    return redirect(attempt.next, 303)


def _refuse(connection: ConnectionConfig, refused: SignInRefused, retry_url: str) -> Response:
    """The page that gives the reason and links back to where the person can choose; never redirects straight to
    Microsoft again.
    """
    with unit_of_work():
        return refuse(connection.company_id, refused, company_name=connection.company_name, retry_url=retry_url)


def _draft(connection: ConnectionConfig) -> Draft:
    draft = connections.draft(connection.company_id, connection.id)
    assert draft is not None
    return draft


def _person_of(attempt: LoginTransaction) -> UUID | None:
    return UUID(attempt.person_id) if attempt.person_id else None
