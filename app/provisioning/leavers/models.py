"""The refresh tokens with which Microsoft tells who was disabled, deleted or revoked."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import EncryptedText, Row


class UpstreamToken(Row):
    """A session's refresh token of Microsoft. It is deleted with the session, the setting and the connection."""

    __tablename__ = "upstream_token"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    connection_id: Mapped[UUID] = mapped_column(sa.ForeignKey("connection_draft.id"), index=True)
    session_id: Mapped[UUID] = mapped_column(sa.ForeignKey("session.id", ondelete="CASCADE"), unique=True)
    refresh_token_sealed: Mapped[str]
    refresh_token = EncryptedText()
    next_check_at: Mapped[datetime] = mapped_column(index=True)
    """Moved on before each check, so that one worker makes it."""
