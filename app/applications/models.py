"""An application that signs people in through Portico, its secrets, and the roles it declares."""

from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.database import Row


class Kind(StrEnum):
    SERVER = "server"
    """Keeps a secret or a key."""
    PUBLIC = "public"
    """Runs in a browser or on a device, where it can keep none."""
    FORWARD_AUTH = "forward-auth"
    """Knows nothing of sign-ins; its reverse proxy asks us about each request. Only operators register these."""


class Authentication(StrEnum):
    """How an application authenticates at the token endpoint."""

    SECRET = "client_secret"  # noqa: S105 - the name of a method
    """With its secret, in whichever of the two ways its library prefers."""
    SECRET_BASIC = "client_secret_basic"  # noqa: S105 - the name of a method
    SECRET_POST = "client_secret_post"  # noqa: S105 - the name of a method
    PRIVATE_KEY_JWT = "private_key_jwt"
    NONE = "none"
    """Not at all; PKCE protects its codes."""


class SubjectType(StrEnum):
    PUBLIC = "public"
    PAIRWISE = "pairwise"
    """Each application has other subjects, so that two of them can't tell that they have the same person."""


class IdTokenAlgorithm(StrEnum):
    """How ID tokens and logout tokens are signed."""

    RS256 = "RS256"
    """What every library supports."""
    ES256 = "ES256"


class UriUse(StrEnum):
    REDIRECT = "redirect"
    POST_LOGOUT = "post_logout"
    CORS_ORIGIN = "cors_origin"


class AssignedBy(StrEnum):
    """Who assigns a role."""

    COMPANY = "company"
    """The company's owners and admins."""
    OPERATOR = "operator"
    """The companies file or a command alone: anyone can create a company, and be its owner."""


class Application(Row):
    """It belongs to one company, for that company's people, or to the installation."""

    __tablename__ = "application"

    company_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("company.id"), index=True)
    """None: it belongs to the installation."""
    client_id: Mapped[str] = mapped_column(unique=True)
    """OAuth's public identifier."""
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default=Kind.SERVER)
    authentication: Mapped[str] = mapped_column(default=Authentication.SECRET)
    jwks: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    """The public keys (RFC 7517) that verify its client assertions."""
    jwks_uri: Mapped[str | None]
    """Where it publishes them instead."""
    require_pkce: Mapped[bool] = mapped_column(default=True)
    subject_type: Mapped[str] = mapped_column(default=SubjectType.PUBLIC)
    id_token_signed_response_alg: Mapped[str] = mapped_column(default=IdTokenAlgorithm.RS256)
    subject_salt: Mapped[str]
    """Secret; pairwise subjects are derived with it."""
    allow_offline_access: Mapped[bool] = mapped_column(default=False)
    """Whether it may ask for refresh tokens that survive the session."""
    is_enabled: Mapped[bool] = mapped_column(default=True)
    for_all_companies: Mapped[bool] = mapped_column(default=True)
    """Of the installation's: whether it is for all companies or those of `ApplicationCompany`."""
    allowed_roles: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    """The values of its roles of which a person must have one; empty: everyone may sign in."""
    start_url: Mapped[str | None]
    """Where people open it."""
    origin: Mapped[str | None] = mapped_column(unique=True)
    """Of a forward-auth application: the origin of its start URL, to which alone its sign-ins return."""
    initiate_login_uri: Mapped[str | None]
    """Where a sign-in can be started by a third party (OpenID Connect Core, section 4)."""
    backchannel_logout_uri: Mapped[str | None]

    uris: Mapped[list["ApplicationUri"]] = relationship(order_by="ApplicationUri.id", cascade="all, delete-orphan")
    secrets: Mapped[list["ApplicationSecret"]] = relationship(
        order_by="ApplicationSecret.id", cascade="all, delete-orphan"
    )
    roles: Mapped[list["ApplicationRole"]] = relationship(order_by="ApplicationRole.id", cascade="all, delete-orphan")
    companies: Mapped[list["ApplicationCompany"]] = relationship(cascade="all, delete-orphan")
    resources: Mapped[list["ApplicationResource"]] = relationship(
        order_by="ApplicationResource.id", cascade="all, delete-orphan"
    )

    @property
    def has_secrets(self) -> bool:
        """Whether it authenticates with a client secret."""
        return self.authentication not in (Authentication.NONE, Authentication.PRIVATE_KEY_JWT)

    def uris_for(self, use: UriUse) -> list[str]:
        return [one.uri for one in self.uris if one.use == use]


class ApplicationUri(Row):
    """An address that only browsers follow, registered for one use."""

    __tablename__ = "application_uri"
    __table_args__ = (
        sa.UniqueConstraint("application_id", "use", "uri"),
        sa.Index("ix_application_uri_use_uri", "use", "uri"),
    )

    application_id: Mapped[UUID] = mapped_column(sa.ForeignKey("application.id"))
    use: Mapped[str]
    uri: Mapped[str]


