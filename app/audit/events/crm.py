"""The connection to Dynamics 365 and its contacts."""

from dataclasses import dataclass, field
from datetime import date

from app.audit.events.base import OMITTED, Event


@dataclass(frozen=True, kw_only=True)
class CrmConnected(Event, name="crm.connected"):
    kind: str
    environment: str
    organization: str | None


@dataclass(frozen=True, kw_only=True)
class CrmReauthenticated(Event, name="crm.reauthenticated"):
    kind: str
    environment: str
    organization: str | None


@dataclass(frozen=True, kw_only=True)
class CrmConnectFailed(Event, name="crm.connect_refused"):
    reason: str
    code: int | None


@dataclass(frozen=True, kw_only=True)
class CrmCertificateCreated(Event, name="crm.certificate_made"):
    expires: date


@dataclass(frozen=True, kw_only=True)
class CrmFederationCreated(Event, name="crm.federation_made"):
    pass


@dataclass(frozen=True, kw_only=True)
class CrmProblemFound(Event, name="crm.trouble"):
    reason: str
    code: int | None


@dataclass(frozen=True, kw_only=True)
class CrmSyncRequested(Event, name="crm.run_asked"):
    pass


@dataclass(frozen=True, kw_only=True)
class CrmContactsSynced(Event, name="crm.contacts_brought"):
    contacts: int


@dataclass(frozen=True, kw_only=True)
class CrmChangesLost(Event, name="crm.changes_lost"):
    pass


@dataclass(frozen=True, kw_only=True)
class LegacyCredentialsStored(Event, name="crm.legacy_kept"):
    environment: str


@dataclass(frozen=True, kw_only=True)
class LegacyCredentialsReplaced(Event, name="crm.legacy_replaced"):
    pass


@dataclass(frozen=True, kw_only=True)
class CrmDisconnected(Event, name="crm.disconnected"):
    contacts_erased: bool


@dataclass(frozen=True, kw_only=True)
class CrmContactsExported(Event, name="crm.contacts_exported"):
    search: str | None = field(default=None, metadata=OMITTED)
