"""What a connection's directory did through SCIM, and the credentials with which it does so.

`directory` is the connection's title at that time.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

from app.audit.events.base import Event


@dataclass(frozen=True, kw_only=True)
class ProvisioningCredentialCreated(Event, name="provisioning.token_created"):
    """The directory can authenticate with it. `kind` is the method; entries from when there were only tokens have
    none.
    """

    title: str
    kind: str
    expires: date | None


@dataclass(frozen=True, kw_only=True)
class ProvisioningCredentialFirstUsed(Event, name="provisioning.credential_first_used"):
    """The directory used the credential for the first time."""

    title: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class ProvisioningCredentialRevoked(Event, name="provisioning.token_revoked"):
    title: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class ProvisioningCredentialRefused(Event, name="provisioning.credential_refused"):
    """A request failed to authenticate as the directory; recorded at most hourly for each connection and method."""

    title: str
    kind: str
    reason: str


@dataclass(frozen=True, kw_only=True)
class PersonProvisioned(Event, name="provisioning.person_added"):
    """The directory described a person whom the company didn't have."""

    directory: str


@dataclass(frozen=True, kw_only=True)
class PersonConnected(Event, name="provisioning.person_connected"):
    """The directory described a person whom the company had: the same Microsoft identity signed in before."""

    directory: str


@dataclass(frozen=True, kw_only=True)
class PersonUpdated(Event, name="provisioning.person_changed"):
    directory: str
    changed: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class DirectoryUserDeleted(Event, name="provisioning.user_deleted"):
    """The directory no longer has the user; the person stays, deactivated."""

    directory: str
    name: str


@dataclass(frozen=True, kw_only=True)
class PeopleMerged(Event, name="provisioning.people_merged"):
    """The account's person proved that a person whom a directory had added is the same. Subscribers move what that one
    has to the account, the subject.
    """

    duplicate: UUID


@dataclass(frozen=True, kw_only=True)
class DirectoryGroupCreated(Event, name="provisioning.group_added"):
    directory: str
    name: str


@dataclass(frozen=True, kw_only=True)
class DirectoryGroupRenamed(Event, name="provisioning.group_renamed"):
    directory: str
    name: str
    former: str


@dataclass(frozen=True, kw_only=True)
class DirectoryGroupDeleted(Event, name="provisioning.group_deleted"):
    directory: str
    name: str


@dataclass(frozen=True, kw_only=True)
class DirectoryMembersChanged(Event, name="provisioning.members_changed"):
    directory: str
    name: str
    added: int
    removed: int


@dataclass(frozen=True, kw_only=True)
class ProvisioningStopped(Event, name="provisioning.stopped"):
    """The company no longer follows a directory; people whom it had deactivated stay so until an admin decides."""

    title: str
    people: int
