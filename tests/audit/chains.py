"""What the tests of the chain look at."""

from uuid import UUID

import sqlalchemy as sa

from app.audit import queries
from app.audit.chain import first_fault
from app.audit.models import AuditChain, AuditEntry, AuditOpen
from app.core.database import db


def chained_entries(company_id: UUID) -> list[AuditEntry]:
    """The company's entries that have a place in its chain, in their order."""
    query = sa.select(AuditEntry).join(AuditChain, queries.IN_CHAIN).order_by(AuditChain.number)
    return list(db.session.scalars(query.where(AuditEntry.company_id == company_id)))


def open_entries(company_id: UUID) -> list[AuditEntry]:
    """The company's entries that have no place yet, oldest first."""
    query = sa.select(AuditEntry).join(AuditOpen, queries.IS_OPEN).order_by(AuditEntry.id)
    return list(db.session.scalars(query.where(AuditEntry.company_id == company_id)))


def assert_whole(company_id: UUID, length: int) -> None:
    """The chain has this many entries and no fault, and no entry is left out."""
    db.session.expire_all()
    extent = queries.extent(company_id)
    assert (extent.end.number, extent.last_number, extent.unchained) == (length, length, None)
    assert first_fault(queries.chain(company_id, length), extent.end) is None
