"""Sign-ins and sessions."""

from dataclasses import dataclass, field
from uuid import UUID

from app.audit.events.base import OMITTED, Event


@dataclass(frozen=True, kw_only=True)
class SignInSucceeded(Event, name="sign_in.admitted"):
    method: str
    first: bool
    remembered: bool | None = field(default=None, metadata=OMITTED)
    """True if they stay signed in on the device."""


@dataclass(frozen=True, kw_only=True)
class SignInFailed(Event, name="sign_in.refused"):
    """Without a subject where it isn't known who tried."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class SessionEnded(Event, name="session.ended"):
    session: UUID


@dataclass(frozen=True, kw_only=True)
class SessionExpired(Event, name="session.expired"):
    """It reached a limit, of its length or of inactivity."""

    session: UUID


@dataclass(frozen=True, kw_only=True)
class SessionRemembered(Event, name="session.remembered"):
    """The person chose to stay signed in on the device after they had signed in."""

    session: UUID


@dataclass(frozen=True, kw_only=True)
class SessionReauthenticated(Event, name="session.reauthenticated"):
    method: str