class ApplicationCompany(Row):
    """A company whose people may use an application of the installation's."""

    __tablename__ = "application_company"
    __table_args__ = (sa.UniqueConstraint("company_id", "application_id"),)

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    application_id: Mapped[UUID] = mapped_column(sa.ForeignKey("application.id"), index=True)


class ApplicationSecret(Row):
    """A client secret, stored as its hash. During a rotation there are two."""

    __tablename__ = "application_secret"

    application_id: Mapped[UUID] = mapped_column(sa.ForeignKey("application.id"), index=True)
    secret_hash: Mapped[str]
    ending: Mapped[str]
    """Its last four characters, by which people tell two apart."""
    expires_at: Mapped[datetime | None]


class ApplicationRole(Row):
    """A role that an application declares and people can have in it."""

    __tablename__ = "application_role"
    __table_args__ = (sa.UniqueConstraint("application_id", "value"),)

    application_id: Mapped[UUID] = mapped_column(sa.ForeignKey("application.id"))
    value: Mapped[str]
    """What the application receives; without spaces."""
    name: Mapped[str]
    assigned_by: Mapped[str] = mapped_column(default=AssignedBy.COMPANY)


class PersonRole(Row):
    """One reason why a person has a role in an application, since `created_at`. Someone may have it by hand and by
    several mappings; they have it as long as there is a reason.
    """

    __tablename__ = "person_role"
    __table_args__ = (
        sa.UniqueConstraint("person_id", "role_id", "mapping_id"),
        # NULLs are never equal, so the constraint leaves out what is set by hand.
        sa.Index(
            "uq_person_role_by_hand",
            "person_id",
            "role_id",
            unique=True,
            postgresql_where=sa.text("mapping_id IS NULL"),
            sqlite_where=sa.text("mapping_id IS NULL"),
        ),
    )

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"))
    role_id: Mapped[UUID] = mapped_column(sa.ForeignKey("application_role.id"), index=True)
    mapping_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("role_mapping.id", ondelete="CASCADE"), index=True)
    """What gives it, if the directory does; None: it was set by hand."""
    assigned_by_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    """Who set it by hand; None: the operator."""


class MappingKind(StrEnum):
    """What of a directory a role is mapped to."""

    GROUP = "group"
    """A security group, by its object id."""
    APP_ROLE = "app_role"
    """An app role of the connection's registration, by its value."""
    SCIM_GROUP = "scim_group"
    """A group that the directory sends by SCIM, by the id it has here."""


GONE = "gone:"
"""What the value of a mapping begins with whose SCIM group was deleted; its external id follows, by which a group that
the directory sends again is recognized.
"""


PORTICO_ADMIN = sa.text("role_id IS NULL")


class RoleMapping(Row):
    """Who is in this group, or has this app role, in a connection's directory has this role here."""

    __tablename__ = "role_mapping"
    __table_args__ = (
        sa.UniqueConstraint("connection_id", "kind", "value", "role_id"),
        sa.Index(
            "uq_role_mapping_portico_admin",
            "connection_id",
            "kind",
            "value",
            unique=True,
            postgresql_where=PORTICO_ADMIN,
            sqlite_where=PORTICO_ADMIN,
        ),
    )

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    connection_id: Mapped[UUID] = mapped_column(sa.ForeignKey("connection_draft.id"))
    kind: Mapped[str]
    value: Mapped[str]
    name: Mapped[str | None]
    """Of a group, for people to read: its id tells them nothing. A SCIM group's follows the directory."""
    role_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("application_role.id", ondelete="CASCADE"), index=True)
    """None: Portico's own role of an admin."""

    @property
    def readable(self) -> str:
        """The group's name, or the app role's value."""
        return self.name or self.value


class ApplicationResource(Row):
    """A resource indicator (RFC 8707) that an application owns: other applications get access tokens for it."""

    __tablename__ = "application_resource"

    application_id: Mapped[UUID] = mapped_column(sa.ForeignKey("application.id"), index=True)
    uri: Mapped[str] = mapped_column(unique=True)
    clients: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    """The client ids of the other applications that may ask for it."""


class ApplicationIcon(Row):
    """The icon of an application, re-encoded, so that it has nothing but pixels."""

    __tablename__ = "application_icon"

    application_id: Mapped[UUID] = mapped_column(sa.ForeignKey("application.id"), unique=True)
    content: Mapped[bytes]
    hash: Mapped[str]
    """Changes with the icon. It is part of the URL, so that browsers can cache it."""


class AccessRequest(Row):
    """A person who may not use an application has asked the company's owners and admins for access."""

    __tablename__ = "access_request"
    __table_args__ = (sa.UniqueConstraint("application_id", "person_id"),)

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    application_id: Mapped[UUID] = mapped_column(sa.ForeignKey("application.id"))
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
