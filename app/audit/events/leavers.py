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


@dataclass(frozen=True, kw_only=True)
class DirectoryGrantRevoked(Event, name="leaver.grant_revoked"):
    """Microsoft revoked the sign-in that a grant with offline access came of, so it ended, too."""

    title: str


@dataclass(frozen=True, kw_only=True)
class LeaverListed(Event, name="leaver.listed"):
    """The directory's changes say that the subject was disabled or deleted: what they had through a connection
    ended.
    """

    title: str
    """The connection's."""
    deleted: bool
    sessions: int


@dataclass(frozen=True, kw_only=True)
class UserReadingChanged(Event, name="leaver.reading_changed"):
    """The subject is the connection."""

    enabled: bool
