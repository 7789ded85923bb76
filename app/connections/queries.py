"""Reads for connections. Company-scoped queries take the company first; others look up a public id or a token, or serve
maintenance of all companies.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from app.companies.models import Company
from app.connections.models import Connection, Draft, Flow, SetupLink
from app.core.database import db, encrypted_columns
from app.entra_apps import queries as entra_apps
from app.entra_apps.expiry import CredentialValidity
from app.entra_apps.models import ClientCredential, EntraApp
from app.entra_apps.queries import ExpiringCredential
from app.sessions.limits import token_hash


def drafts(company_id: UUID) -> list[Draft]:
    """All connections of a company as they are edited, in the order of the login page."""
    return list(
        db.session.scalars(
            sa.select(Draft)
            .options(
                selectinload(Draft.connection).joinedload(Connection.entra_app).selectinload(EntraApp.credentials),
                joinedload(Draft.entra_app).selectinload(EntraApp.credentials),
            )
            .where(Draft.company_id == company_id)
            .order_by(Draft.position, Draft.id)
        )
    )


def draft(company_id: UUID, draft_id: UUID) -> Draft | None:
    return db.session.scalar(sa.select(Draft).where(Draft.company_id == company_id, Draft.id == draft_id))


def draft_by_title(company_id: UUID, title: str) -> Draft | None:
    return db.session.scalar(sa.select(Draft).where(Draft.company_id == company_id, Draft.title == title))


def title_is_taken(company_id: UUID, title: str, except_id: UUID | None) -> bool:
    """Whether another connection of the company, as edited or active, has this title."""
    drafted = sa.select(Draft.id).where(
        Draft.company_id == company_id, Draft.title == title, Draft.id.is_distinct_from(except_id)
    )
    active = sa.select(Connection.id).where(
        Connection.company_id == company_id, Connection.title == title, Connection.id.is_distinct_from(except_id)
    )
    return db.session.scalar(sa.union(drafted, active).limit(1)) is not None


def draft_by_public_id(public_id: str) -> Draft | None:
    """The draft that a redirect URI names, whether or not it was ever active; None for a deactivated company."""
    return db.session.scalar(
        sa.select(Draft)
        .join(Draft.company)
        .options(contains_eager(Draft.company), joinedload(Draft.connection))
        .where(Draft.public_id == public_id, Company.is_active)
    )


def _whole() -> sa.Select[Connection]:
    return (
        sa.select(Connection)
        .join(Connection.draft)
        .join(Connection.company)
        .options(contains_eager(Connection.draft), contains_eager(Connection.company))
    )


def enabled(company_id: UUID) -> list[Connection]:
    """The active connections."""
    return list(db.session.scalars(_whole().where(Connection.company_id == company_id, Connection.is_enabled)))


def activated(company_id: UUID) -> list[Connection]:
    """The connections that were ever active, in the order of the login page."""
    return list(
        db.session.scalars(_whole().where(Connection.company_id == company_id).order_by(Draft.position, Draft.id))
    )


@dataclass(frozen=True)
class Terms:
    """The validity of the credentials of an enabled connection."""

    id: UUID
    title: str
    needs_credential: bool
    terms: list[CredentialValidity]


def credential_validities(company_ids: Collection[UUID]) -> dict[UUID, list[Terms]]:
    """By company, the validities of each connection, in the order of the login page."""
    rows = db.session.execute(
        sa.select(
            Connection.company_id,
            Connection.id,
            Connection.title,
            Connection.flow,
            ClientCredential.id,
            ClientCredential.expires,
            ClientCredential.refused_at,
            ClientCredential.unreadable_at,
        )
        .join(Draft, Draft.id == Connection.id)
        .outerjoin(ClientCredential, ClientCredential.entra_app_id == Connection.entra_app_id)
        .where(Connection.company_id.in_(company_ids), Connection.is_enabled)
        .order_by(Draft.position, Draft.id)
    )
    found: dict[UUID, dict[UUID, Terms]] = {}
    for company_id, connection_id, title, flow, credential_id, expires, *marks in rows:
        theirs = found.setdefault(company_id, {})
        one = theirs.setdefault(connection_id, Terms(connection_id, title, flow == Flow.SERVER, []))
        if credential_id is not None:
            one.terms.append(CredentialValidity(expires, *(mark.date() if mark else None for mark in marks)))
    return {company_id: list(theirs.values()) for company_id, theirs in found.items()}


def expiring(last_day: date) -> list[ExpiringCredential]:
    """All companies' credentials of enabled connections that expire by this day."""
    return entra_apps.expiring(sa.select(Connection.entra_app_id).where(Connection.is_enabled), last_day)


def ends(last_day: date) -> list[date]:
    """The expiry dates, up to this day, of all companies' active credentials."""
    return entra_apps.expiry_dates(sa.select(Connection.entra_app_id), last_day)


def active_credential(credential_id: UUID) -> tuple[Connection, ClientCredential] | None:
    """An active credential and its connection, with what an email about it names."""
    found = db.session.execute(
        _whole()
        .add_columns(ClientCredential)
        .join(ClientCredential, ClientCredential.entra_app_id == Connection.entra_app_id)
        .where(ClientCredential.id == credential_id)
    ).first()
    return (found[0], found[1]) if found else None


def setup_links(draft_id: UUID) -> list[SetupLink]:
    """A connection's links that were not revoked, with their creators, newest first."""
    return list(
        db.session.scalars(
            sa.select(SetupLink)
            .options(joinedload(SetupLink.maker))
            .where(SetupLink.draft_id == draft_id, SetupLink.revoked_at.is_(None))
            .order_by(SetupLink.id.desc())
        )
    )


def setup_link(draft_id: UUID, link_id: UUID) -> SetupLink | None:
    return db.session.scalar(sa.select(SetupLink).where(SetupLink.draft_id == draft_id, SetupLink.id == link_id))


def setup_link_by_token(token: str) -> SetupLink | None:
    """The link with its connection, company and creator; its state tells whether it still works."""
    return db.session.scalar(
        sa.select(SetupLink)
        .join(SetupLink.draft)
        .join(Draft.company)
        .options(contains_eager(SetupLink.draft).contains_eager(Draft.company), joinedload(SetupLink.maker))
        .where(SetupLink.token_hash == token_hash(token), Company.is_active)
    )


def keys_in_use() -> set[str]:
    """The names of the encryption keys that stored secrets need, in any table."""
    names: set[str] = set()
    for sealed in encrypted_columns():
        # "v1.<8 characters of the key's name>."
        name = sa.func.substr(sealed, 4, 8)
        names.update(db.session.scalars(sa.select(name).where(sealed.is_not(None)).distinct()))
    return names
