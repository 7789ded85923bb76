"""A company's connection to its Microsoft Entra ID directory."""

import secrets
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.companies.models import Company
from app.database import Row, Sealed

DEFAULT_BUTTON_LABEL = "Sign in with Corporate Account"
PUBLIC_ID_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"
PUBLIC_ID_LENGTH = 12


class Flow(StrEnum):
    SERVER = "server"
    """The authorization code comes to our server, which redeems it with a credential."""
    SPA = "spa"
    """MSAL.js redeems the code on the login page; no credential."""


class Connection(Row):
    """What one application registration in one tenant lets the company's people do."""

    __tablename__ = "connection"
    __table_args__ = (sa.UniqueConstraint("company_id", "title"),)

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    public_id: Mapped[str] = mapped_column(unique=True)
    """Stands in the redirect URIs: random, and the same for as long as the connection exists."""
    title: Mapped[str]
    tenant: Mapped[str]
    """The directory (tenant) id, a GUID in lower case; never a domain, never `common`."""
    client_id: Mapped[str]
    client_secret_sealed: Mapped[str | None]
    client_secret = Sealed()
    secret_expires: Mapped[date | None]
    flow: Mapped[str] = mapped_column(default=Flow.SERVER)
    is_enabled: Mapped[bool] = mapped_column(default=True)
    create_people: Mapped[bool] = mapped_column(default=True)
    allow_guests: Mapped[bool] = mapped_column(default=False)
    button_label: Mapped[str] = mapped_column(default=DEFAULT_BUTTON_LABEL)

    company: Mapped[Company] = relationship()

    def __init__(self, **values: Any) -> None:
        super().__init__(**{"public_id": new_public_id(), **values})

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


def new_public_id() -> str:
    """Short, random, and without characters that are mistaken for one another."""
    return "".join(secrets.choice(PUBLIC_ID_ALPHABET) for _ in range(PUBLIC_ID_LENGTH))
