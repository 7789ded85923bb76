"""An application at Microsoft and the credentials with which it authenticates."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.companies.models import Company
from app.core.database import EncryptedText, Row


class CredentialKind(StrEnum):
    SECRET = "secret"  # noqa: S105 - the name of a kind
    CERTIFICATE = "certificate"
    """Generated here: the private key never leaves, the public certificate is uploaded at Microsoft."""
    FEDERATED = "federated"
    """No secret: Microsoft trusts assertions signed with a key that we publish."""


class EntraApp(Row):
    """An application in a company's Entra tenant. A connection has two: the one being edited, and the active one.

    Its redirect URIs aren't stored; they follow from what uses it.
    """

    __tablename__ = "entra_app"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    tenant: Mapped[str]
    """The directory (tenant) id, a lowercase GUID; never a domain, never `common`. Empty until it is known."""
    client_id: Mapped[str]
    """The application (client) id, a lowercase GUID. Empty until it is known."""

    company: Mapped[Company] = relationship()
    credentials: Mapped[list["ClientCredential"]] = relationship(
        order_by="ClientCredential.id", back_populates="entra_app", cascade="all"
    )

    def __init__(self, **values: Any) -> None:
        super().__init__(**{"tenant": "", "client_id": "", **values})


class ClientCredential(Row):
    """A client credential. An application may have several, so that a new one can replace the old one without
    interruption.
    """

    __tablename__ = "client_credential"

    entra_app_id: Mapped[UUID] = mapped_column(sa.ForeignKey("entra_app.id"), index=True)
    kind: Mapped[str]
    secret_sealed: Mapped[str | None]
    secret = EncryptedText()
    """The client secret's value; or the private key, PEM, that belongs to the certificate or signs the federated
    credential's assertions.
    """
    certificate: Mapped[str | None]
    """The public certificate, PEM."""
    expires: Mapped[date | None] = mapped_column(index=True)
    refused_at: Mapped[datetime | None]
    """When Microsoft rejected it; the next one is tried from then on."""
    unreadable_at: Mapped[datetime | None]
    """When a node could not decrypt it; the next one is tried from then on."""
    warned: Mapped[int | None]
    """The last expiry warning that was sent, by its threshold in days."""
    refusal_told_at: Mapped[datetime | None]
    """When owners and admins were last notified that it was rejected or could not be decrypted."""

    entra_app: Mapped[EntraApp] = relationship(back_populates="credentials")
