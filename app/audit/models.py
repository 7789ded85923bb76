"""A company's history: written once, never changed; the database itself refuses (see the migration)."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.core.database import Base, Row


class AuditEntry(Row):
    """Who did what to what, when, from where."""

    __tablename__ = "audit_entry"
    __table_args__ = (
        sa.UniqueConstraint("company_id", "number"),
        # Ids follow the time, so that each of these finds the newest first.
        sa.Index("ix_audit_entry_company_newest", "company_id", "id"),
        sa.Index("ix_audit_entry_company_event", "company_id", "event", "id"),
        sa.Index("ix_audit_entry_company_actor", "company_id", "actor_id", "id"),
        sa.Index("ix_audit_entry_company_subject", "company_id", "subject_id", "id"),
        sa.Index("ix_audit_entry_company_reference", "company_id", "reference", "id"),
    )

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    event: Mapped[str]
    """A stable name, noun first: `sign_in.admitted`, `connection.changed`."""
    actor_id: Mapped[UUID | None]
    """The person who did it; None for somebody unknown, or the operator."""
    subject_id: Mapped[UUID | None]
    ip_address: Mapped[str | None]
    reference: Mapped[str | None]
    """What a person was told to quote."""
    detail: Mapped[dict[str, Any]] = mapped_column(sa.JSON)

    # None of the three stands in entries from before the chain.
    number: Mapped[int | None]
    """The company's first is 1; no number is left out."""
    previous_hash: Mapped[str | None]
    hash: Mapped[str | None]
    """See `chain.entry_hash`."""


class AuditHead(Base):
    """The end of a company's chain: whoever writes locks it, and entries cut off behind it are missed."""

    __tablename__ = "audit_head"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), primary_key=True)
    number: Mapped[int]
    hash: Mapped[str]
