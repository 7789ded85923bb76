"""Applications that sign people in through Portico."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from app.audit.events.base import Event


@dataclass(frozen=True, kw_only=True)
class ApplicationCreated(Event, name="application.created"):
    name: str


@dataclass(frozen=True, kw_only=True)
class ApplicationChanged(Event, name="application.changed"):
    changed: dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class ApplicationCompaniesSet(Event, name="application.companies_set"):
    """For which companies an application of the installation is; they are named by their public ids."""

    for_all: bool
    added: list[str]
    removed: list[str]


@dataclass(frozen=True, kw_only=True)
class ApplicationSecretCreated(Event, name="application.secret_created"):
    name: str


@dataclass(frozen=True, kw_only=True)
class ApplicationSecretRemoved(Event, name="application.secret_removed"):
    name: str
    ending: str


@dataclass(frozen=True, kw_only=True)
class ApplicationDeleted(Event, name="application.deleted"):
    name: str
    client: str


@dataclass(frozen=True, kw_only=True)
class ApplicationSignOut(Event, name="application.sign_out"):
    """An owner or admin ended a person's sign-in to it."""

    application: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class ApplicationRolesSet(Event, name="application.roles_set"):
    """The roles of a person, the subject, in an application."""

    client: str
    roles: list[str]


@dataclass(frozen=True, kw_only=True)
class AccessRequested(Event, name="application.access_requested"):
    """A person without access asked for it."""

    application: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class ApplicationSignIn(Event, name="application.sign_in"):
    """A session signed in to an application for the first time."""

    application: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class LogoutSentAgain(Event, name="application.logout_sent_again"):
    """A logout token about a session of the subject was sent once more."""

    application: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class AuthorizationFailed(Event, name="application.authorization_failed"):
    client: str
    error: str
    description: str


@dataclass(frozen=True, kw_only=True)
class CodeReplayed(Event, name="application.code_replayed"):
    application: UUID
    client: str


@dataclass(frozen=True, kw_only=True)
class RefreshTokenReused(Event, name="application.refresh_token_reused"):
    application: UUID
    client: str


@dataclass(frozen=True, kw_only=True)
class GrantRevoked(Event, name="application.grant_revoked"):
    """The application itself gave it up."""

    application: UUID
    client: str
