"""People whom their directory disabled, deleted or signed out."""

from dataclasses import dataclass

from app.audit.events.base import Event


@dataclass(frozen=True, kw_only=True)
class LeaverFound(Event, name="leaver.found"):
    """Microsoft no longer knows the subject's account, or has disabled it: the sessions through a connection ended."""

    title: str
    """The connection's."""
    code: int
    """The AADSTS number."""
    sessions: int


@dataclass(frozen=True, kw_only=True)
class DirectorySessionRevoked(Event, name="leaver.session_revoked"):
    """Microsoft revoked the subject's sessions, so the one here ended, too."""

    title: str


@dataclass(frozen=True, kw_only=True)
class LeaverChecksChanged(Event, name="leaver.checks_changed"):
    """The subject is the connection."""

    enabled: bool
