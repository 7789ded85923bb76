"""The single-page flow's endpoints: where the popup returns, and where the page posts its tokens."""

from collections.abc import Callable
from typing import Any

from flask import Response, abort, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.companies import codes
from app.connections import connection_config
from app.connections.connection_config import ConnectionConfig
from app.connections.models import Flow
from app.core.unit_of_work import unit_of_work
from app.entra.errors import InvalidIdToken
from app.entra.oauth import refusal_of
from app.http.csrf import exempt, protect
from app.http.current import current
from app.http.headers import drop_coop
from app.http.json_requests import body_object
from app.http.rate_limits import FAILED_CALLBACK_LIMIT, limiter
from app.http.redirects import safe_next
from app.login import errors
from app.login.admin_consent import admin_consent
from app.login.browser_binding import landing
from app.login.complete import complete_login, record_failure
from app.login.errors import SignInRefused
from app.login.id_token import VerifiedIdentity
from app.login.linking import pending_link
from app.login.microsoft.popup import flow as popup_flow
from app.login.reauthentication.views import confirm_microsoft

NOTICED = {
    "directory_unreachable": errors.UNREACHABLE,
    "directory_broken": errors.INVALID_RESPONSE,
    "nonce_mismatch": errors.error_for(InvalidIdToken("nonce")),
    "token_parsing_error": errors.error_for(InvalidIdToken("malformed")),
    "state_mismatch": errors.STATE,
}
"""Errors between the page and Microsoft, by the names that our script and MSAL.js use."""


def show(public_id: str) -> ResponseReturnValue:
    """Receives Microsoft's response in the popup that the login page opened, passes it on and closes."""
    if admin_consent.is_answer(request.args):
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
    if not popup_flow.is_page_token(request.headers.get("X-CSRFToken", "")):
        protect()
    return _exchange(public_id, _signed_in)


@limiter.limit(FAILED_CALLBACK_LIMIT, deduct_when=lambda response: response.status_code >= 400)
def reauthenticate(public_id: str) -> ResponseReturnValue:
    """Takes the page's tokens as proof of who is signed in here."""
    return _exchange(public_id, _reauthenticated)


@limiter.limit(FAILED_CALLBACK_LIMIT, deduct_when=lambda response: response.status_code >= 400)
def connect(public_id: str) -> ResponseReturnValue:
    """Links the identity in the page's tokens to the signed-in person's account."""
    return _exchange(public_id, _connected)


def _exchange(public_id: str, end: Callable[[ConnectionConfig, dict[str, Any]], Response]) -> ResponseReturnValue:
    connection = _connection_or_404(public_id)
    brought = body_object()
    try:
        return end(connection, brought)
    except SignInRefused as refused:
        return _refuse(connection, refused)


def _verified(connection: ConnectionConfig, brought: dict[str, Any]) -> VerifiedIdentity:
    if "error" in brought:
        said = refusal_of(brought)
        raise SignInRefused(NOTICED.get(said.error) or errors.error_for(said))
    return popup_flow.finish(connection, brought.get("id_token"), brought.get("access_token"), brought.get("nonce"))


def _reauthenticated(connection: ConnectionConfig, brought: dict[str, Any]) -> Response:
    _check_own(connection)
    verified = _verified(connection, brought)
    with unit_of_work():
        confirm_microsoft(verified, connection.title)
    return jsonify(next=landing(safe_next(brought.get("next"))))


def _connected(connection: ConnectionConfig, brought: dict[str, Any]) -> Response:
    _check_own(connection)
    verified = _verified(connection, brought)
    attempt_id, next_path = popup_flow.attempt_id(brought["nonce"]), safe_next(brought.get("next"))
    joins = pending_link.Proof(current().person_id)
    return jsonify(next=complete_login(connection, verified, attempt_id, next_path, code="", joins=joins))


def _check_own(connection: ConnectionConfig) -> None:
    """Aborts with 404 for another company's connection."""
    if connection.company_id != current().company_id:
        abort(404)


def _signed_in(connection: ConnectionConfig, brought: dict[str, Any]) -> Response:
    verified = _verified(connection, brought)
    joins = pending_link.link_proof_subject(request.args.get("proof"), connection.public_id)
    attempt_id, next_path = popup_flow.attempt_id(brought["nonce"]), safe_next(brought.get("next"))
    code = codes.normal(request.args.get("code", ""))
    code = "" if codes.fault(code) else code
    return jsonify(next=complete_login(connection, verified, attempt_id, next_path, code=code, joins=joins))


def _refuse(connection: ConnectionConfig, refused: SignInRefused) -> Response:
    refusal = refused.refusal
    with unit_of_work():
        reference = record_failure(connection.company_id, refused)
    answer = {
        "error": refusal.reason,
        "title": refusal.advice.title,
        "person": refusal.advice.person,
        "who_can_help": refusal.advice.who_can_help,
        "admin": refusal.advice.admin,
        "code": f"AADSTS{refusal.code}" if refusal.code else None,
        "reference": reference,
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
