"""Admin consent: the buttons on the admin's page and the setup-link page, and Microsoft's response."""

from uuid import UUID

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.audit.events.connections import ConsentFailed, ConsentGranted
from app.audit.log import record
from app.connections import queries as connections
from app.connections.connection_config import ConnectionConfig
from app.connections.models import Draft, SetupLink
from app.connections.setup_links import views as setup_links_views
from app.connections.setup_links.views import opened_setup_link
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.http import one_time_links
from app.http.client_info import current_client
from app.http.current import current
from app.http.rate_limits import UNKNOWN_LOGIN_CODE_LIMIT, limiter
from app.login.admin_consent import admin_consent
from app.login.admin_consent.admin_consent import Outcome
from app.login.microsoft.identity import Answer
from app.login.transaction import LoginTransaction
from app.people.one_time_tokens.ended_page import ended_page
from app.people.one_time_tokens.rules import KeyState


def start(draft_id: UUID) -> ResponseReturnValue:
    """Redirects an admin to Microsoft."""
    draft = connections.draft(current().company_id, draft_id)
    if draft is None:
        abort(404)
    return _on(draft, admin_id=current().person_id)


@limiter.limit(UNKNOWN_LOGIN_CODE_LIMIT, deduct_when=lambda response: response.status_code == 404)
def start_by_link() -> ResponseReturnValue:
    """Redirects a person with a setup link to Microsoft."""
    return _on(opened_setup_link().draft, link_key=one_time_links.presented(setup_links_views.LINK))


def answered(connection: ConnectionConfig, transaction: LoginTransaction, answer: Answer) -> str:
    """Microsoft's response at the connection's redirect URI."""
    draft = connections.draft(connection.company_id, connection.id)
    assert draft is not None
    key = transaction.context.get("link_key")
    link = _good_link(key) if key else None
    outcome = admin_consent.outcome(draft, answer.parameters)
    with unit_of_work():
        _record(draft, outcome, person_id=None if link else UUID(transaction.context["admin_id"]), link=link)
    flash(outcome.words, "success" if outcome.given else "warning")
    if key:
        return url_for("connections.setup_links.show", link=one_time_links.name_of(key))
    return url_for("connections.edit", draft_id=draft.id)


def _on(draft: Draft, *, admin_id: UUID | None = None, link_key: str | None = None) -> Response:
    if not draft.tenant or not draft.client_id:
        abort(400, _("Save the directory (tenant) ID and the application (client) ID first."))
    return redirect(admin_consent.ask(draft, admin_id=admin_id, link_key=link_key), 303)


def _good_link(key: str) -> SetupLink:
    link = connections.setup_link_by_token(key)
    if link is None or not link.is_good:
        abort(ended_page(setup_links_views.LINK, link.state if link else KeyState.UNKNOWN))
    return link


def _record(draft: Draft, outcome: Outcome, *, person_id: UUID | None, link: SetupLink | None) -> None:
    event = ConsentGranted if outcome.given else ConsentFailed
    record(
        event(
            company_id=draft.company_id,
            actor_id=person_id,
            subject_id=draft.id,
            ip_address=current_client().ip_address,
            reason=outcome.reason,
            tenant=outcome.tenant,
            scope=outcome.scope,
            setup_link=link.id if link else None,
        )
    )
