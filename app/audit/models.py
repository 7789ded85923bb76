"""The audit logs of companies and of the installation: entries and their chains, append-only, which database triggers
enforce (see the migrations).
"""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Row

ABOUT_ANOTHER: sa.ColumnElement[bool] = sa.literal_column("(actor_id IS NULL OR subject_id <> actor_id)", sa.Boolean())
"""Whether the subject is someone else than the actor. Entries of a person about themselves, such as sign-ins, are found
by the actor alone.
"""
HAS_REFERENCE = sa.text("reference IS NOT NULL")
CLUSTERED = {"sqlite_with_rowid": False}
"""SQLite stores the rows in the order of their primary key, instead of in a table and an index."""


class AuditEntry(Row):
    """Who did what to what, when, from where. A trigger writes its row of `AuditOpen`."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        # Ids follow the time, so that each of these finds the newest first.
        sa.PrimaryKeyConstraint("company_id", "id"),
        sa.Index("ix_audit_entry_company_event", "company_id", "event", "id"),
        sa.Index("ix_audit_entry_company_actor", "company_id", "actor_id", "id"),
        sa.Index(
            "ix_audit_entry_company_subject",
            *("company_id", "subject_id", "id"),
            postgresql_where=ABOUT_ANOTHER,
            sqlite_where=ABOUT_ANOTHER,
        ),
        sa.Index(
            "ix_audit_entry_company_reference",
            *("company_id", "reference", "id"),
            postgresql_where=HAS_REFERENCE,
            sqlite_where=HAS_REFERENCE,
        ),
        CLUSTERED,
    )

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), primary_key=True)
    event: Mapped[str]
    """A stable name, noun first: `sign_in.admitted`, `connection.changed`."""
    actor_id: Mapped[UUID | None]
    """The person who did it; None for an unknown person or the operator."""
    subject_id: Mapped[UUID | None]
    ip_address: Mapped[str | None]
    reference: Mapped[str | None]
    """The reference that a person was told to quote."""
    detail: Mapped[dict[str, Any]] = mapped_column(sa.JSON)


class AuditChain(Base):
    """An entry's place in its company's chain. Entries are added within a second or so after their transaction."""

    __tablename__ = "audit_chain"
    __table_args__ = (
        sa.ForeignKeyConstraint(["company_id", "entry_id"], ["audit_entry.company_id", "audit_entry.id"]),
        sa.UniqueConstraint("company_id", "entry_id"),
        CLUSTERED,
    )

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Consecutive per company, starting at 1, in the order in which the entries were added."""
    entry_id: Mapped[UUID]
    previous_hash: Mapped[str]
    hash: Mapped[str]
    """See `chain.entry_hash`."""


class AuditOpen(Base):
    """An entry that isn't in the chain yet. The database refuses to delete the row of any other."""

    __tablename__ = "audit_open"
    __table_args__ = (
        sa.ForeignKeyConstraint(["company_id", "entry_id"], ["audit_entry.company_id", "audit_entry.id"]),
        CLUSTERED,
    )

    company_id: Mapped[UUID] = mapped_column(primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)


class AuditHead(Base):
    """The end of a company's chain. It reveals entries that were removed from the end."""

    __tablename__ = "audit_head"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), primary_key=True)
    number: Mapped[int]
    hash: Mapped[str]


class InstallationEntry(Row):
    """What an operator or the worker did to the installation, with its place in a chain of its own."""

    __tablename__ = "audit_installation"

    number: Mapped[int] = mapped_column(unique=True)
    """Consecutive, starting at 1."""
    event: Mapped[str]
    subject_id: Mapped[UUID | None]
    detail: Mapped[dict[str, Any]] = mapped_column(sa.JSON)
    previous_hash: Mapped[str]
    hash: Mapped[str]
    """See `chain.entry_hash`."""


class InstallationHead(Base):
    """The end of the installation's chain: one row, locked by each transaction that adds entries."""

    __tablename__ = "audit_installation_head"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    number: Mapped[int]
    hash: Mapped[str]
