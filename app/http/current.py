"""The current company and person."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import cast
from uuid import UUID

from flask import url_for
from flask_login import LoginManager, current_user

from app.core.branding import Branding
from app.core.database import now

RECENT_SIGN_IN = timedelta(minutes=5)
"""How long a reauthentication allows changing sign-in methods."""


login_manager = LoginManager()
# The session is a row that is looked up on each request; Flask-Login's fingerprint of the browser would add nothing.
login_manager.session_protection = None


class CredentialStatus(StrEnum):
    """The state of a connection's credential."""

    ENDS = "ends"
    ENDED = "ended"
    REFUSED = "refused"
    UNREADABLE = "unreadable"
    """This node lacks the encryption key it was stored with."""
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class AdminBanner:
    """What owners and admins should act on, shown on all their pages."""

    connection_id: UUID
    title: str
    status: CredentialStatus
    day: date


@dataclass(frozen=True, slots=True)
class OtherSession:
    """A session of this browser at another company, for the switcher."""

    org_id: str
    company_name: str
    person_name: str
    branding: Branding


@dataclass(frozen=True, slots=True)
class Visitor:
    """The signed-in person, with what every page shows: one query."""

    session_id: UUID
    session_public_id: str
    """What the page's forms and fetches name the session by."""
    last_seen_at: datetime
    org_id: str
    """The company's public id."""
    company_id: UUID
    company_name: str
    """As shown."""
    branding: Branding
    person_id: UUID
    name: str
    email: str | None
    title: str | None
    language: str | None
    """The person's own setting; None for the browser's."""
    company_language: str
    role: str
    directory: str | None
    """The tenant id of the person's identity; None for a person without a Microsoft identity."""
    is_guest: bool
    synced_at: datetime | None
    has_password: bool
    has_picture: bool
    avatar_version: str
    email_is_confirmed: bool
    """False after a sign-up until the address is confirmed."""
    idle_minutes: int
    session_hours: int
    remember_days: int | None
    """The company's limits of sessions."""
    deletes_at: datetime | None
    """When the company is deleted; None if it stays."""
    banners: tuple[AdminBanner, ...] = ()
    """For owners and admins only."""
    reauthenticated_at: datetime | None = None
    """When the person last authenticated in this session."""
    other_sessions: tuple[OtherSession, ...] = ()
    """This browser's sessions at other companies, by company name."""

    is_authenticated = True
    is_active = True
    is_anonymous = False

    @property
    def avatar_url(self) -> str:
        return url_for("people.avatar", person_id=self.person_id, v=self.avatar_version)

    @property
    def signed_in_recently(self) -> bool:
        """Whether the person may change sign-in methods without reauthenticating."""
        return self.reauthenticated_at is not None and now() - self.reauthenticated_at < RECENT_SIGN_IN

    @property
    def is_admin(self) -> bool:
        return self.role in ("owner", "admin")


def is_signed_in() -> bool:
    return bool(current_user.is_authenticated)


def current() -> Visitor:
    """The signed-in person. Call only if `is_signed_in()`, as in every route not marked PUBLIC."""
    return cast(Visitor, current_user._get_current_object())
