"""The addresses that an application gains: /portico/sign-in, callback, sign-out and back-channel-logout."""

from typing import TYPE_CHECKING

from flask import Blueprint, abort, current_app, jsonify, redirect, request
from flask.typing import ResponseReturnValue

from flask_portico.errors import InvalidToken, SignInFailed

if TYPE_CHECKING:
    from flask_portico.extension import Portico

blueprint = Blueprint("portico", __name__, url_prefix="/portico")


@blueprint.get("/sign-in")
def sign_in() -> ResponseReturnValue:
    answer: ResponseReturnValue = _portico().login(request.args.get("organization"), next=request.args.get("next"))
    return answer


@blueprint.get("/callback")
def callback() -> ResponseReturnValue:
    try:
        return redirect(_portico().finish_login())
    except SignInFailed as refused:
        abort(400, description=str(refused))


@blueprint.post("/sign-out")
def sign_out() -> ResponseReturnValue:
    """The cookie is SameSite=Lax, so that a form of another site ends no session; a sibling's is refused here."""
    if request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
        abort(403)
    answer: ResponseReturnValue = _portico().logout()
    return answer


@blueprint.post("/back-channel-logout")
def back_channel_logout() -> ResponseReturnValue:
    """OpenID Connect Back-Channel Logout 1.0. A token that checks everything replaces protection against CSRF: exempt
    this blueprint where the application protects all its forms.
    """
    try:
        _portico().end_sessions(request.form.get("logout_token", ""))
    except InvalidToken as error:
        answer, status = jsonify(error="invalid_request", error_description=str(error)), 400
    else:
        answer, status = jsonify({}), 200
    answer.headers["Cache-Control"] = "no-store"
    return answer, status


def _portico() -> "Portico":
    found: Portico = current_app.extensions["portico"]
    return found
