"""Connections, their credentials and setup links."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from app.audit.events.base import OMITTED, UNSTORED, Event, turns_off


@dataclass(frozen=True, kw_only=True)
class ConnectionCreated(Event, name="connection.made"):
    title: str


@dataclass(frozen=True, kw_only=True)
class ConnectionChanged(Event, name="connection.changed"):
    changed: dict[str, Any]
    setup_link: UUID | None = field(default=None, metadata=OMITTED)
    kept_session: UUID | None = field(default=None, metadata=UNSTORED)
    """That of the admin who deactivates it, and could not activate it again without."""

    @property
    def deactivates(self) -> bool:
        return turns_off(self.changed, "is_enabled")


@dataclass(frozen=True, kw_only=True)
class ConnectionMoved(Event, name="connection.moved"):
    pass


@dataclass(frozen=True, kw_only=True)
class ConnectionTested(Event, name="connection.tested"):
    passed: bool


@dataclass(frozen=True, kw_only=True)
class ConnectionActivated(Event, name="connection.activated"):
    """Its draft became what people sign in with; an operator may deactivate it with the same change."""

    changed: dict[str, Any]
    kept_session: ClassVar[None] = None

    @property
    def deactivates(self) -> bool:
        return turns_off(self.changed, "is_enabled")


@dataclass(frozen=True, kw_only=True)
class CredentialAdded(Event, name="credential.added"):
    kind: str
    expires: date | None
    setup_link: UUID | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True, kw_only=True)
class CredentialRemoved(Event, name="credential.removed"):
    kind: str


@dataclass(frozen=True, kw_only=True)
class CredentialUnreadable(Event, name="credential.unreadable"):
    kind: str


@dataclass(frozen=True, kw_only=True)
class CredentialRejected(Event, name="credential.refused"):
    kind: str


@dataclass(frozen=True, kw_only=True)
class ConsentGranted(Event, name="consent.given"):
    reason: str | None
    tenant: str | None
    scope: str | None
    setup_link: UUID | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True, kw_only=True)
class ConsentFailed(Event, name="consent.refused"):
    reason: str | None
    tenant: str | None
    scope: str | None
    setup_link: UUID | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True, kw_only=True)
class SetupLinkCreated(Event, name="setup_link.made"):
    days: int
    setup_link: UUID


@dataclass(frozen=True, kw_only=True)
class SetupLinkRevoked(Event, name="setup_link.revoked"):
    setup_link: UUID
