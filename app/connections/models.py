"""A company's connections to Microsoft Entra ID: the draft that is edited, and the active version."""

import secrets
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.associationproxy import AssociationProxy, association_proxy
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from app.companies.models import Company
from app.core.database import Base, Row, now
from app.core.localized_text import Translations, by_language
from app.entra_apps.models import ClientCredential, EntraApp
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
    def logout_path(self) -> str:
        """The path of its front-channel logout URL."""
        return f"/auth/{self.public_id}/front-channel-logout"

    @property
    def redirect_path(self) -> str:
        """The path that its flow uses."""
        return self.web_path if self.flow == Flow.SERVER else self.single_page_path


class ConnectionFields(RedirectUris):
    """The fields that the draft and the active connection share."""

    title: Mapped[str]
    entra_app_id: Mapped[UUID] = mapped_column(sa.ForeignKey("entra_app.id"), unique=True)
    flow: Mapped[str] = mapped_column(default=Flow.SERVER)
    create_people: Mapped[bool] = mapped_column(default=True)
    allow_guests: Mapped[bool] = mapped_column(default=False)
    button_label: Mapped[str] = mapped_column(default=DEFAULT_BUTTON_LABEL)
    """In the company's default language. The default itself is shown in the reader's."""
    button_label_translations: Mapped[dict[str, str] | None] = mapped_column(sa.JSON(none_as_null=True))

    tenant: AssociationProxy[str] = association_proxy("entra_app", "tenant")
    client_id: AssociationProxy[str] = association_proxy("entra_app", "client_id")

    NAMES = (
        *("title", "tenant", "client_id", "flow", "create_people", "allow_guests"),
        *("button_label", "button_label_translations"),
    )

    @declared_attr
    def entra_app(self) -> Mapped[EntraApp]:
        """Its own: the draft's can be edited while the active one's is in use."""
        return relationship(lazy="joined")

    def __init__(self, **values: Any) -> None:
        # The application comes first: it holds some of the values.
        super().__init__(**{"entra_app": EntraApp(company_id=values.get("company_id")), **values})


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
    notices_leavers: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether refresh tokens are kept to notice people who were disabled or deleted. Takes effect without a test."""
    reads_users: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    """Whether the changes of all users are read, with an application permission. Takes effect without a test."""
    report: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON)
    """The last test sign-in: version, time, person, and its steps."""

    company: Mapped[Company] = relationship()
    connection: Mapped["Connection | None"] = relationship(back_populates="draft")

    def __init__(self, **values: Any) -> None:
        super().__init__(**{"public_id": new_public_id(), **values})

    @property
    def new_credentials(self) -> list[ClientCredential]:
        """The credentials that become active with the draft."""
        return self.entra_app.credentials

    @property
    def active_credentials(self) -> list[ClientCredential]:
        return self.connection.entra_app.credentials if self.connection else []

    @property
    def credentials(self) -> list[ClientCredential]:
        """All of them, the oldest first."""
        return [*self.active_credentials, *self.new_credentials]

    @property
    def is_complete(self) -> bool:
        """Whether everything that a sign-in needs is set."""
        return bool(self.tenant and self.client_id and not self.needs_credential)

    @property
    def needs_credential(self) -> bool:
        """Whether its flow can't work before a credential is added."""
        return self.flow == Flow.SERVER and not self.credentials

    @property
    def is_published(self) -> bool:
        """Whether the active connection has all of its values, and no credential is added."""
        connection = self.connection
        if connection is None or self.new_credentials:
            return False
        return all(getattr(self, name) == getattr(connection, name) for name in self.NAMES)

    @property
    def may_activate(self) -> bool:
        """Whether the current version passed its test."""
        return self.tested_version == self.version


class Connection(ConnectionFields, Base):
    """An active connection: the draft as it was when its test passed. It has the draft's id."""

    __tablename__ = "connection"

    id: Mapped[UUID] = mapped_column(sa.ForeignKey("connection_draft.id"), primary_key=True, sort_order=-2)
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    active_since: Mapped[datetime]

    company: Mapped[Company] = relationship()
    draft: Mapped[Draft] = relationship(back_populates="connection")

    @property
    def public_id(self) -> str:
        return self.draft.public_id


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
    completed_at: Mapped[datetime | None]
    """When all values that the connection needs were last saved through it."""

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


def own_labels(label: str, language: str, translations: Translations) -> dict[str, str]:
    """The labels that a company has chosen, by language; `label` is the one in its default language."""
    return by_language("" if label == DEFAULT_BUTTON_LABEL else label, language, translations)


def new_public_id() -> str:
    """Short, random, and without ambiguous characters."""
    return "".join(secrets.choice(PUBLIC_ID_ALPHABET) for _ in range(PUBLIC_ID_LENGTH))
