"""Reads for imports. The company is the first argument, except in what a worker does for all companies."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from app.core.database import db
from app.people.imports.models import Import, ImportRow

ROWS_SHOWN = 200


def import_(company_id: UUID, import_id: UUID) -> Import | None:
    return db.session.scalar(sa.select(Import).where(Import.company_id == company_id, Import.id == import_id))


def latest_imports(company_id: UUID) -> list[Import]:
    return list(
        db.session.scalars(
            sa.select(Import).where(Import.company_id == company_id).order_by(Import.id.desc()).limit(10)
        )
    )


def stalled_imports(moment: datetime) -> list[Import]:
    """Unfinished imports of all companies that no worker is processing."""
    return list(
        db.session.scalars(
            sa.select(Import).where(
                Import.finished_at.is_(None), sa.or_(Import.lease_until.is_(None), Import.lease_until < moment)
            )
        )
    )


def import_rows(import_id: UUID, most: int | None = ROWS_SHOWN) -> list[ImportRow]:
    """The rows of an import that added no one, in order."""
    query = sa.select(ImportRow).where(ImportRow.import_id == import_id).order_by(ImportRow.number)
    return list(db.session.scalars(query.limit(most) if most else query))
