"""A company's connections to its Microsoft Entra ID directory: the draft that is edited, and what is live."""

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
    """The authorization code comes to our server, which redeems it with a credential."""
    SPA = "spa"
    """MSAL.js redeems the code on the login page; no credential."""


class RedirectUris:
    """What has redirect URIs."""

    public_id: Any
    flow: Any

    @property
    def web_path(self) -> str:
        """The path of its redirect URI under the platform Web."""
        return f"/auth/{self.public_id}/callback"

    @property
    def single_page_path(self) -> str:
        """The path of its redirect URI under the platform Single-page application."""
        return f"/auth/{self.public_id}/popup"

    @property
    def redirect_path(self) -> str:
        """The one of the two that its flow uses."""
        return self.web_path if self.flow == Flow.SERVER else self.single_page_path


class ConnectionFields(RedirectUris):
    """What the draft and the live connection both say."""

    title: Mapped[str]
    tenant: Mapped[str]
    """The directory (tenant) id, a GUID in lower case; never a domain, never `common`."""
    client_id: Mapped[str]
    flow: Mapped[str] = mapped_column(default=Flow.SERVER)
    create_people: Mapped[bool] = mapped_column(default=True)
    allow_guests: Mapped[bool] = mapped_column(default=False)
    button_label: Mapped[str] = mapped_column(default=DEFAULT_BUTTON_LABEL)

    NAMES = ("title", "tenant", "client_id", "flow", "create_people", "allow_guests", "button_label")


class Draft(ConnectionFields, Row):
    """A connection as it is edited and tested. There is one for each, from its first saving on."""

    __tablename__ = "connection_draft"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    public_id: Mapped[str] = mapped_column(unique=True)
    """Stands in the redirect URIs: random, and the same for as long as the connection exists."""
    position: Mapped[int] = mapped_column(default=0)
    version: Mapped[int] = mapped_column(default=1)
    """Goes up at each saving, so that the second of two admins notices the first."""
    tested_version: Mapped[int | None]
    """The version whose test sign-in passed; only that one can go live."""
    report: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    """The last test sign-in: which version, when, by whom, and its steps."""
    federation_key_sealed: Mapped[str | None]
    federation_key = EncryptedText()
    """The private key that signs assertions, PEM; made when a federated credential is first asked for."""

    company: Mapped[Company] = relationship()
    credentials: Mapped[list["Credential"]] = relationship(order_by="Credential.id", back_populates="draft")
    connection: Mapped["Connection | None"] = relationship(back_populates="draft")

    def __init__(self, **values: Any) -> None:
        super().__init__(**{"public_id": new_public_id(), **values})

    @property
    def is_complete(self) -> bool:
        """Nothing is missing that a sign-in needs."""
        return bool(self.tenant and self.client_id and (self.flow == Flow.SPA or self.credentials))

    @property
    def may_go_live(self) -> bool:
        """What stands here now is what passed."""
        return self.tested_version == self.version


class Connection(ConnectionFields, Base):
    """A connection that people sign in through: the draft as it was when its test passed. It has the draft's id."""

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
    """What the application proves itself with at Microsoft. Several may be live: the next takes over from the first."""

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
    """The public part, PEM."""
    expires: Mapped[date | None]
    is_live: Mapped[bool] = mapped_column(default=False)
    refused_at: Mapped[datetime | None]
    """When Microsoft refused it; then the next is tried."""
    unreadable_at: Mapped[datetime | None]
    """When a node could not decrypt it; then the next is tried."""
    warned: Mapped[int | None]
    """The last warning about its end that was given, by its threshold in days."""
    refusal_told_at: Mapped[datetime | None]
    """When owners and admins were last told that it was refused, or could not be decrypted."""

    draft: Mapped[Draft] = relationship(back_populates="credentials")


class SetupLink(Row):
    """Lets somebody without an account fill in one connection's draft. The address holds a token; here stands its hash.

    It works while whoever made it may do the same.
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
    """Short, random, and without characters that are mistaken for one another."""
    return "".join(secrets.choice(PUBLIC_ID_ALPHABET) for _ in range(PUBLIC_ID_LENGTH))
