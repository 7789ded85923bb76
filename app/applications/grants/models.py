"""What a person has granted an application by signing in, from the authorization code to the last refresh token."""

from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import EncryptedText, Row


class Grant(Row):
    """One authorization of an application. It begins as an authorization code, of which the hash is stored, and lives
    as long as its session, or, with offline access, as `validity.offline_end` says.

    The code's row stays, so that a replayed code is recognized and ends everything that came of it.
    """

    __tablename__ = "application_grant"
    __table_args__ = (
        sa.Index("ix_application_grant_company_person", "company_id", "person_id"),
        sa.Index("ix_application_grant_session_application", "session_id", "application_id"),
    )

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    application_id: Mapped[UUID] = mapped_column(sa.ForeignKey("application.id"), index=True)
    session_id: Mapped[UUID] = mapped_column(sa.ForeignKey("session.id", ondelete="CASCADE"))
    """Sessions are deleted later than any grant can end."""

    code_hash: Mapped[str] = mapped_column(unique=True)
    code_expires_at: Mapped[datetime]
    redirect_uri: Mapped[str]
    code_challenge: Mapped[str | None]
    nonce: Mapped[str | None]
    scope: Mapped[str]
    """Space-separated."""
    claims: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    """The names of single claims that were asked for, by where: `id_token` and `userinfo`."""
    resource: Mapped[str | None]
    auth_time: Mapped[datetime]
    amr: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    is_offline: Mapped[bool] = mapped_column(default=False)
    is_watched: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether Microsoft is asked from time to time if the person is still there (see `watching.py`)."""
    cookie_hash: Mapped[str | None] = mapped_column(unique=True)
    """Of a forward-auth application: the hash of the token in its cookie."""
    redeemed_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]


class RefreshToken(Row):
    """A refresh token, stored as its hash; those of a grant are a family."""

    __tablename__ = "refresh_token"
    __table_args__ = (
        sa.Index(
            "ix_refresh_token_replaced",
            "replaced_at",
            postgresql_where=sa.text("successor_sealed IS NOT NULL"),
            sqlite_where=sa.text("successor_sealed IS NOT NULL"),
        ),
    )

    grant_id: Mapped[UUID] = mapped_column(sa.ForeignKey("application_grant.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    replaced_at: Mapped[datetime | None]
    """When it was used. For a short time the same client gets the same successor again."""
    successor_sealed: Mapped[str | None]
    successor = EncryptedText()


class PersonPicture(Row):
    """The unguessable address of a person's photo for one application. Another photo gets another address."""

    __tablename__ = "person_picture"
    __table_args__ = (sa.UniqueConstraint("person_id", "application_id", "avatar_hash"),)

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"))
    application_id: Mapped[UUID] = mapped_column(sa.ForeignKey("application.id"), index=True)
    avatar_hash: Mapped[str]
    token: Mapped[str] = mapped_column(unique=True)
