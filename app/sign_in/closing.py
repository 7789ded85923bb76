"""Closing passwords without locking anybody out: when it is allowed."""

from dataclasses import dataclass
from uuid import UUID

from app.connections import queries as connections
from app.connections.standing import working
from app.database import now
from app.people.sessions import queries as sessions


@dataclass(frozen=True)
class ClosingRefused:
    """Why a company's passwords stay open."""

    reason: str
    """A stable name."""
    words: str


NO_CONNECTION = ClosingRefused(
    "no_active_connection",
    "There is no active connection yet: without passwords nobody could sign in. Set one up under Active Directory.",
)
NONE_WORKS = ClosingRefused(
    "no_working_connection",
    "No connection works just now: its credential is missing, expired or refused, and without passwords no one could "
    "sign in. Add a new one under Active Directory.",
)
NO_OWNER_CAME = ClosingRefused(
    "no_owner_signed_in",
    "No owner has signed in with Microsoft yet. Sign in that way once, as an owner, so that it is certain to work.",
)


def may_close_passwords(company_id: UUID) -> ClosingRefused | None:
    """None when “nobody may use a password” locks no company out; else what has to happen first."""
    ways_in = working(company_id, now().date())
    if not ways_in:
        return NONE_WORKS if connections.enabled(company_id) else NO_CONNECTION
    if not sessions.owner_came_through(company_id, [connection.id for connection in ways_in]):
        return NO_OWNER_CAME
    return None
