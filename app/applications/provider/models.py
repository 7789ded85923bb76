"""Requests that wait for a browser, and client assertions that were used."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Row


class RequestKind(StrEnum):
    AUTHORIZE = "authorize"
    LOGOUT = "logout"


class StoredRequest(Row):
    """The parameters of a request under a key, of which the hash is stored: pushed by its application (RFC 9126),
    posted by another site's form, or waiting for the person to sign in.
    """

    __tablename__ = "stored_request"

    kind: Mapped[str]
    key_hash: Mapped[str] = mapped_column(unique=True)
    application_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("application.id"), index=True)
    parameters: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SpentAssertion(Row):
    """A client assertion that was used: no second one with its `jti` counts. The table stores a hash."""

    __tablename__ = "spent_assertion"

    application_id: Mapped[UUID] = mapped_column(sa.ForeignKey("application.id"), index=True)
    jti_hash: Mapped[str] = mapped_column(unique=True)
