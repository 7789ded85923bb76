"""A company's people and their pictures."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from app.companies.models import Company
from app.core.database import Base, Row


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


class SignInMethod(StrEnum):
    """How a person is to sign in; see `sign_in_method` for the rules."""

    ANY = "any"
    PASSWORD = "password"  # noqa: S105 - the name of a method
    CONNECTION = "connection"


BYTE_ORDER = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
"""Compared byte by byte, so that one index serves sorting, paging and prefix searches."""
EMAIL_ORDER = "coalesce(email, '~')"
"""Sorts people without an address after those with one."""
ROLE_ORDER = "replace(replace(role, 'owner', '0'), 'admin', '1') || sort_name"
"""Sorts by role (owner, admin, member), and by name within it."""

HAS_EXTERNAL_ID = sa.text("external_id IS NOT NULL")


class Person(Row):
    """A person who signs in at one company, or is invited to it.

    A Microsoft identity is (tid, oid) and nothing else; email addresses are for display
    (https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference#using-claims-to-reliably-identify-a-user).
    """

    __tablename__ = "person"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "tid", "oid"),
        sa.CheckConstraint("(tid IS NULL) = (oid IS NULL)", name="whole_identity"),
        sa.UniqueConstraint("company_id", "sign_in_email"),
        sa.CheckConstraint("(sign_in_method = 'connection') = (method_connection_id IS NOT NULL)", name="whole_method"),
        sa.Index("ix_person_company_sort", "company_id", "sort_name", "id"),
        sa.Index("ix_person_company_email", "company_id", "email"),
        # For a person who knows only their address, and not at which companies they have an account. As hashes, so that
        # no search for a prefix within a company goes through those of all.
        sa.Index("ix_person_email", "email", postgresql_using="hash"),
        sa.Index("ix_person_sign_in_email", "sign_in_email", postgresql_using="hash"),
        sa.Index(
            "uq_person_company_external_id",
            "company_id",
            "external_id",
            unique=True,
            postgresql_where=HAS_EXTERNAL_ID,
            sqlite_where=HAS_EXTERNAL_ID,
        ),
        sa.Index("ix_person_company_email_order", "company_id", sa.text(f"({EMAIL_ORDER})"), "id"),
        sa.Index("ix_person_company_role_order", "company_id", sa.text(f"({ROLE_ORDER})"), "id"),
        # For searches in the middle of a text, within one company. SQLite has a full-text index instead; see `search`.
        sa.Index(
            "ix_person_company_search",
            "company_id",
            "sort_name",
            "email",
            postgresql_using="gin",
            postgresql_ops={"sort_name": "gin_trgm_ops", "email": "gin_trgm_ops"},
            # In kB: a search reads through all new entries, up to this limit, until they are added to the index.
            postgresql_with={"gin_pending_list_limit": 256},
            info={"dialect": "postgresql"},
        ).ddl_if(dialect="postgresql"),
    )

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    role: Mapped[str] = mapped_column(default=Role.MEMBER)
    is_active: Mapped[bool] = mapped_column(default=True)
    """False if an admin or a connection's directory has deactivated the person: both have to agree to reactivate."""
    is_inactive_by_admin: Mapped[bool] = mapped_column(default=False)
    inactive_by_connection_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("connection_draft.id"), index=True)
    """The connection whose directory has deactivated the person. No sign-in undoes that."""
    name: Mapped[str]
    sort_name: Mapped[str] = mapped_column(BYTE_ORDER)
    """The name folded for sorting and searching; see `names.fold`."""
    email: Mapped[str | None] = mapped_column(BYTE_ORDER)
    """For display; replaced at each profile sync if Microsoft has an address."""
    sign_in_email: Mapped[str | None]
    """Normalized by `parse_email`; used for password sign-in and emailed links. Microsoft can't change it."""
    email_is_confirmed: Mapped[bool] = mapped_column(default=True)
    """False after a sign-up until the emailed link was used."""
    email_verified_at: Mapped[datetime | None]
    """When the person proved to receive email at `email`, by a link that we sent there; cleared when it changes."""
    title: Mapped[str | None]
    language: Mapped[str | None]
    """The person's own setting, by the name of a catalog; None for the browser's."""
    external_id: Mapped[str | None]
    """The person's ID in another system of the company, from an import, for its applications."""

    sign_in_method: Mapped[str] = mapped_column(default=SignInMethod.ANY)
    method_connection_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("connection_draft.id"), index=True)
    """The assigned connection."""
    tid: Mapped[str | None]
    oid: Mapped[str | None]
    is_guest: Mapped[bool] = mapped_column(default=False)
    may_duplicate_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("person.id"), index=True)
    """The account that has the address of this person, whom a directory has added: perhaps the same one. They are asked
    at their first sign-in.
    """
    password_hash: Mapped[str | None]

    avatar_hash: Mapped[str | None] = mapped_column(sa.ForeignKey("avatar.hash"), index=True)
    synced_at: Mapped[datetime | None]
    """When the profile was last read from Microsoft Graph."""
    last_sign_in_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    """When the person was deleted; the rest of the row is what the audit log needs."""

    company: Mapped[Company] = relationship()

    def update_active(self) -> None:
        """Computes `is_active` from who has deactivated the person."""
        self.is_active = not self.is_inactive_by_admin and self.inactive_by_connection_id is None

    @validates("email")
    def _unverify(self, _name: str, email: str | None) -> str | None:
        if email != self.email:
            self.email_verified_at = None
        return email

    @property
    def email_language(self) -> str:
        """The language of emails to this person."""
        return self.language or self.company.language

    @property
    def is_pending(self) -> bool:
        """Whether the account was not accepted yet."""
        return self.password_hash is None and self.last_sign_in_at is None


CONFIRMED_EMAIL: sa.ColumnElement[str | None] = sa.case((Person.email_is_confirmed, Person.sign_in_email))
"""The address that a person has confirmed here; NULL for others."""
ACCEPTED = sa.or_(Person.password_hash.is_not(None), Person.last_sign_in_at.is_not(None))
"""The account was accepted; the opposite of `Person.is_pending`."""


class Avatar(Base):
    """A re-encoded picture, stored once however many people use it, in whichever company."""

    __tablename__ = "avatar"

    hash: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of the content, hexadecimal."""
    content: Mapped[bytes]
    source_hash: Mapped[str | None] = mapped_column(index=True)
    """See `avatars.source_hash`: the same source need not be decoded again, which costs as much as the rest of
    a sync.
    """


class KeyEnd(StrEnum):
    """Why a key that no longer has a row does not work."""

    USED = "used"
    REPLACED = "replaced"
    REVOKED = "revoked"


class EndedKey(Row):
    """A key that ended, kept for a while so that its link can give the reason. It references no person."""

    __tablename__ = "ended_key"

    key_hash: Mapped[str] = mapped_column(unique=True)
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    how: Mapped[str]
