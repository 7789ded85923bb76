"""All reads about connections."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager

from app.companies.models import Company
from app.connections.models import Connection
from app.database import db


def of_company(company_id: UUID) -> list[Connection]:
    """All connections of a company, oldest first."""
    return list(
        db.session.scalars(sa.select(Connection).where(Connection.company_id == company_id).order_by(Connection.id))
    )


def by_id(company_id: UUID, connection_id: UUID | None) -> Connection | None:
    return db.session.scalar(
        sa.select(Connection)
        .join(Connection.company)
        .options(contains_eager(Connection.company))
        .where(Connection.company_id == company_id, Connection.id == connection_id)
    )


def by_title(company_id: UUID, title: str) -> Connection | None:
    return db.session.scalar(
        sa.select(Connection).where(Connection.company_id == company_id, Connection.title == title)
    )


def by_public_id(public_id: str) -> Connection | None:
    """The connection that a redirect URI names, with its company; only if both are switched on.

    The address of a redirect URI carries no company: the connection is what tells it.
    """
    return db.session.scalar(
        sa.select(Connection)
        .join(Connection.company)
        .options(contains_eager(Connection.company))
        .where(Connection.public_id == public_id, Connection.is_enabled, Company.is_active)
    )


def keys_in_use() -> set[str]:
    """The names of the encryption keys that stored secrets need."""
    sealed = Connection.client_secret_sealed
    # "v1.<8 characters of the key's name>."
    return set(db.session.scalars(sa.select(sa.func.substr(sealed, 4, 8)).where(sealed.is_not(None)).distinct()))
