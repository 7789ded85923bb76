"""Admin consent: the buttons on the admin's page and the setup-link page, and Microsoft's response."""

from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.connections import queries as connections
from app.connections.models import Draft, SetupLink
from app.connections.setup_links import views as setup_links_views
from app.connections.setup_links.views import opened_setup_link
from app.core.unit_of_work import unit_of_work
from app.http import one_time_links
from app.http.client_info import current_client
from app.http.current import current
from app.http.errors import new_reference
from app.http.rate_limits import UNKNOWN_LOGIN_CODE_LIMIT, limiter
from app.login import actions
from app.login.admin_consent import admin_consent
from app.login.browser_binding import refusal_page
from app.login.errors import SignInRefused
from app.people.one_time_tokens.ended_page import ended_page
from app.people.one_time_tokens.rules import KeyState


def start(draft_id: UUID) -> ResponseReturnValue:
    """Redirects an admin to Microsoft."""
    draft = connections.draft(current().company_id, draft_id)
    if draft is None:
        abort(404)
    return _on(draft, person_id=str(current().person_id))


@limiter.limit(UNKNOWN_LOGIN_CODE_LIMIT, deduct_when=lambda response: response.status_code == 404)
def start_by_link() -> ResponseReturnValue:
    """Redirects a person with a setup link to Microsoft."""
    return _on(opened_setup_link().draft, link_token=one_time_links.presented(setup_links_views.LINK))


def answered(draft: Draft) -> Response:
    """Handles Microsoft's response at the connection's redirect URI."""
    try:
        asked = admin_consent.asked(draft, request.args)
    except SignInRefused as refused:
        return _refuse(draft, refused)
    link = _good_link(asked.link_token) if asked.link_token else None
    outcome = admin_consent.outcome(draft, request.args)
    person_id = UUID(asked.person_id) if asked.person_id else None
    with unit_of_work():
        actions.record_consent(draft, outcome, current_client(), person_id=person_id, link=link)
    flash(outcome.words, "success" if outcome.given else "warning")
    if asked.link_token:
        return one_time_links.to_page(setup_links_views.LINK, asked.link_token, "connections.setup_links.show")
    return redirect(url_for("connections.edit", draft_id=draft.id), 303)


def _on(draft: Draft, *, person_id: str | None = None, link_token: str | None = None) -> Response:
    if not draft.tenant or not draft.client_id:
        abort(400, "Save the directory (tenant) id and the application (client) id first.")
    return redirect(admin_consent.ask(draft, person_id=person_id, link_token=link_token), 303)


def _good_link(token: str) -> SetupLink:
    link = connections.setup_link_by_token(token)
    if link is None or not link.is_good:
        abort(ended_page(setup_links_views.LINK, link.state if link else KeyState.UNKNOWN))
    return link


def _refuse(draft: Draft, refused: SignInRefused) -> Response:
    reference = new_reference()
    with unit_of_work():
        actions.record_refusal(draft.company_id, refused.refusal, reference, current_client())
    return refusal_page(refused.refusal, reference, company_name=draft.company.name)
