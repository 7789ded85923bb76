"""The keys with which Portico signs tokens."""

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import EncryptedText, Row


class SigningKey(Row):
    """It is published as soon as it exists, signs from `active_at` on, and goes some time after its successor began."""

    __tablename__ = "signing_key"
    # Two workers that rotate at once create one successor.
    __table_args__ = (sa.UniqueConstraint("algorithm", "generation"),)

    kid: Mapped[str] = mapped_column(unique=True)
    algorithm: Mapped[str]
    generation: Mapped[int]
    private_key_sealed: Mapped[str]
    private_key = EncryptedText()
    """PEM."""
    public_jwk: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    active_at: Mapped[datetime]
