"""Recovery codes and links, and the keys that are emailed."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Row
from app.people.models import Person


class RecoveryCode(Row):
    """Lets one owner in once, when nothing else does: a code on paper, or a link that an operator makes.

    A code is also accepted once instead of a second factor, for everyone. Kept is its hash, so that a dump lets nobody
    in.
    """

    __tablename__ = "recovery_code"

    key_hash: Mapped[str] = mapped_column(unique=True)
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    expires_at: Mapped[datetime | None]
    """A link has an end; a code is good until it is used, or others are made."""
    spent_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


class EmailTokenPurpose(StrEnum):
    """What a mailed key is good for."""

    CONFIRM = "confirm"
    """The address of a sign-up."""
    RESET = "reset"
    """A new password."""
    JOIN = "join"
    """Proving that an account is the reader's, so that a Microsoft identity joins it."""


class EmailToken(Row):
    """What a link in a mail ends with: proves once that its reader has the mailbox. Here stands its hash."""

    __tablename__ = "email_token"

    key_hash: Mapped[str] = mapped_column(unique=True)
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    purpose: Mapped[str]
    expires_at: Mapped[datetime]
    spent_at: Mapped[datetime | None]
