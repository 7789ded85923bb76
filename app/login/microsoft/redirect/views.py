"""The redirect flow's endpoints: the button of a login page, and Microsoft's response."""

from collections.abc import Iterable

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.companies import codes
from app.connections import connection_config
from app.connections.connection_config import ConnectionConfig
from app.connections.models import Flow
from app.core.unit_of_work import unit_of_work
from app.http.rate_limits import FAILED_CALLBACK_LIMIT, limiter
from app.login import continuation, login_hint
from app.login import transaction as transactions
from app.login.browser_binding import login_url
from app.login.complete import refuse
from app.login.errors import SignInRefused
from app.login.linking import proof
from app.login.microsoft.redirect import flow
from app.login.microsoft.redirect.forms import ButtonForm
from app.login.page.queries import Button
from app.login.purposes import PurposeHandler, handler_of
from app.login.transaction import LoginTransaction, Purpose


def start(code: str, public_id: str) -> ResponseReturnValue:
    """The sign-in button: redirects to Microsoft."""
    code = codes.normal(code)
    connection = redirectable(connection_config.by_login_code(code, public_id))
    form = ButtonForm()
    found = proof.presented(form.proof.data, public_id)
    return begin(
        connection,
        code,
        form.next.data,
        prompt=form.wanted_prompt,
        remember=bool(form.remember.data),
        **proof.context(found),
    )


def begin(
    connection: ConnectionConfig,
    code: str,
    next_path: str,
    *,
    prompt: str | None = None,
    remember: bool = False,
    **context: object,
) -> Response:
    """Starts a sign-in as the application wants it that asked for it, if one did."""
    wanted = continuation.at(next_path)
    return go(
        connection,
        Purpose.SIGN_IN,
        code=code,
        next_path=next_path,
        prompt=prompt or wanted.prompt,
        login_hint=None if prompt else wanted.login_hint or login_hint.known(code),
        remember=remember,
        **context,
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
    try:
        transaction = transactions.find(request.args.getlist("state"), connection.id)
    except SignInRefused as refused:
        return _refused(connection, refused, login_url(refused.code, refused.next_path))
    transactions.drop(transaction)
    handler = handler_of(transaction)
    try:
        return redirect(_continue(connection, transaction, handler), 303)
    except SignInRefused as refused:
        return _refused(connection, refused, handler.retry_url(transaction))


def _continue(connection: ConnectionConfig, transaction: LoginTransaction, handler: PurposeHandler) -> str:
    if handler.answered is None or not (connection.is_enabled or handler.for_drafts):
        abort(404)
    return handler.answered(connection, transaction, flow.RedirectAnswer(transaction, request.args))


def go(
    connection: ConnectionConfig,
    purpose: Purpose,
    *,
    code: str = "",
    next_path: str,
    prompt: str | None = None,
    login_hint: str | None = None,
    remember: bool = False,
    **context: object,
) -> Response:
    """The redirect to Microsoft; or the page that says why there is none."""
    try:
        url = flow.begin(
            connection,
            purpose,
            code=code,
            next_path=next_path,
            prompt=prompt,
            login_hint=login_hint,
            remember=remember,
            **context,
        )
    except SignInRefused as refused:
        return _refused(connection, refused, login_url(code, next_path))
    return redirect(url, 303)


def redirectable(connection: ConnectionConfig | None) -> ConnectionConfig:
    """The connection, if the redirect flow works there; aborts with 404 otherwise. One with the single-page flow needs
    a credential for it.
    """
    if connection is None or not connection.is_enabled:
        abort(404)
    if connection.flow != Flow.SERVER and not connection.credentials:
        abort(404)
    return connection


def connection_of(buttons: Iterable[Button], public_id: str) -> ConnectionConfig:
    """The connection of one of these buttons; aborts with 404 if it is none of them or has only the single-page
    flow.
    """
    offered = public_id in [one.public_id for one in buttons]
    return redirectable(connection_config.by_public_id(public_id) if offered else None)


def _refused(connection: ConnectionConfig, refused: SignInRefused, retry_url: str) -> Response:
    """The page that gives the reason and links back to where the person can choose; never redirects straight to
    Microsoft again.
    """
    with unit_of_work():
        return refuse(connection.company_id, refused, company_name=connection.company_name, retry_url=retry_url)
