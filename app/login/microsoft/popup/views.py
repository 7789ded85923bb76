"""The single-page flow's endpoints: where the popup returns, and where a page posts its tokens."""

from flask import Response, abort, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.connections import connection_config
from app.connections.connection_config import ConnectionConfig
from app.connections.models import Flow
from app.core.database import now
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.http.csrf import exempt, protect
from app.http.current import current
from app.http.headers import drop_coop
from app.http.json_requests import body_object
from app.http.rate_limits import FAILED_CALLBACK_LIMIT, limiter
from app.login.browser_binding import details_for_admin
from app.login.complete import record_failure
from app.login.errors import SignInRefused
from app.login.linking import proof
from app.login.linking.proof import LinkProof
from app.login.microsoft.popup import flow
from app.login.purposes import handler_of
from app.login.transaction import Purpose


def show(public_id: str) -> ResponseReturnValue:
    """Receives Microsoft's response in the popup that the login page opened, passes it on and closes."""
    if "admin_consent" in request.args:
        # Only a server can use this answer: it comes without a popup.
        query = request.query_string.decode("latin-1")
        return redirect(f"{url_for('login.microsoft.redirect.callback', public_id=public_id)}?{query}")
    if connection_config.by_public_id(public_id) is None:
        abort(404)
    drop_coop()
    return render_template("login/popup.html")


@exempt
@limiter.limit(FAILED_CALLBACK_LIMIT, deduct_when=lambda response: response.status_code >= 400)
def token(public_id: str) -> ResponseReturnValue:
    """Exchanges the page's tokens for a session, or Microsoft's error for a message."""
    if not flow.is_page_token(request.headers.get("X-CSRFToken", "")):
        protect()
    connection = _connection_or_404(public_id)
    found = proof.presented(request.args.get("proof"), public_id)
    return exchange(connection, Purpose.SIGN_IN, **proof.context(found))


@limiter.limit(FAILED_CALLBACK_LIMIT, deduct_when=lambda response: response.status_code >= 400)
def reauthenticate(public_id: str) -> ResponseReturnValue:
    """Takes the page's tokens as proof of who is signed in here."""
    return exchange(_own(_connection_or_404(public_id)), Purpose.REAUTHENTICATE)


@limiter.limit(FAILED_CALLBACK_LIMIT, deduct_when=lambda response: response.status_code >= 400)
def connect(public_id: str) -> ResponseReturnValue:
    """Links the identity in the page's tokens to the signed-in person's account."""
    connection = _own(_connection_or_404(public_id))
    return exchange(connection, Purpose.LINK, **proof.context(LinkProof(str(current().person_id))))


def exchange(connection: ConnectionConfig, purpose: Purpose, **context: object) -> ResponseReturnValue:
    """Continues with what the page posts; answers with the path to go to, or with why the sign-in was refused."""
    posted = body_object()
    transaction = flow.transaction_of(connection, purpose, posted, **context)
    answered = handler_of(transaction).answered
    assert answered is not None
    try:
        return jsonify(next=answered(connection, transaction, flow.PopupAnswer(transaction, posted)))
    except SignInRefused as refused:
        return _refuse(connection, refused)


def _own(connection: ConnectionConfig) -> ConnectionConfig:
    """Aborts with 404 for another company's connection."""
    if connection.company_id != current().company_id:
        abort(404)
    return connection


def _refuse(connection: ConnectionConfig, refused: SignInRefused) -> Response:
    refusal = refused.refusal
    with unit_of_work():
        reference = record_failure(connection.company_id, refused)
    answer = {
        "error": refusal.reason,
        "title": _(refusal.advice.title),
        "person": _(refusal.advice.person),
        "who_can_help": _(refusal.advice.who_can_help),
        "admin": _(refusal.advice.admin),
        "code": f"AADSTS{refusal.code}" if refusal.code else None,
        "reference": reference,
        "details": None if refusal.retry_may_help else details_for_admin(refusal, reference, now()),
    }
    response = make_response(jsonify(answer), 401 if refusal.status == 400 else refusal.status)
    if refusal.retry_after:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _connection_or_404(public_id: str) -> ConnectionConfig:
    connection = connection_config.by_public_id(public_id)
    if connection is None or not connection.is_enabled or connection.flow != Flow.SPA:
        abort(404)
    return connection
