"""Deleting old rows of all companies."""

from datetime import timedelta

import sqlalchemy as sa

from app.core.database import Row, db, min_uuid7, now


def delete_older_than(model: type[Row], age: timedelta, limit: int) -> int:
    """Deletes up to `limit` of the model's rows that were created longer ago than `age`, the oldest first; returns how
    many.
    """
    old = sa.select(model.id).where(model.id < min_uuid7(now() - age)).order_by(model.id).limit(limit)
    gone = db.session.scalars(
        sa.delete(model).where(model.id.in_(old)).returning(model.id).execution_options(synchronize_session=False)
    )
    return len(gone.all())
