"""Sessions: one row for each signed-in browser."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Row
from app.people.models import Person


class Session(Row):
    """One signed-in browser. The cookie holds a token; here stands its hash, so that a dump opens no session."""

    __tablename__ = "session"
    # Sessions stay for a while when they have ended; this finds a person's good ones without looking at those.
    __table_args__ = (sa.Index("ix_session_person_expires", "person_id", "expires_at"),)

    token_hash: Mapped[str] = mapped_column(unique=True)
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"))
    connection_id: Mapped[UUID | None]
    """The connection it came through; None for a password. People know nothing of connections, so no foreign key."""
    auth_label: Mapped[str]
    """How it was begun, as people call it: a connection's title at that time, or "Password"."""
    attempt_id: Mapped[str | None] = mapped_column(unique=True)
    """The sign-in attempt that made this session: being unique, it can be spent only once."""
    login_hint: Mapped[str | None]
    """Microsoft's opaque `login_hint` claim: names the account when its profile is read again, or its session ended."""
    ip_address: Mapped[str | None]
    user_agent: Mapped[str] = mapped_column(default="")
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    reauthenticated_at: Mapped[datetime | None]
    """When its person last proved who they are: a password or factor here, or a sign-in that Microsoft dates."""

    person: Mapped[Person] = relationship()
