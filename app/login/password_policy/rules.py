"""Disabling passwords without locking anyone out: when it is allowed."""

from dataclasses import dataclass
from uuid import UUID

from app.connections import queries as connections
from app.connections.state import working
from app.core.database import now
from app.core.text import gettext_noop as N_
from app.sessions import queries as sessions


@dataclass(frozen=True)
class PolicyChangeBlocked:
    """Why a company's passwords can't be disabled."""

    reason: str
    """A stable name."""
    words: str


NO_CONNECTION = PolicyChangeBlocked(
    "no_active_connection",
    N_("Activate a connection before turning passwords off."),
)
NONE_WORKS = PolicyChangeBlocked(
    "no_working_connection",
    N_(
        "No connection works right now: its credential is missing, expired or rejected. Add a new one under Microsoft "
        "Entra ID before turning passwords off."
    ),
)
NO_OWNER_SIGNED_IN = PolicyChangeBlocked(
    "no_owner_signed_in",
    N_("An owner must sign in with Microsoft once before you can turn passwords off."),
)


def can_disable_passwords(company_id: UUID) -> PolicyChangeBlocked | None:
    """None if disabling passwords locks no company out; otherwise what has to happen first."""
    connections_in_use = working(company_id, now().date())
    if not connections_in_use:
        return NONE_WORKS if connections.enabled(company_id) else NO_CONNECTION
    if not sessions.owner_signed_in_through(company_id, [connection.id for connection in connections_in_use]):
        return NO_OWNER_SIGNED_IN
    return None
