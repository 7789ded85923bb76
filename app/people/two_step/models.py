"""Second factors of a person with a password: an authenticator app, or passkeys."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import EncryptedText, Row


class Authenticator(Row):
    """An authenticator app (TOTP, RFC 6238). A person has at most one."""

    __tablename__ = "authenticator"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), unique=True)
    secret_sealed: Mapped[str]
    secret = EncryptedText()
    replacement_sealed: Mapped[str | None]
    replacement = EncryptedText()
    """The secret of an app that replaces the present one once its first code was right; until then the old
    codes count.
    """
    confirmed_at: Mapped[datetime | None]
    """When its first code was right; it is required from then on."""
    last_step: Mapped[int] = mapped_column(default=0)
    """The last 30-second step whose code was used: each is used once."""


class Passkey(Row):
    """A passkey on a person's device (WebAuthn)."""

    __tablename__ = "passkey"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    sign_count: Mapped[int]
    name: Mapped[str]
    last_used_at: Mapped[datetime | None]


class SpentChallenge(Row):
    """A challenge that a passkey has answered: no second answer counts. The table stores its hash."""

    __tablename__ = "spent_challenge"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    challenge_hash: Mapped[str] = mapped_column(unique=True)
