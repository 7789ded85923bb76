"""The audit log: append-only, which database triggers enforce (see the migration)."""

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
    """The person who did it; None for an unknown person or the operator."""
    subject_id: Mapped[UUID | None]
    ip_address: Mapped[str | None]
    reference: Mapped[str | None]
    """The reference that a person was told to quote."""
    detail: Mapped[dict[str, Any]] = mapped_column(sa.JSON)

    # All three are NULL in entries from before the chain.
    number: Mapped[int | None]
    """Consecutive per company, starting at 1."""
    previous_hash: Mapped[str | None]
    hash: Mapped[str | None]
    """See `chain.entry_hash`."""


class AuditHead(Base):
    """The end of a company's chain. Writers lock it, and it reveals entries that were removed from the end."""

    __tablename__ = "audit_head"

    company_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"), primary_key=True)
    number: Mapped[int]
    hash: Mapped[str]
