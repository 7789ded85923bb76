"""What a directory has said through SCIM, per connection: users, groups, members; its credentials and requests."""

from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Base, Row
from app.people.models import Person


class Method(StrEnum):
    """How a directory authenticates. Stored, so the values never change."""

    TOKEN = "token"  # noqa: S105 - the name of a method
    """A bearer token, sent with each request."""
    SECRET = "secret"  # noqa: S105 - the name of a method
    """A client secret, which the token endpoint exchanges for an access token (OAuth 2.0 client credentials)."""
    FEDERATION = "federation"
    """No secret: an assertion that the customer's tenant signs, exchanged in the same way."""


class ScimCredential(Row):
    """What a connection's directory authenticates with. During a rotation there are two of a method."""

    # As it was called when there were only tokens: nodes of the previous version use the table during an upgrade.
    __tablename__ = "scim_token"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    connection_id: Mapped[UUID] = mapped_column(sa.ForeignKey("connection.id"), index=True)
    method: Mapped[str] = mapped_column(server_default=Method.TOKEN)
    token_hash: Mapped[str | None] = mapped_column(unique=True)
    """Of the token or client secret."""
    ending: Mapped[str | None]
    """Its last four characters, by which people tell two apart."""
    expires: Mapped[date | None] = mapped_column(index=True)
    """The last day on which it works."""
    application: Mapped[str | None]
    """Of a federation: the application (client) id of the workload identity, the assertion's audience."""
    subject: Mapped[str | None]
    """Of a federation: the object id that the assertion has as its subject."""
    warned: Mapped[int | None]
    """The last warning about its end that was sent; see `entra_apps/expiry.py`."""
    last_used_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]
    """When a request that failed with it was last recorded."""
    refused_why: Mapped[str | None]
    """The reason, as `audit/reasons.py` words it."""


class ScimAccessToken(Row):
    """A short-lived access token, stored as its hash. It is valid as long as its credential is."""

    __tablename__ = "scim_access_token"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    credential_id: Mapped[UUID] = mapped_column(sa.ForeignKey("scim_token.id"), index=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    expires_at: Mapped[datetime]


class SpentScimAssertion(Row):
    """An assertion that was used; each is used once."""

    __tablename__ = "spent_scim_assertion"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    digest: Mapped[str] = mapped_column(unique=True)
    """Of the connection and what identifies the assertion."""


class ScimUser(Row):
    """A user as the directory describes them. The person is None until `externalId` is an object ID."""

    __tablename__ = "scim_user"
    __table_args__ = (
        sa.UniqueConstraint("connection_id", "user_name_key"),
        sa.UniqueConstraint("connection_id", "external_id"),
        sa.Index("ix_scim_user_connection_email", "connection_id", "email_key"),
        sa.Index("ix_scim_user_connection_id", "connection_id", "id"),
    )

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    connection_id: Mapped[UUID] = mapped_column(sa.ForeignKey("connection.id"))
    person_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    user_name_key: Mapped[str]
    """`userName` in the form in which it is compared."""
    external_id: Mapped[str | None]
    email_key: Mapped[str | None]
    """The work address in the form in which it is compared."""
    manager_id: Mapped[str | None]
    """As the directory sent it."""
    is_active: Mapped[bool] = mapped_column(default=True)
    content: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    """The resource as it was sent, without `id` and `meta`."""
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]

    person: Mapped[Person | None] = relationship()

    @property
    def name(self) -> str:
        return str(self.content.get("displayName") or self.content["userName"])


class ScimGroup(Row):
    """A group of the directory."""

    __tablename__ = "scim_group"
    __table_args__ = (
        sa.UniqueConstraint("connection_id", "external_id"),
        sa.Index("ix_scim_group_connection_name", "connection_id", "name_key"),
        sa.Index("ix_scim_group_connection_id", "connection_id", "id"),
        # Two groups without an external id differ in nothing but their names.
        sa.Index(
            "uq_scim_group_name_alone",
            "connection_id",
            "name_key",
            unique=True,
            postgresql_where=sa.text("external_id IS NULL"),
            sqlite_where=sa.text("external_id IS NULL"),
        ),
    )

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    connection_id: Mapped[UUID] = mapped_column(sa.ForeignKey("connection.id"))
    display_name: Mapped[str]
    name_key: Mapped[str]
    external_id: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime]

    @property
    def name(self) -> str:
        return self.display_name


class ScimMember(Base):
    """A user is a direct member of a group. Directories never send nested ones."""

    __tablename__ = "scim_member"

    group_id: Mapped[UUID] = mapped_column(sa.ForeignKey("scim_group.id"), primary_key=True)
    user_id: Mapped[UUID] = mapped_column(sa.ForeignKey("scim_user.id"), primary_key=True, index=True)
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)


class ScimRequest(Row):
    """A request that changed something or was refused, for the admin's page. Kept for 30 days."""

    __tablename__ = "scim_request"
    __table_args__ = (sa.Index("ix_scim_request_connection_id", "connection_id", "id"),)

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    connection_id: Mapped[UUID] = mapped_column(sa.ForeignKey("connection.id"))
    what: Mapped[str]
    """A stable name of what it did or wanted to do; see `request_log.py`."""
    name: Mapped[str] = mapped_column(default="")
    """Of the user or group."""
    status: Mapped[int]
    """The HTTP status of the answer."""
    detail: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
