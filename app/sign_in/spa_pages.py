"""The single-page flow's addresses: where the window comes back, and where the page brings its tokens."""

from collections.abc import Callable
from typing import Any

from flask import Response, abort, jsonify, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.companies import codes
from app.connections import snapshots
from app.connections.models import Flow
from app.connections.snapshots import Snapshot
from app.microsoft.entra import refusal_of
from app.microsoft.errors import TokenRefused
from app.sign_in import consent, joining, refusals, spa_flow
from app.sign_in.browser import landing
from app.sign_in.letting_in import let_in, note_refusal
from app.sign_in.reauthentication_pages import confirm_microsoft
from app.sign_in.refusals import SignInRefused
from app.sign_in.verified import Verified
from app.web.csrf import exempt, protect
from app.web.current import current
from app.web.headers import let_opener_listen
from app.web.json_requests import body_object
from app.web.limits import REFUSED_ANSWERS, limiter
from app.web.redirects import safe_next

NOTICED = {
    "directory_unreachable": refusals.UNREACHABLE,
    "directory_broken": refusals.BROKEN,
    "nonce_mismatch": refusals.of(TokenRefused("nonce")),
    "token_parsing_error": refusals.of(TokenRefused("malformed")),
    "state_mismatch": refusals.STATE,
}
"""What goes wrong between the page and Microsoft, by the names that our script and MSAL.js have for it."""


def popup(public_id: str) -> ResponseReturnValue:
    """Microsoft's answer, in the window that the login page opened: it hands it over and closes."""
    if consent.is_answer(request.args):
        return redirect(f"{url_for('sign_in.callback', public_id=public_id)}?{request.query_string.decode('latin-1')}")
    if snapshots.by_public_id(public_id) is None:
        abort(404)
    let_opener_listen()
    return render_template("sign_in/popup.html")


@exempt
@limiter.limit(REFUSED_ANSWERS, deduct_when=lambda response: response.status_code >= 400)
def token(public_id: str) -> ResponseReturnValue:
    """The page's tokens, in exchange for a session; or what Microsoft said instead, in exchange for words."""
    if not spa_flow.is_page_token(request.headers.get("X-CSRFToken", "")):
        protect()
    return _exchange(public_id, _signed_in)


@limiter.limit(REFUSED_ANSWERS, deduct_when=lambda response: response.status_code >= 400)
def reauthenticate(public_id: str) -> ResponseReturnValue:
    """The page's tokens, as proof of who is signed in here."""
    return _exchange(public_id, _reauthenticated)


@limiter.limit(REFUSED_ANSWERS, deduct_when=lambda response: response.status_code >= 400)
def connect(public_id: str) -> ResponseReturnValue:
    """The page's tokens: their identity joins the account of the person who is signed in here."""
    return _exchange(public_id, _connected)


def _exchange(public_id: str, end: Callable[[Snapshot, dict[str, Any]], Response]) -> ResponseReturnValue:
    connection = _connection_or_404(public_id)
    brought = body_object()
    try:
        return end(connection, brought)
    except SignInRefused as refused:
        return _refuse(connection, refused)


def _verified(connection: Snapshot, brought: dict[str, Any]) -> Verified:
    if "error" in brought:
        said = refusal_of(brought)
        raise SignInRefused(NOTICED.get(said.error) or refusals.of(said))
    return spa_flow.finish(connection, brought.get("id_token"), brought.get("access_token"), brought.get("nonce"))


def _reauthenticated(connection: Snapshot, brought: dict[str, Any]) -> Response:
    _check_own(connection)
    confirm_microsoft(_verified(connection, brought), connection.title)
    return jsonify(next=landing(safe_next(brought.get("next"))))


def _connected(connection: Snapshot, brought: dict[str, Any]) -> Response:
    _check_own(connection)
    verified = _verified(connection, brought)
    attempt_id, next_path = spa_flow.attempt_id(brought["nonce"]), safe_next(brought.get("next"))
    joins = joining.Proof(current().person_id)
    return jsonify(next=let_in(connection, verified, attempt_id, next_path, code="", joins=joins))


def _check_own(connection: Snapshot) -> None:
    """What is another company's is not there."""
    if connection.company_id != current().company_id:
        abort(404)


def _signed_in(connection: Snapshot, brought: dict[str, Any]) -> Response:
    verified = _verified(connection, brought)
    joins = joining.proven(request.args.get("proof"), connection.public_id)
    attempt_id, next_path = spa_flow.attempt_id(brought["nonce"]), safe_next(brought.get("next"))
    code = codes.normal(request.args.get("code", ""))
    code = "" if codes.fault(code) else code
    return jsonify(next=let_in(connection, verified, attempt_id, next_path, code=code, joins=joins))


def _refuse(connection: Snapshot, refused: SignInRefused) -> Response:
    refusal, reference = refused.refusal, note_refusal(connection.company_id, refused)
    answer = {
        "error": refusal.reason,
        "title": refusal.advice.title,
        "person": refusal.advice.person,
        "mender": refusal.advice.mender,
        "admin": refusal.advice.admin,
        "code": f"AADSTS{refusal.code}" if refusal.code else None,
        "reference": reference,
    }
    response = make_response(jsonify(answer), 401 if refusal.status == 400 else refusal.status)
    if refusal.retry_after:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response


def _connection_or_404(public_id: str) -> Snapshot:
    connection = snapshots.by_public_id(public_id)
    if connection is None or not connection.is_enabled or connection.flow != Flow.SPA:
        abort(404)
    return connection
