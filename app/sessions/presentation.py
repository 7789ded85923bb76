"""Sessions as templates show them."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from app.http.current import Visitor
from app.sessions import queries as session_queries
from app.sessions.limits import device


def session_rows(visitor: Visitor, person_id: UUID, end_url: Callable[[Any], str | None]) -> list[dict[str, Any]]:
    """Where a person is signed in, for the list of sessions. `end_url` returns the URL that ends one, if allowed."""
    return [
        {
            "id": session.id,
            "device": device(session.user_agent),
            "address": session.ip_address,
            "how": session.auth_label,
            "started_at": session.created_at,
            "last_seen_at": session.last_seen_at,
            "current": session.id == visitor.session_id,
            "end_url": end_url(session.id),
        }
        for session in session_queries.active_sessions(visitor.company_id, person_id)
    ]
