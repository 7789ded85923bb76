"""A company's people, their pictures and their sessions."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.companies.models import Company
from app.database import Base, Row


class Role(StrEnum):
    OWNER = "owner"
    ADMIN = "admin"
    MEMBER = "member"


class Person(Row):
    """Somebody who signs in at one company.

    A Microsoft identity is (tid, oid) and nothing else; addresses are for showing
    (https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference#using-claims-to-reliably-identify-a-user).
    """

    __tablename__ = "person"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "tid", "oid"),
        sa.CheckConstraint("(tid IS NULL) = (oid IS NULL)", name="whole_identity"),
        # Password accounts are found by their address; an address of Microsoft's may stand twice.
        sa.Index(
            "uq_person_password_email",
            "company_id",
            "email",
            unique=True,
            postgresql_where=sa.text("tid IS NULL"),
            sqlite_where=sa.text("tid IS NULL"),
        ),
        sa.Index("ix_person_company_sort", "company_id", "sort_name", "id"),
    )

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    role: Mapped[str] = mapped_column(default=Role.MEMBER)
    is_active: Mapped[bool] = mapped_column(default=True)
    name: Mapped[str]
    # Compared byte by byte, so that its index serves sorting, paging and the beginning of a search.
    sort_name: Mapped[str] = mapped_column(sa.Text().with_variant(sa.Text(collation="C"), "postgresql"))
    """The name folded for sorting and searching; see `names.fold`."""
    email: Mapped[str | None]
    title: Mapped[str | None]

    tid: Mapped[str | None]
    oid: Mapped[str | None]
    is_guest: Mapped[bool] = mapped_column(default=False)
    password_hash: Mapped[str | None]

    avatar_hash: Mapped[str | None] = mapped_column(sa.ForeignKey("avatar.hash"), index=True)
    synced_at: Mapped[datetime | None]
    """When the profile was last read from Microsoft Graph."""
    last_sign_in_at: Mapped[datetime | None]

    company: Mapped[Company] = relationship()


class Avatar(Base):
    """A re-encoded picture, stored once however many people wear it."""

    __tablename__ = "avatar"

    hash: Mapped[str] = mapped_column(primary_key=True)
    """SHA-256 of the content, hexadecimal."""
    content: Mapped[bytes]


class Session(Row):
    """One signed-in browser. The cookie holds a token; here stands its hash, so that a dump opens no session."""

    __tablename__ = "session"

    token_hash: Mapped[str] = mapped_column(unique=True)
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    connection_id: Mapped[UUID | None]
    """The connection it came through; None for a password. People know nothing of connections, so no foreign key."""
    method: Mapped[str]
    """How it was begun, as people call it: a connection's title at that time, or "Password"."""
    attempt_id: Mapped[str | None] = mapped_column(unique=True)
    """The sign-in attempt that made this session: being unique, it can be spent only once."""
    login_hint: Mapped[str | None]
    """Microsoft's opaque `login_hint` claim, to end the right Microsoft session with."""
    ip_address: Mapped[str | None]
    user_agent: Mapped[str] = mapped_column(default="")
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


class RecoveryKey(Row):
    """Lets one owner in once, when nothing else does: a code on paper, or a link that an operator makes.

    Here stands its hash, so that a dump lets nobody in.
    """

    __tablename__ = "recovery_key"

    key_hash: Mapped[str] = mapped_column(unique=True)
    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), index=True)
    person_id: Mapped[UUID] = mapped_column(sa.ForeignKey("person.id"), index=True)
    expires_at: Mapped[datetime | None]
    """A link has an end; a code is good until it is used, or others are made."""
    spent_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()
