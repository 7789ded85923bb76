"""People, their invitations and imports."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from app.audit.events.base import OMITTED, Event


@dataclass(frozen=True, kw_only=True)
class PersonCreated(Event, name="person.made"):
    """With a role, or at the first sign-in of a Microsoft identity."""

    role: str | None = field(default=None, metadata=OMITTED)
    tid: str | None = field(default=None, metadata=OMITTED)
    oid: str | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True, kw_only=True)
class PersonChanged(Event, name="person.changed"):
    changed: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class MicrosoftAccountLinked(Event, name="person.joined"):
    tid: str
    oid: str


@dataclass(frozen=True, kw_only=True)
class SignInMethodSet(Event, name="person.method_set"):
    """Of one person, who is the subject then, or of many."""

    method: str
    connection: UUID | None
    people: int


@dataclass(frozen=True, kw_only=True)
class PersonDeactivated(Event, name="person.deactivated"):
    """By an admin, or by the directory of a connection, whose title it has then."""

    directory: str | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True, kw_only=True)
class PersonReactivated(Event, name="person.reactivated"):
    """By an admin or a directory, as above."""

    directory: str | None = field(default=None, metadata=OMITTED)


@dataclass(frozen=True, kw_only=True)
class PersonDeleted(Event, name="person.deleted"):
    name_kept: bool


@dataclass(frozen=True, kw_only=True)
class InvitationCreated(Event, name="invitation.made"):
    pass


@dataclass(frozen=True, kw_only=True)
class InvitationRenewed(Event, name="invitation.renewed"):
    pass


@dataclass(frozen=True, kw_only=True)
class InvitationRevoked(Event, name="invitation.revoked"):
    email: str | None


@dataclass(frozen=True, kw_only=True)
class InvitationAccepted(Event, name="invitation.accepted"):
    pass


@dataclass(frozen=True, kw_only=True)
class ImportStarted(Event, name="import.begun"):
    file: str
    lines: int


@dataclass(frozen=True, kw_only=True)
class ImportFinished(Event, name="import.finished"):
    file: str
    added: int
    lines: int


@dataclass(frozen=True, kw_only=True)
class ImportFailed(Event, name="import.failed"):
    file: str
    added: int
    lines: int
    last_line: int


@dataclass(frozen=True, kw_only=True)
class ImportReportDownloaded(Event, name="import.report_downloaded"):
    file: str
    lines: int


@dataclass(frozen=True, kw_only=True)
class MigrationReminderSent(Event, name="moving.reminded"):
    people: int


@dataclass(frozen=True, kw_only=True)
class ProfileSynced(Event, name="profile.read"):
    pass
