"""A company's people, their pictures and their sessions."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.companies.models import Company
from app.core.database import Base, Row


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


class SignInMethod(StrEnum):
    """How a person is to sign in; see `methods` for what follows from it."""

    ANY = "any"
    PASSWORD = "password"  # noqa: S105 - the name of a method
    CONNECTION = "connection"


class Person(Row):
    """Somebody who signs in at one company, or is invited to.

    A Microsoft identity is (tid, oid) and nothing else; addresses are for showing
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
    )

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    role: Mapped[str] = mapped_column(default=Role.MEMBER)
    is_active: Mapped[bool] = mapped_column(default=True)
    name: Mapped[str]
    # Compared byte by byte, so that its index serves sorting, paging and the beginning of a search.
    sort_name: Mapped[str] = mapped_column(sa.Text().with_variant(sa.Text(collation="C"), "postgresql"))
    """The name folded for sorting and searching; see `names.fold`."""
    email: Mapped[str | None]
    """For showing; what Microsoft says replaces it at each reading, where Microsoft has an address."""
    sign_in_email: Mapped[str | None]
    """As `parse_email` has it; passwords are asked for with it, keys are mailed to it. Microsoft has no say in it."""
    email_is_confirmed: Mapped[bool] = mapped_column(default=True)
    """False from a sign-up until its mailed key was used."""
    title: Mapped[str | None]

    sign_in_method: Mapped[str] = mapped_column(default=SignInMethod.ANY)
    method_connection_id: Mapped[UUID | None]
    """The connection that is assigned. People know nothing of connections, so no foreign key."""
    tid: Mapped[str | None]
    oid: Mapped[str | None]
    is_guest: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str | None]

    avatar_hash: Mapped[str | None] = mapped_column(sa.ForeignKey("avatar.hash"), index=True)
    synced_at: Mapped[datetime | None]
    """When the profile was last read from Microsoft Graph."""
    last_sign_in_at: Mapped[datetime | None]
    deleted_at: Mapped[datetime | None]
    """When the person was deleted; what is left of the row is what the history needs."""

    company: Mapped[Company] = relationship()

    @property
    def is_invited(self) -> bool:
        """Nobody has taken up this account yet."""
        return self.password_hash is None and self.last_sign_in_at is None


CONFIRMED_EMAIL: sa.ColumnElement[str | None] = sa.case((Person.email_is_confirmed, Person.sign_in_email))
"""The address that a person has confirmed here; null for others."""
ACCEPTED = sa.or_(Person.password_hash.is_not(None), Person.last_sign_in_at.is_not(None))
"""The account is used, not merely offered; the opposite of `Person.is_invited`."""


class Avatar(Base):
    """A re-encoded picture, stored once however many people wear it."""

    __tablename__ = "avatar"

    hash: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of the content, hexadecimal."""
    content: Mapped[bytes]
    source_hash: Mapped[str | None] = mapped_column(index=True)
    """See `avatars.source_hash`: the same again need not be decoded, which costs as much as the rest of a sync."""


class KeyEnd(StrEnum):
    """Why a key that has no row of its own any more does not work."""

    USED = "used"
    REPLACED = "replaced"
    REVOKED = "revoked"


class EndedKey(Row):
    """A key that is gone: its link can say why. It names no person, and is kept for a while."""

    __tablename__ = "ended_key"

    key_hash: Mapped[str] = mapped_column(unique=True)
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    how: Mapped[str]
