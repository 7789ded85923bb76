"""Cookies that bind a sign-in to a browser, and the redirects around a sign-in."""

from datetime import datetime
from typing import Any
from uuid import UUID

import flask
from flask import after_this_request, make_response, render_template, session, url_for
from werkzeug.wrappers import Response

from app.core.database import now
from app.core.translation import gettext as _
from app.http.binding import forget_pending
from app.http.cookies import read_cookie, set_cookie
from app.http.current import is_signed_in
from app.http.template_filters import show_time
from app.login.errors import Refusal
from app.people import devices
from app.people.models import Role
from app.sessions import browser_sessions
from app.sessions.actions import StartedSession

LAST_CODE_COOKIE = "last_code"
"""The cookie's name without the prefix that `cookies.host_cookie` adds."""
LAST_CODE_SECONDS = 365 * 24 * 3600
START_PAGES: dict[str, str] = {Role.OWNER: "overview.home.show", Role.ADMIN: "overview.home.show"}
"""Where a person starts, by role; the others on their account page."""


def remember_code(response: Response, code: str) -> Response:
    """Stores the login code so that `/login` can redirect to the page next time."""
    if last_code() != code:
        set_cookie(response, LAST_CODE_COOKIE, code, max_age=LAST_CODE_SECONDS)
    return response


def last_code() -> str:
    """The login code this browser used last; empty if there is none."""
    return read_cookie(LAST_CODE_COOKIE)


def establish(started: StartedSession, company_id: UUID, person_id: UUID, code: str) -> None:
    """Ends every sign-in: the company's session cookie has the new token, and its session is the active one. Of the
    browser's own cookie only its id is kept, so that sign-ins under way in other tabs can finish; its sessions at other
    companies stay. The login code is remembered for next time.
    """

    def remember(response: flask.Response) -> flask.Response:
        remember_code(response, code)
        return response

    if code:
        after_this_request(remember)
    forget_pending()
    session.permanent = True
    browser_sessions.keep(started)
    devices.remember(company_id, person_id)


def login_url(code: str, next_path: str) -> str:
    """The login page to start again at, with the path the person wanted to reach."""
    wanted = None if next_path == "/" else next_path
    if not code:
        return url_for("login.page.find", next=wanted)
    return url_for("login.page.show", code=code, choose=1, next=wanted)


def landing(next_path: str, role: str) -> str:
    """The path to redirect to after a sign-in: the requested one, or where people with this role start."""
    return next_path if next_path != "/" else url_for(START_PAGES.get(role, "overview.account.show"))


def details_for_admin(refusal: Refusal, reference: str, occurred_at: datetime) -> str:
    """What a person sends to their administrator if trying again can't help. Contains no secret."""
    lines = [_(refusal.advice.title), _(refusal.advice.admin)]
    if refusal.code:
        lines.append(f"{_('Microsoft’s code')}: AADSTS{refusal.code}")
    lines += [f"{_('Reference')}: {reference}", f"{_('Time')}: {show_time(occurred_at)}"]
    return "\n".join(lines)


def refusal_page(
    refusal: Refusal,
    reference: str,
    *,
    company_name: str | None = None,
    retry_url: str | None = None,
    still: bool = False,
) -> Response:
    """With `still`, a preview in which no script runs."""
    shown: dict[str, Any] = {
        "title": _(refusal.advice.title),
        "person": _(refusal.advice.person),
        "who_can_help": _(refusal.advice.who_can_help),
        "admin": _(refusal.advice.admin),
        "code": f"AADSTS{refusal.code}" if refusal.code else None,
    }
    occurred_at = now()
    page = render_template(
        "login/refused.html",
        refusal=shown,
        retry_may_help=refusal.retry_may_help,
        details=details_for_admin(refusal, reference, occurred_at),
        reference=reference,
        occurred_at=occurred_at,
        company_name=company_name,
        retry_url=retry_url,
        account_url=url_for("overview.account.show") if is_signed_in() and not still else None,
        still=still,
    )
    response = make_response(page, refusal.status)
    if refusal.retry_after:
        response.headers["Retry-After"] = str(refusal.retry_after)
    return response
