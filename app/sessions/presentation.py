"""Sessions as templates show them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.http.current import Visitor
from app.sessions import queries as session_queries
from app.sessions.limits import device

MOST = 50
"""Sessions that are shown on request."""
FIRST = 5
"""Sessions that the account page shows."""
PHONES = ("iPhone", "Android")


def session_rows(
    visitor: Visitor, person_id: UUID, end_url: Callable[[Any], str | None], most: int = MOST
) -> list[dict[str, Any]]:
    """Where a person is signed in, for the list of sessions. `end_url` returns the URL that ends one, if allowed."""
    return [_row(visitor, one, end_url) for one in session_queries.active_sessions(visitor, person_id, most)]


def _row(visitor: Visitor, session: Any, end_url: Callable[[Any], str | None]) -> dict[str, Any]:
    named, is_current = device(session.user_agent), session.id == visitor.session_id
    is_remembered = session.remembered and visitor.remember_days is not None
    return {
        "device": named,
        "is_phone": any(phone in named for phone in PHONES),
        "address": session.ip_address,
        "how": session.auth_label,
        "started_at": session.created_at,
        "last_seen_at": session.last_seen_at,
        "current": is_current,
        "remembered": is_remembered,
        "can_be_remembered": is_current and visitor.remember_days is not None and not is_remembered,
        "end_url": end_url(session.id),
    }
