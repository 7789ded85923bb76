"""Admin consent's addresses: the buttons of the admin's page and of the set-up link, and Microsoft's answer."""

from uuid import UUID

from flask import abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.connections import queries as connections
from app.connections import setup_pages
from app.connections.models import Draft, SetupLink
from app.connections.setup_pages import opened_setup_link
from app.database import db
from app.people.keys.ended_page import ended_page
from app.people.keys.rules import KeyState
from app.sign_in import actions, consent
from app.sign_in.browser import refusal_page
from app.sign_in.refusals import SignInRefused
from app.web import one_time_links
from app.web.caller import this_caller
from app.web.current import current
from app.web.errors import new_reference
from app.web.limits import MISSED_CODES, limiter


def ask(draft_id: UUID) -> ResponseReturnValue:
    """An admin: on to Microsoft."""
    draft = connections.draft(current().company_id, draft_id)
    if draft is None:
        abort(404)
    return _on(draft, person_id=str(current().person_id))


@limiter.limit(MISSED_CODES, deduct_when=lambda response: response.status_code == 404)
def ask_by_link() -> ResponseReturnValue:
    """Somebody with a set-up link: the same."""
    return _on(opened_setup_link().draft, link_token=one_time_links.presented(setup_pages.LINK))


def answered(draft: Draft) -> Response:
    """Microsoft's answer, at the connection's redirect URI."""
    try:
        asked = consent.asked(draft, request.args)
    except SignInRefused as refused:
        return _refuse(draft, refused)
    link = _good_link(asked.link_token) if asked.link_token else None
    outcome = consent.outcome(draft, request.args)
    person_id = UUID(asked.person_id) if asked.person_id else None
    actions.record_consent(draft, outcome, this_caller(), person_id=person_id, link=link)
    db.session.commit()
    flash(outcome.words, "success" if outcome.given else "warning")
    if asked.link_token:
        return one_time_links.to_page(setup_pages.LINK, asked.link_token, "connections.setup")
    return redirect(url_for("connections.edit", draft_id=draft.id), 303)


def _on(draft: Draft, *, person_id: str | None = None, link_token: str | None = None) -> Response:
    if not draft.tenant or not draft.client_id:
        abort(400, "Save the directory (tenant) id and the application (client) id first.")
    return redirect(consent.ask(draft, person_id=person_id, link_token=link_token), 303)


def _good_link(token: str) -> SetupLink:
    link = connections.setup_link_by_token(token)
    if link is None or not link.is_good:
        abort(ended_page(setup_pages.LINK, link.state if link else KeyState.UNKNOWN))
    return link


def _refuse(draft: Draft, refused: SignInRefused) -> Response:
    reference = new_reference()
    actions.record_refusal(draft.company_id, refused.refusal, reference, this_caller())
    db.session.commit()
    return refusal_page(refused.refusal, reference, company_name=draft.company.name)
