"""Companies and their login pages."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any
from uuid import UUID

from app.audit.events.base import UNSTORED, Event, turns_off


@dataclass(frozen=True, kw_only=True)
class CompanyCreated(Event, name="company.made"):
    name: str
    code: str


@dataclass(frozen=True, kw_only=True)
class CompanyChanged(Event, name="company.changed"):
    changed: dict[str, Any]

    @property
    def deactivates(self) -> bool:
        return turns_off(self.changed, "is_active")


@dataclass(frozen=True, kw_only=True)
class CompanyDeletionRequested(Event, name="company.deletion_requested"):
    """Ends all sessions except `kept_session`, and all grants."""

    deletes_on: date
    kept_session: UUID | None = field(default=None, metadata=UNSTORED)


@dataclass(frozen=True, kw_only=True)
class CompanyDeletionCanceled(Event, name="company.deletion_canceled"):
    pass


@dataclass(frozen=True, kw_only=True)
class BrandingChanged(Event, name="company.branding_changed"):
    changed: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ChecklistDismissed(Event, name="company.checklist_dismissed"):
    pass


@dataclass(frozen=True, kw_only=True)
class ChecklistRestored(Event, name="company.checklist_restored"):
    pass


@dataclass(frozen=True, kw_only=True)
class LoginPageCreated(Event, name="login_page.made"):
    code: str


@dataclass(frozen=True, kw_only=True)
class LoginPageChanged(Event, name="login_page.changed"):
    changed: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class LoginPageDeleted(Event, name="login_page.removed"):
    code: str


@dataclass(frozen=True, kw_only=True)
class DomainAdded(Event, name="domain.added"):
    domain: str


@dataclass(frozen=True, kw_only=True)
class DomainRecordRenewed(Event, name="domain.record_renewed"):
    domain: str


@dataclass(frozen=True, kw_only=True)
class DomainProven(Event, name="domain.proven"):
    domain: str


@dataclass(frozen=True, kw_only=True)
class DomainChanged(Event, name="domain.changed"):
    domain: str
    changed: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DomainRecordMissing(Event, name="domain.record_missing"):
    domain: str


@dataclass(frozen=True, kw_only=True)
class DomainLost(Event, name="domain.lost"):
    domain: str


@dataclass(frozen=True, kw_only=True)
class DomainGivenUp(Event, name="domain.given_up"):
    domain: str
