"""The sessions of the browser that sends the present request: at most one for each company, five in all.

Its cookies hold their tokens (app/http/session_cookies.py). Pages outside of OAuth use the active one.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, after_this_request

from app.core.branding import Branding
from app.http import binding, session_cookies
from app.sessions import actions, queries
from app.sessions.actions import StartedSession
from app.sessions.limits import LONGEST_SESSION, browser_hash

REMEMBERED_SECONDS = int(LONGEST_SESSION.total_seconds())
"""How long a browser keeps the cookie of a device that is remembered; the session's row ends it sooner."""


@dataclass(frozen=True)
class BrowserSession:
    """An active session of this browser."""

    session_id: UUID
    public_id: str
    """A random id of the row, for pages and applications (`sid`)."""
    org_id: str
    """The company's public id."""
    company_id: UUID
    company_name: str
    """As shown."""
    branding: Branding
    person_id: UUID
    person_name: str
    role: str
    auth_time: datetime
    amr: tuple[str, ...]
    reauthenticated_at: datetime | None
    last_seen_at: datetime
    remembered: bool
    """Whether its cookie outlives the browser."""
    is_active: bool
    """Whether pages use this session now."""


def all_sessions() -> list[BrowserSession]:
    """This browser's sessions within their limits, by company name; one query, none without a session cookie."""
    active = session_cookies.active_org_id()
    found = [_session(row, active) for row in queries.active_rows(session_cookies.tokens())]
    return sorted(found, key=lambda one: (one.company_name.casefold(), one.org_id))


def at_company(org_id: str) -> BrowserSession | None:
    """This browser's session at the company with this public id; None if it has none, or it has ended."""
    token = session_cookies.tokens().get(org_id)
    if token is None:
        return None
    rows = queries.active_rows({org_id: token})
    return _session(rows[0], session_cookies.active_org_id()) if rows else None


def org_id_of(public_id: str) -> str | None:
    """The company of a session of this browser, by the session's public id, even if it has ended."""
    return queries.org_id_of(public_id, browser_hash(binding.known_browser_id())) if public_id else None


def keep(started: StartedSession) -> None:
    """This browser has the session, and uses it, from the response of this request on. Drops the cookies of those that
    have ended.
    """
    gone = [one for one in session_cookies.tokens() if one not in started.kept_org_ids]

    def set_cookies(response: Response) -> None:
        for one in gone:
            session_cookies.delete_session(response, one)
        _set_active(response, started.org_id, started.token, remembered=started.remembered)

    _with_response(set_cookies)


def remember_active() -> None:
    """This browser keeps its active session when it is closed; inside a unit of work."""
    org_id, token = session_cookies.active_org_id(), session_cookies.active_token()
    assert token

    _with_response(lambda response: _set_active(response, org_id, token, remembered=True))


def make_active(found: BrowserSession) -> None:
    """Pages use this session from the response of this request on; inside a unit of work."""
    actions.note_switch(found.company_id, found.session_id)
    max_age = _cookie_seconds(found.remembered)
    _with_response(lambda response: session_cookies.set_active(response, found.org_id, max_age=max_age))


def end(found: BrowserSession) -> None:
    """Signs this browser out at one company; inside a unit of work. If the session was the active one, none is."""
    actions.end(found.company_id, found.person_id, found.session_id, actor_id=found.person_id)
    forget(found.org_id)


def forget(org_id: str) -> None:
    """Deletes the cookie of a session, which has ended."""
    if not org_id:
        return
    is_active = org_id == session_cookies.active_org_id()

    def delete_cookies(response: Response) -> None:
        session_cookies.delete_session(response, org_id)
        if is_active:
            session_cookies.delete_active(response)

    _with_response(delete_cookies)


def _set_active(response: Response, org_id: str, token: str, *, remembered: bool) -> None:
    max_age = _cookie_seconds(remembered)
    session_cookies.set_session(response, org_id, token, max_age=max_age)
    session_cookies.set_active(response, org_id, max_age=max_age)


def _cookie_seconds(remembered: bool) -> int | None:
    """None: until the browser is closed."""
    return REMEMBERED_SECONDS if remembered else None


def _session(row: Any, active: str) -> BrowserSession:
    return BrowserSession(
        session_id=row.session_id,
        public_id=row.session_public_id,
        org_id=row.org_id,
        company_id=row.company_id,
        company_name=row.branding.shown_name(row.company_name),
        branding=row.branding,
        person_id=row.person_id,
        person_name=row.name,
        role=row.role,
        auth_time=row.auth_time,
        amr=tuple(row.amr),
        reauthenticated_at=row.reauthenticated_at,
        last_seen_at=row.last_seen_at,
        remembered=row.remembered,
        is_active=row.org_id == active,
    )


def _with_response(change: Callable[[Response], None]) -> None:
    def changed(response: Response) -> Response:
        change(response)
        return response

    after_this_request(changed)
