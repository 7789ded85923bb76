"""All reads about connections."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, selectinload

from app.companies.models import Company
from app.connections.models import Connection, Credential, Draft
from app.database import db


def drafts(company_id: UUID) -> list[Draft]:
    """All connections of a company as they are edited, in the order of the login page."""
    return list(
        db.session.scalars(
            sa.select(Draft)
            .options(selectinload(Draft.connection), selectinload(Draft.credentials))
            .where(Draft.company_id == company_id)
            .order_by(Draft.position, Draft.id)
        )
    )


def draft(company_id: UUID, draft_id: UUID) -> Draft | None:
    return db.session.scalar(sa.select(Draft).where(Draft.company_id == company_id, Draft.id == draft_id))


def draft_by_title(company_id: UUID, title: str) -> Draft | None:
    return db.session.scalar(sa.select(Draft).where(Draft.company_id == company_id, Draft.title == title))


def draft_by_public_id(public_id: str) -> Draft | None:
    """The draft that a redirect URI names, whether or not it ever went live; only of a company that is switched on."""
    return db.session.scalar(
        sa.select(Draft)
        .join(Draft.company)
        .options(contains_eager(Draft.company))
        .where(Draft.public_id == public_id, Company.is_active)
    )


def by_id(company_id: UUID, connection_id: UUID | None) -> Connection | None:
    return db.session.scalar(_whole().where(Connection.company_id == company_id, Connection.id == connection_id))


def by_public_id(public_id: str) -> Connection | None:
    """The live connection that a redirect URI names, with its company; only if both are switched on.

    The address of a redirect URI carries no company: the connection is what tells it.
    """
    return db.session.scalar(_whole().where(Draft.public_id == public_id, Connection.is_enabled, Company.is_active))


def _whole() -> sa.Select[Connection]:
    return (
        sa.select(Connection)
        .join(Connection.draft)
        .join(Connection.company)
        .options(contains_eager(Connection.draft), contains_eager(Connection.company))
    )


def credentials(draft_id: UUID) -> list[Credential]:
    """A connection's credentials, oldest first."""
    return list(
        db.session.scalars(sa.select(Credential).where(Credential.draft_id == draft_id).order_by(Credential.id))
    )


def keys_in_use() -> set[str]:
    """The names of the encryption keys that stored secrets need."""
    names: set[str] = set()
    for sealed in (Credential.secret_sealed, Draft.federation_key_sealed):
        # "v1.<8 characters of the key's name>."
        name = sa.func.substr(sealed, 4, 8)
        names.update(db.session.scalars(sa.select(name).where(sealed.is_not(None)).distinct()))
    return names
