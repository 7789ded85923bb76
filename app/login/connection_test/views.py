"""“Test sign-in”: started by an admin on a draft, ends with a report."""

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.connections import actions as connection_actions
from app.connections import connection_config
from app.connections.connection_config import ConnectionConfig
from app.connections.models import Draft, Flow, own_labels
from app.connections.page import draft_or_404, next_url
from app.connections.steps.steps import Step, shown
from app.core.database import now, release_connection
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.entra import error_codes
from app.http.csrf import csrf_token
from app.http.current import current, is_signed_in
from app.http.headers import allow_msal_csp
from app.login import errors
from app.login.connection_test.connection_test import (
    FIELD_OF_STEP,
    STEPS,
    WAITING_HELPS,
    State,
    TestReport,
    run_test,
)
from app.login.errors import SignInRefused
from app.login.microsoft.identity import Answer, VerifiedIdentity
from app.login.microsoft.popup import flow as popup_flow
from app.login.microsoft.popup.views import exchange
from app.login.microsoft.redirect import flow as redirect_flow
from app.login.page.queries import Button, chosen_label
from app.login.transaction import LIFE_SECONDS, LoginTransaction, Purpose

RETRY_SECONDS = 30
MOST_RETRIES = 20
LIFETIME = timedelta(seconds=LIFE_SECONDS)
"""After this time Microsoft's answer to a test isn't accepted any more."""


def show(draft_id: UUID) -> ResponseReturnValue:
    """The last report, and the button that starts a test."""
    draft = draft_or_404(draft_id)
    if not draft.is_complete:
        flash(_("Enter the missing values first."), "warning")
        return redirect(next_url(draft))
    single_page = []
    if draft.flow == Flow.SPA:
        allow_msal_csp()
        token_url = url_for("login.connection_test.tokens", draft_id=draft.id)
        single_page = [popup_flow.configuration(_as_button(draft), Purpose.TEST_CONNECTION, token_url)]
    return render_template(
        "login/connection_test.html",
        **_shown(draft),
        steps=[] if draft.connection else shown(draft, Step.TEST),
        looked_up=_looked_up(),
        asked_code=request.args.get("aadsts", ""),
        single_page=single_page,
        page_token=csrf_token(),
        next=url_for("login.connection_test.show", draft_id=draft.id),
    )


def steps(draft_id: UUID) -> ResponseReturnValue:
    """The part of the page that changes while a test runs, for the script that asks for it."""
    draft = draft_or_404(draft_id)
    return {"html": render_template("login/test_steps.html", **_shown(draft))}


def _shown(draft: Draft) -> dict[str, Any]:
    report = draft.report or {}
    report = report if report.get("version") == draft.version else {}
    running = bool(report.get("running")) and now() - datetime.fromisoformat(report["at"]) < LIFETIME
    failed = next((step for step in report.get("steps", ()) if step["state"] == State.FAILED), None)
    return {
        "draft": draft,
        "report": report if running or not report.get("running") else {},
        "running": running,
        "passed": draft.may_activate and not running,
        "failed": failed,
        "fix": _fix(draft, failed["name"]) if failed else None,
        "wait_seconds": _wait(draft.report or {}, draft),
        "all_steps": STEPS,
    }


def _fix(draft: Draft, step: str) -> tuple[str, str] | None:
    """The field that a failed step points to: its label and its address."""
    is_active = draft.connection is not None
    if step == "redirect_uri":
        endpoint, anchor = ("connections.edit", "registration") if is_active else ("connections.steps.register", "main")
        return _("Redirect URI"), url_for(endpoint, draft_id=draft.id, _anchor=anchor)
    if step not in FIELD_OF_STEP:
        return None
    field, label = FIELD_OF_STEP[step]
    endpoint = "connections.settings" if is_active else "connections.steps.show_values"
    return _(label), url_for(endpoint, draft_id=draft.id, _anchor=field)


def start(draft_id: UUID) -> ResponseReturnValue:
    """Server-side flow: redirects to Microsoft with the draft's settings."""
    draft = draft_or_404(draft_id)
    if not draft.is_complete:
        abort(400, _("Fill in step 2 first."))
    page, version = url_for("login.connection_test.show", draft_id=draft.id), draft.version
    try:
        url = redirect_flow.begin(
            connection_config.of_draft(draft),
            Purpose.TEST_CONNECTION,
            next_path=page,
            prompt="select_account",
            version=version,
        )
    except SignInRefused as refused:
        _keep(draft, version, run_test(partial(_raise, refused)))
        return redirect(page, 303)
    _note_running(draft, version, TestReport())
    return redirect(url, 303)


def tokens(draft_id: UUID) -> ResponseReturnValue:
    """Single-page flow: receives the tokens of a test, or Microsoft's error."""
    draft = draft_or_404(draft_id)
    return exchange(connection_config.of_draft(draft), Purpose.TEST_CONNECTION, version=draft.version)


def answered(connection: ConnectionConfig, transaction: LoginTransaction, answer: Answer) -> str:
    """Microsoft's answer to a test, in either flow. Raises SignInRefused if the admin who started the test is no longer
    signed in.
    """
    if not is_signed_in() or not current().is_admin or current().company_id != connection.company_id:
        raise SignInRefused(errors.STATE)
    draft = draft_or_404(connection.id)
    setup = connection_config.of_draft(draft)
    release_connection()
    version = transaction.context["version"]
    _keep(draft, version, run_test(lambda: answer.identity(setup), partial(_note_running, draft, version)))
    return url_for("login.connection_test.show", draft_id=draft.id)


def _keep(draft: Draft, version: int, report: TestReport) -> None:
    visitor = current()
    failed = next((step.code for step in report.steps if step.code), None)
    tries = (draft.report or {}).get("tries", 0) + 1 if failed == WAITING_HELPS else 0
    content = {**_content(version, report), "tries": tries}
    with unit_of_work():
        connection_actions.save_test_report(draft, version, content, passed=report.passed, actor_id=visitor.person_id)


def _note_running(draft: Draft, version: int, report: TestReport) -> None:
    """Stores how far the test is, for the page that watches it."""
    content = {**_content(version, report), "tries": (draft.report or {}).get("tries", 0), "running": True}
    with unit_of_work():
        connection_actions.save_test_progress(draft, content)


def _content(version: int, report: TestReport) -> dict[str, Any]:
    return {"version": version, "at": now().isoformat(), "by": current().name, "steps": report.as_json()}


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
    labels = own_labels(draft.button_label, draft.company.language, draft.button_label_translations)
    return Button(
        draft.id,
        draft.public_id,
        draft.title,
        chosen_label(labels, draft.company.language),
        draft.flow,
        draft.tenant,
        draft.client_id,
        has_credential=False,
    )


def _raise(refused: SignInRefused) -> VerifiedIdentity:
    raise refused
