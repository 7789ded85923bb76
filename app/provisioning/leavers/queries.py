"""Reads of refresh tokens that are to be checked."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa

from app.core.database import db
from app.provisioning.leavers.models import UpstreamToken


def connections_with_due(moment: datetime) -> list[UUID]:
    """The connections of all companies with tokens to check."""
    query = sa.select(UpstreamToken.connection_id).where(UpstreamToken.next_check_at <= moment)
    return list(db.session.scalars(query.distinct()))


def due(connection_id: UUID, moment: datetime, most: int) -> list[UUID]:
    """The tokens of a connection that are to be checked, the longest overdue first."""
    query = sa.select(UpstreamToken.id).where(
        UpstreamToken.connection_id == connection_id, UpstreamToken.next_check_at <= moment
    )
    return list(db.session.scalars(query.order_by(UpstreamToken.next_check_at).limit(most)))


def token(token_id: UUID) -> UpstreamToken | None:
    return db.session.get(UpstreamToken, token_id, populate_existing=True)


def number_kept(company_id: UUID) -> dict[UUID, int]:
    """How many sessions of each connection are checked."""
    query = sa.select(UpstreamToken.connection_id, sa.func.count()).where(UpstreamToken.company_id == company_id)
    return {row[0]: row[1] for row in db.session.execute(query.group_by(UpstreamToken.connection_id))}
