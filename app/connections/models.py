"""A company's connections to Microsoft Entra ID: the draft that is edited, and the live version."""

import secrets
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.companies.models import Company
from app.core.database import Base, EncryptedText, Row, now
from app.people.models import Person, Role
from app.people.one_time_tokens.rules import KeyState

DEFAULT_BUTTON_LABEL = "Sign in with Corporate Account"
PUBLIC_ID_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
PUBLIC_ID_LENGTH = 12


class Flow(StrEnum):
    SERVER = "server"
    """The authorization code is sent to our server, which redeems it with a client credential."""
    SPA = "spa"
    """MSAL.js redeems the code on the login page, without a credential."""


class RedirectUris:
    """Mixin for models that have redirect URIs."""

    public_id: Any
    flow: Any

    @property
    def web_path(self) -> str:
        """The path of its redirect URI for the platform Web."""
        return f"/auth/{self.public_id}/callback"

    @property
    def single_page_path(self) -> str:
        """The path of its redirect URI for the platform Single-page application."""
        return f"/auth/{self.public_id}/popup"

    @property
    def redirect_path(self) -> str:
        """The path that its flow uses."""
        return self.web_path if self.flow == Flow.SERVER else self.single_page_path


class ConnectionFields(RedirectUris):
    """The fields that the draft and the live connection share."""

    title: Mapped[str]
    tenant: Mapped[str]
    """The directory (tenant) id, a lowercase GUID; never a domain, never `common`."""
    client_id: Mapped[str]
    flow: Mapped[str] = mapped_column(default=Flow.SERVER)
    create_people: Mapped[bool] = mapped_column(default=True)
    allow_guests: Mapped[bool] = mapped_column(default=False)
    button_label: Mapped[str] = mapped_column(default=DEFAULT_BUTTON_LABEL)

    NAMES = ("title", "tenant", "client_id", "flow", "create_people", "allow_guests", "button_label")


class Draft(ConnectionFields, Row):
    """A connection as it is edited and tested. Every connection has one from the first save on."""

    __tablename__ = "connection_draft"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    """Part of the redirect URIs: random, and constant for the life of the connection."""
    position: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    """Incremented at each save, so that concurrent edits are detected."""
    tested_version: Mapped[int | None]
    """The version whose test sign-in passed; only that one can be activated."""
    report: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    """The last test sign-in: version, time, person, and its steps."""
    federation_key_sealed: Mapped[str | None]
    federation_key = EncryptedText()
    """The private key that signs assertions, PEM; generated when a federated credential is first requested."""

    company: Mapped[Company] = relationship()
    credentials: Mapped[list["Credential"]] = relationship(order_by="Credential.id", back_populates="draft")
    connection: Mapped["Connection | None"] = relationship(back_populates="draft")

    def __init__(self, **values: Any) -> None:
        super().__init__(**{"public_id": new_public_id(), **values})

    @property
    def is_complete(self) -> bool:
        """Whether everything that a sign-in needs is set."""
        return bool(self.tenant and self.client_id and (self.flow == Flow.SPA or self.credentials))

    @property
    def may_go_live(self) -> bool:
        """Whether the current version passed its test."""
        return self.tested_version == self.version


class Connection(ConnectionFields, Base):
    """A live connection: the draft as it was when its test passed. It has the draft's id."""

    __tablename__ = "connection"

    id: Mapped[UUID] = mapped_column(sa.ForeignKey("connection_draft.id"), primary_key=True, sort_order=-2)
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    live_since: Mapped[datetime]

    company: Mapped[Company] = relationship()
    draft: Mapped[Draft] = relationship(back_populates="connection")

    @property
    def public_id(self) -> str:
        return self.draft.public_id


class Credential(Row):
    """A client credential. Several may be live, so that a new one can replace the old one without interruption."""

    __tablename__ = "credential"
    __table_args__ = (
        sa.Index(
            "ix_credential_live_expires",
            "expires",
            postgresql_where=sa.text("is_live"),
            sqlite_where=sa.text("is_live"),
        ),
    )

    draft_id: Mapped[UUID] = mapped_column(sa.ForeignKey("connection_draft.id"), index=True)
    kind: Mapped[str]
    secret_sealed: Mapped[str | None]
    secret = EncryptedText()
    """The client secret's value, or the certificate's private key in PEM."""
    certificate: Mapped[str | None]
    """The public certificate, PEM."""
    expires: Mapped[date | None]
    is_live: Mapped[bool] = mapped_column(default=False)
    refused_at: Mapped[datetime | None]
    """When Microsoft rejected it; the next one is tried from then on."""
    unreadable_at: Mapped[datetime | None]
    """When a node could not decrypt it; the next one is tried from then on."""
    warned: Mapped[int | None]
    """The last expiry warning that was sent, by its threshold in days."""
    refusal_told_at: Mapped[datetime | None]
    """When owners and admins were last notified that it was rejected or could not be decrypted."""

    draft: Mapped[Draft] = relationship(back_populates="credentials")


class SetupLink(Row):
    """Lets a person without an account fill in one connection's draft. The URL contains a token; the table stores its
    hash.

    It works as long as its creator has the permission to edit the connection.
    """

    __tablename__ = "setup_link"

    draft_id: Mapped[UUID] = mapped_column(sa.ForeignKey("connection_draft.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    created_by: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    expires_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    last_used_at: Mapped[datetime | None]

    draft: Mapped[Draft] = relationship()
    maker: Mapped[Person] = relationship()

    @property
    def state(self) -> KeyState:
        may_still = self.maker.is_active and self.maker.role != Role.MEMBER
        if self.revoked_at is not None or not may_still:
            return KeyState.REVOKED
        return KeyState.GOOD if self.expires_at > now() else KeyState.EXPIRED

    @property
    def is_good(self) -> bool:
        return self.state is KeyState.GOOD


def new_public_id() -> str:
    """Short, random, and without ambiguous characters."""
    return "".join(secrets.choice(PUBLIC_ID_ALPHABET) for _ in range(PUBLIC_ID_LENGTH))
