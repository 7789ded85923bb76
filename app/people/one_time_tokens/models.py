"""Recovery codes and links, and emailed keys."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Row
from app.people.models import Person


class RecoveryCode(Row):
    """Signs one owner in once, as a last resort: a printed code, or a link created by an operator.

    Everyone can use a recovery code once instead of a second factor. The table stores its hash, so a database dump
    can't be used to sign in.
    """

    __tablename__ = "recovery_code"

    key_hash: Mapped[str] = mapped_column(unique=True)
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    expires_at: Mapped[datetime | None]
    """A link expires; a code is valid until it is used or replaced."""
    spent_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


class EmailTokenPurpose(StrEnum):
    """What an emailed key proves or allows."""

    CONFIRM = "confirm"
    """Confirms the email address of a sign-up."""
    RESET = "reset"
    """Sets a new password."""
    JOIN = "join"
    """Proves ownership of an account, so that a Microsoft identity can be linked to it."""


class EmailToken(Row):
    """The key in an emailed link, which proves once that its reader controls the mailbox. The table stores its hash."""

    __tablename__ = "email_token"

    key_hash: Mapped[str] = mapped_column(unique=True)
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    purpose: Mapped[str]
    leads_to_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("application.id", ondelete="SET NULL"), index=True)
    """The application at which the person started, if they did at one."""
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]
