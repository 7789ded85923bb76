"""Passwords, two-step verification, links that are emailed, and downloads."""

from dataclasses import dataclass, field
from uuid import UUID

from app.audit.events.base import UNSTORED, Event


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Event, name="password.changed"):
    kept_session: UUID | None = field(default=None, metadata=UNSTORED)


@dataclass(frozen=True, kw_only=True)
class PasswordRemoved(Event, name="password.removed"):
    kept_session: UUID | None = field(default=None, metadata=UNSTORED)


@dataclass(frozen=True, kw_only=True)
class SecondFactorAdded(Event, name="second_factor.added"):
    kind: str


@dataclass(frozen=True, kw_only=True)
class SecondFactorReplaced(Event, name="second_factor.replaced"):
    kind: str


@dataclass(frozen=True, kw_only=True)
class SecondFactorRemoved(Event, name="second_factor.removed"):
    kind: str


@dataclass(frozen=True, kw_only=True)
class SecondFactorsReset(Event, name="second_factor.taken_away"):
    pass


@dataclass(frozen=True, kw_only=True)
class EmailConfirmed(Event, name="email.confirmed"):
    pass


@dataclass(frozen=True, kw_only=True)
class ConfirmationLinkSent(Event, name="confirm_key.mailed"):
    pass


@dataclass(frozen=True, kw_only=True)
class ResetLinkSent(Event, name="reset_key.mailed"):
    pass


@dataclass(frozen=True, kw_only=True)
class LinkingLinkSent(Event, name="join_key.mailed"):
    pass


@dataclass(frozen=True, kw_only=True)
class RecoveryCodesCreated(Event, name="recovery_codes.made"):
    pass


@dataclass(frozen=True, kw_only=True)
class RecoveryLinkCreated(Event, name="recovery_link.made"):
    pass


@dataclass(frozen=True, kw_only=True)
class AuditLogDownloaded(Event, name="history.downloaded"):
    form: str
    filters: dict[str, str]
    filtered: str | None


@dataclass(frozen=True, kw_only=True)
class OwnDataDownloaded(Event, name="own_data.downloaded"):
    pass
