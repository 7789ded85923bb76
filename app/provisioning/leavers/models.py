"""What tells who was disabled, deleted or revoked at Microsoft: refresh tokens, and the changes of all users."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import EncryptedText, Row

OF_SESSION = sa.text("grant_id IS NULL")


class UpstreamToken(Row):
    """A refresh token of Microsoft: a session's, or that of a grant with offline access, which is checked once its
    session has ended. It is deleted with the session or the grant, the setting and the connection.
    """

    __tablename__ = "upstream_token"
    __table_args__ = (
        sa.Index(
            "uq_upstream_token_of_session",
            "session_id",
            unique=True,
            postgresql_where=OF_SESSION,
            sqlite_where=OF_SESSION,
        ),
    )

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    connection_id: Mapped[UUID] = mapped_column(sa.ForeignKey("connection_draft.id"), index=True)
    session_id: Mapped[UUID] = mapped_column(sa.ForeignKey("session.id", ondelete="CASCADE"), index=True)
    grant_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("application_grant.id", ondelete="CASCADE"), unique=True
    )
    """None: it is the session's own."""
    refresh_token_sealed: Mapped[str]
    refresh_token = EncryptedText()
    next_check_at: Mapped[datetime] = mapped_column(index=True)
    """Moved on before each check, so that one worker makes it."""


class UserChanges(Row):
    """How far the changes of all users of a connection's directory were read. It exists while they are read."""

    __tablename__ = "user_changes"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    connection_id: Mapped[UUID] = mapped_column(sa.ForeignKey("connection_draft.id"), unique=True)
    link: Mapped[str | None]
    """Microsoft's address of what comes next; None before the first page, and when all has to be read again."""
    next_read_at: Mapped[datetime] = mapped_column(index=True)
    """Moved on before each reading, so that one worker does it."""
    read_at: Mapped[datetime | None]
    """When everything there was had been read."""
    problem: Mapped[str | None]
    """Why Microsoft refused the last time, a `watch.Problem`."""
