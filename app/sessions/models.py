"""Sessions: one row for each company at which a browser is signed in."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Row
from app.people.models import Person


class EndReason(StrEnum):
    """Why a session that was ended no longer works, for its browser's next visit."""

    SIGNED_OUT = "signed_out"
    """The person signed it out, in this or another browser."""
    ADMIN = "admin"
    """An admin signed it out or deactivated the person, or the operator the company."""
    MICROSOFT = "microsoft"
    """The person signed out at Microsoft, in the same browser."""
    PASSWORD = "password"  # noqa: S105 - the name of a reason
    """The person's password was changed or removed."""
    TOO_MANY = "too_many"
    """The browser signed in to more companies than it can have sessions."""
    DIRECTORY = "directory"
    """Microsoft said that the person was disabled or deleted, or that their sessions were revoked."""
    EXPIRED = "expired"
    """It reached its limits. Stored within a minute or so after that."""


LASTING = sa.text("ended_at IS NULL")


class Session(Row):
    """A browser that is signed in at a company. A cookie holds the token; the table stores its hash, so a database dump
    can't be used to sign in.
    """

    __tablename__ = "session"
    # Ended sessions are kept for a while; this index finds a person's active ones without reading those.
    __table_args__ = (
        sa.Index("ix_session_person_expires", "person_id", "expires_at"),
        sa.Index("ix_session_connection_microsoft_sid", "connection_id", "microsoft_sid"),
        # These find the sessions that have reached their company's limits.
        sa.Index(
            "ix_session_company_last_seen", "company_id", "last_seen_at", postgresql_where=LASTING, sqlite_where=LASTING
        ),
        sa.Index(
            "ix_session_company_began", "company_id", "created_at", postgresql_where=LASTING, sqlite_where=LASTING
        ),
    )

    token_hash: Mapped[str] = mapped_column(unique=True)
    public_id: Mapped[str]
    """Names the session in pages, and to applications as `sid`. It is computed from the token and doesn't reveal it; it
    is looked up among the sessions of a browser.
    """
    browser_hash: Mapped[str] = mapped_column(index=True)
    """The hash of the browser's id, which finds the browser's sessions."""
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"))
    connection_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("connection_draft.id"))
    """The connection used to sign in; None for a password."""
    auth_label: Mapped[str]
    """A readable sign-in method: the connection's title at that time, or "Password"."""
    transaction_id: Mapped[str] = mapped_column(unique=True)
    """The login transaction that created this session; unique, so that it is used only once."""
    auth_time: Mapped[datetime]
    """When the person authenticated: at Microsoft if its ID token says so, otherwise when its answer arrived."""
    amr: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    """Authentication methods by their names of RFC 8176: ours, or those that Microsoft asserts."""
    microsoft_sid: Mapped[str | None]
    """Microsoft's `sid` claim, which its front-channel logout repeats."""
    login_hint: Mapped[str | None]
    """Microsoft's opaque `login_hint` claim: names the account when its profile is read again or its session is
    ended.
    """
    ip_address: Mapped[str | None]
    user_agent: Mapped[str] = mapped_column(default="")
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None]
    """Why it was ended, an `EndReason`; None while it isn't ended, though it may have reached its limits."""
    remembered: Mapped[bool] = mapped_column(default=False)
    """The person chose to stay signed in on this device: the cookie outlives the browser, and the session may last as
    long as the company allows for that.
    """
    reauthenticated_at: Mapped[datetime | None]
    """When the person last authenticated: a password or factor here, or a sign-in that Microsoft dates."""

    person: Mapped[Person] = relationship()
