"""Reads of the chain itself, for `flask audit verify`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.audit.chain import HASHED, START, End
from app.audit.models import AuditEntry, AuditHead
from app.core.database import db, release_connection

BATCH = 1000
COLUMNS = [getattr(AuditEntry, name) for name in (*HASHED, "previous_hash", "hash")]


@dataclass(frozen=True)
class Extent:
    """A company's chain at one moment."""

    end: End
    last_number: int
    """The number of the last existing entry."""
    unchained: int
    """The number of entries from before the chain."""


def extent(company_id: UUID) -> Extent:
    """One statement, so that a concurrent write is included completely or not at all."""
    head = sa.select(AuditHead).where(AuditHead.company_id == company_id)
    entries = sa.select(AuditEntry).where(AuditEntry.company_id == company_id)
    number, last_hash, last_number, unchained = db.session.execute(
        sa.select(
            head.with_only_columns(AuditHead.number).scalar_subquery(),
            head.with_only_columns(AuditHead.hash).scalar_subquery(),
            entries.with_only_columns(sa.func.max(AuditEntry.number)).scalar_subquery(),
            entries.with_only_columns(sa.func.count()).where(AuditEntry.number.is_(None)).scalar_subquery(),
        )
    ).one()
    return Extent(End(number or 0, last_hash or START), last_number or 0, unchained)


def chain(company_id: UUID, last_number: int) -> Iterator[Mapping[str, Any]]:
    """The company's chained entries in order, up to this number; one batch is in memory at a time."""
    query = sa.select(*COLUMNS).where(AuditEntry.company_id == company_id).order_by(AuditEntry.number).limit(BATCH)
    number: int | None = None
    while True:
        # Including numbers below 1, which are a fault to be reported, too.
        beyond = AuditEntry.number.is_not(None) if number is None else AuditEntry.number > number
        rows = db.session.execute(query.where(beyond, AuditEntry.number <= last_number)).mappings().all()
        for row in rows:
            yield dict(row)
        release_connection()
        if len(rows) < BATCH:
            return
        number = rows[-1]["number"]
