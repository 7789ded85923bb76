"""Loads the signed-in person from a request's session cookies."""

from datetime import datetime
from uuid import UUID

from flask import Flask, Request, Response, current_app, g

from app.core.database import now
from app.core.logging import name_company
from app.core.unit_of_work import unit_of_work
from app.http import languages, page_company, session_cookies
from app.http.current import Visitor, current, login_manager
from app.sessions import actions, queries
from app.sessions.limits import due_for_touch


def init_app(app: Flask) -> None:
    # An error page must not query the database for the current person, so templates look it up only where they use it.
    login_manager.init_app(app, add_context_processor=False)
    app.jinja_env.globals["current"] = current
    login_manager.request_loader(_load)
    app.after_request(_touch_after_response)


def _load(_request: Request) -> Visitor | None:
    visitor = None
    if session_cookies.active_token():
        visitor = queries.visitor(session_cookies.tokens(), session_cookies.active_org_id())
    if visitor:
        name_company(visitor.company_id)
        page_company.note_visitor(visitor.company_name, visitor.branding)
        languages.note(person=visitor.language, company=visitor.company_language)
    if visitor and due_for_touch(visitor.last_seen_at, now()):
        g.seen_session = visitor.session_id
    return visitor


def _touch_after_response(response: Response) -> Response:
    """Records after the response that the session is in use, so that no request waits for it."""
    session_id = g.pop("seen_session", None)
    if session_id is not None:
        app = current_app._get_current_object()  # type: ignore[attr-defined]

        def note() -> None:
            with app.app_context(), unit_of_work():
                actions.touch(session_id, now())

        response.call_on_close(note)
    return response


def count_as_use(session_id: UUID, last_seen_at: datetime) -> None:
    """This request uses a session without loading its visitor: it is behind an application."""
    if due_for_touch(last_seen_at, now()):
        g.seen_session = session_id
