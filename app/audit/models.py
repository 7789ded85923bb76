"""A company's history: written once, never changed."""

from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from app.database import Row


class AuditEntry(Row):
    """Who did what to what, when, from where."""

    __tablename__ = "audit_entry"
    __table_args__ = (sa.Index("ix_audit_entry_company_newest", "company_id", "id"),)

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
