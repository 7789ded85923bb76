"""Reads of the chain itself, for `flask audit verify`."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.audit.chain import HASHED, START, End
from app.audit.events.base import INSTALLATION
from app.audit.installation import ENTRIES
from app.audit.models import AuditChain, AuditEntry, AuditHead, AuditOpen, InstallationHead
from app.core.database import db, release_connection
from app.core.keyset import pages

BATCH = 1000
IN_CHAIN = sa.and_(AuditChain.company_id == AuditEntry.company_id, AuditChain.entry_id == AuditEntry.id)
IS_OPEN = sa.and_(AuditOpen.company_id == AuditEntry.company_id, AuditOpen.entry_id == AuditEntry.id)
COLUMNS = [
    *(getattr(AuditEntry, name) for name in HASHED if name != "number"),
    *(AuditChain.number, AuditChain.previous_hash, AuditChain.hash),
]


@dataclass(frozen=True)
class Extent:
    """A chain at one moment."""

    end: End
    last_number: int
    """The number of the last existing place."""
    still_open: int
    """The number of entries that wait for their place."""
    unchained: UUID | None
    """The first entry that neither has a place nor waits for one."""


def extent(company_id: UUID) -> Extent:
    """The company's chain, or the installation's. One statement, so that a concurrent write is included completely or
    not at all.
    """
    if company_id == INSTALLATION:
        return _extent_of_installation()
    head = sa.select(AuditHead).where(AuditHead.company_id == company_id)
    chained = sa.select(sa.func.max(AuditChain.number)).where(AuditChain.company_id == company_id)
    waiting = sa.select(sa.func.count(AuditOpen.entry_id)).where(AuditOpen.company_id == company_id)
    unchained = (
        sa.select(AuditEntry.id)
        .where(AuditEntry.company_id == company_id, ~sa.exists().where(IN_CHAIN), ~sa.exists().where(IS_OPEN))
        .order_by(AuditEntry.id)
        .limit(1)
    )
    number, last_hash, last_number, still_open, first_unchained = db.session.execute(
        sa.select(
            head.with_only_columns(AuditHead.number).scalar_subquery(),
            head.with_only_columns(AuditHead.hash).scalar_subquery(),
            chained.scalar_subquery(),
            waiting.scalar_subquery(),
            unchained.scalar_subquery(),
        )
    ).one()
    return Extent(End(number or 0, last_hash or START), last_number or 0, still_open, first_unchained)


def chain(company_id: UUID, last_number: int) -> Iterator[Mapping[str, Any]]:
    """The chained entries of the company or the installation in order, up to this number; one batch is in memory at a
    time.
    """
    if company_id == INSTALLATION:
        place: Any = ENTRIES.c.number
        query = sa.select(ENTRIES)
    else:
        place = AuditChain.number
        query = sa.select(*COLUMNS).select_from(AuditChain).outerjoin(AuditEntry, IN_CHAIN)
        query = query.where(AuditChain.company_id == company_id)
    # Including numbers below 1, which are a fault to be reported, too.
    for rows in pages(query.where(place <= last_number), place, BATCH):
        for row in rows:
            yield row._asdict()
        release_connection()


def _extent_of_installation() -> Extent:
    values = (InstallationHead.number, InstallationHead.hash, sa.func.max(ENTRIES.c.number))
    number, last_hash, last_number = db.session.execute(
        sa.select(*(sa.select(one).scalar_subquery() for one in values))
    ).one()
    return Extent(End(number or 0, last_hash or START), last_number or 0, still_open=0, unchained=None)
