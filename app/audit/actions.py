"""The one writer of history."""

from typing import Any
from uuid import UUID

from app.audit.models import AuditEntry
from app.database import db


def record(
    company_id: UUID,
    event: str,
    *,
    actor_id: UUID | None = None,
    subject_id: UUID | None = None,
    ip_address: str | None = None,
    reference: str | None = None,
    **detail: Any,
) -> None:
    """Adds an entry to the company's history; the caller commits it together with what it tells of.

    `detail` holds plain JSON values and never a secret.
    """
    db.session.add(
        AuditEntry(
            company_id=company_id,
            event=event,
            actor_id=actor_id,
            subject_id=subject_id,
            ip_address=ip_address,
            reference=reference,
            detail=detail,
        )
    )
