"""“Test sign-in”: started by an admin on a draft, ends with a report."""

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import UUID

from flask import abort, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.connections import actions as connection_actions
from app.connections import connection_config
from app.connections.models import Draft, Flow
from app.connections.views import draft_or_404
from app.core.database import now, release_connection
from app.core.unit_of_work import unit_of_work
from app.entra import error_codes
from app.entra.oauth import refusal_of
from app.http.csrf import csrf_token
from app.http.current import current, is_signed_in
from app.http.headers import allow_msal_csp
from app.http.json_requests import body_object
from app.login import errors
from app.login.browser_binding import transaction_cookies
from app.login.connection_test.connection_test import WAITING_HELPS, TestReport, run_test
from app.login.errors import SignInRefused
from app.login.id_token import VerifiedIdentity
from app.login.microsoft.popup import flow as popup_flow
from app.login.microsoft.redirect import flow as redirect_flow
from app.login.page.queries import Button
from app.login.transaction import LoginTransaction

RETRY_SECONDS = 30
MOST_RETRIES = 20


def show(draft_id: UUID) -> ResponseReturnValue:
    """The last report; on a single-page draft, also the button that starts a test."""
    draft = draft_or_404(draft_id)
    report = draft.report or {}
    single_page = []
    if draft.flow == Flow.SPA:
        allow_msal_csp()
        settings = popup_flow.configuration(_as_button(draft))
        single_page = [{**settings, "tokenUrl": url_for("login.connection_test.tokens", draft_id=draft.id)}]
    return render_template(
        "login/connection_test.html",
        draft=draft,
        report=report if report.get("version") == draft.version else None,
        passed=draft.may_go_live,
        wait_seconds=_wait(report, draft),
        looked_up=_looked_up(),
        asked_code=request.args.get("aadsts", ""),
        single_page=single_page,
        page_token=csrf_token(),
        next=url_for("login.connection_test.show", draft_id=draft.id),
    )


def start(draft_id: UUID) -> ResponseReturnValue:
    """Server-side flow: redirects to Microsoft with the draft's settings."""
    draft = draft_or_404(draft_id)
    if not draft.is_complete:
        abort(400, "Save the directory, the application and a credential first.")
    version, setup = draft.version, connection_config.of_draft(draft)
    release_connection()
    try:
        attempt, url = redirect_flow.begin(
            setup,
            code="",
            next_path=url_for("login.connection_test.show", draft_id=draft.id),
            prompt="select_account",
            tested_version=version,
        )
    except SignInRefused as refused:
        return _reported(draft, version, partial(_raise, refused))
    response = redirect(url, 303)
    transaction_cookies().put(response, request.cookies, attempt)
    return response


def finish(draft: Draft, attempt: LoginTransaction, code: Callable[[], str]) -> Response:
    """Handles Microsoft's response to a test. `code` returns the authorization code, or raises SignInRefused with
    Microsoft's error.

    Raises SignInRefused if the person who started the test is no longer signed in.
    """
    if not is_signed_in() or not current().is_admin or current().company_id != draft.company_id:
        raise SignInRefused(errors.STATE)
    assert attempt.tested_version is not None
    setup = connection_config.of_draft(draft)
    release_connection()
    return _reported(draft, attempt.tested_version, lambda: redirect_flow.finish(setup, attempt, code()))


def tokens(draft_id: UUID) -> ResponseReturnValue:
    """Single-page flow: receives the tokens of a test, or Microsoft's error."""
    draft = draft_or_404(draft_id)
    brought = body_object()
    setup = connection_config.of_draft(draft)
    release_connection()

    def verified() -> VerifiedIdentity:
        if "error" in brought:
            raise SignInRefused(errors.error_for(refusal_of(brought)))
        return popup_flow.finish(setup, brought.get("id_token"), brought.get("access_token"), brought.get("nonce"))

    _keep(draft, draft.version, run_test(draft, verified))
    return jsonify(next=url_for("login.connection_test.show", draft_id=draft.id))


def _reported(draft: Draft, version: int, sign_in: Callable[[], VerifiedIdentity]) -> Response:
    _keep(draft, version, run_test(draft, sign_in))
    return redirect(url_for("login.connection_test.show", draft_id=draft.id), 303)


def _keep(draft: Draft, version: int, report: TestReport) -> None:
    visitor = current()
    failed = next((step.code for step in report.steps if step.code), None)
    tries = (draft.report or {}).get("tries", 0) + 1 if failed == WAITING_HELPS else 0
    content = {
        "version": version,
        "at": now().isoformat(),
        "by": visitor.name,
        "steps": report.as_json(),
        "tries": tries,
    }
    with unit_of_work():
        connection_actions.save_test_report(draft, version, content, passed=report.passed, actor_id=visitor.person_id)


def _wait(report: dict[str, Any], draft: Draft) -> int | None:
    """Seconds until the page retries by itself; None if waiting doesn't help or has taken too long."""
    waiting = any(step["code"] == WAITING_HELPS for step in report.get("steps", ()))
    return RETRY_SECONDS if waiting and draft.flow == Flow.SERVER and report["tries"] < MOST_RETRIES else None


def _looked_up() -> error_codes.Advice | None:
    """Advice for an error number that the admin read on one of Microsoft's own pages, which doesn't redirect back to
    us.
    """
    digits = "".join(sign for sign in request.args.get("aadsts", "") if sign.isdecimal())[:9]
    found = error_codes.advice((int(digits),)) if digits else None
    return found[1] if found else None


def _as_button(draft: Draft) -> Button:
    return Button(
        draft.id,
        draft.public_id,
        draft.title,
        draft.button_label,
        draft.flow,
        draft.tenant,
        draft.client_id,
        has_credential=False,
    )


def _raise(refused: SignInRefused) -> VerifiedIdentity:
    raise refused
