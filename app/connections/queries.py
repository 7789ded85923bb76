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
from app.connections.models import Connection, Credential, Draft, Flow, SetupLink
from app.core.database import db, encrypted_columns
from app.entra_apps.expiry import CredentialValidity
from app.sessions.limits import token_hash


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


def title_is_taken(company_id: UUID, title: str, except_id: UUID) -> bool:
    """Whether another connection of the company, as edited or live, has this title."""
    drafted = sa.select(Draft.id).where(Draft.company_id == company_id, Draft.title == title, Draft.id != except_id)
    live = sa.select(Connection.id).where(
        Connection.company_id == company_id, Connection.title == title, Connection.id != except_id
    )
    return db.session.scalar(sa.union(drafted, live).limit(1)) is not None


def draft_by_public_id(public_id: str) -> Draft | None:
    """The draft that a redirect URI names, whether or not it was ever live; None for a deactivated company."""
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
    """The live, enabled connections."""
    return list(db.session.scalars(_whole().where(Connection.company_id == company_id, Connection.is_enabled)))


def live(company_id: UUID) -> list[Connection]:
    """The connections that were ever live, in the order of the login page."""
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
            Credential.id,
            Credential.expires,
            Credential.refused_at,
            Credential.unreadable_at,
        )
        .join(Draft, Draft.id == Connection.id)
        .outerjoin(Credential, sa.and_(Credential.draft_id == Connection.id, Credential.is_live))
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


@dataclass(frozen=True)
class ExpiringCredential:
    """A live credential that expires soon or has expired."""

    id: UUID
    company_id: UUID
    expires: date | None
    warned: int | None


def expiring(last_day: date) -> list[ExpiringCredential]:
    """All companies' live credentials that expire by this day."""
    rows = db.session.execute(
        sa.select(Credential.id, Draft.company_id, Credential.expires, Credential.warned)
        .join(Credential.draft)
        .join(Draft.connection)
        .join(Draft.company)
        .where(Credential.is_live, Connection.is_enabled, Company.is_active, Credential.expires <= last_day)
        .order_by(Credential.expires, Credential.id)
    )
    return [ExpiringCredential(*row) for row in rows]


def ends(last_day: date) -> list[date]:
    """The expiry dates, up to this day, of all companies' credentials in use."""
    # Worded like the partial index, since SQLite can't derive `is_live` from `is_live = 1`.
    in_use = sa.text("credential.is_live")
    return [
        one
        for one in db.session.scalars(sa.select(Credential.expires).where(in_use, Credential.expires <= last_day))
        if one
    ]


def live_credential(credential_id: UUID) -> Credential | None:
    """A credential in use, with what an email about it names."""
    return db.session.scalar(
        sa.select(Credential)
        .join(Credential.draft)
        .join(Draft.connection)
        .join(Draft.company)
        .options(
            contains_eager(Credential.draft).options(
                contains_eager(Draft.connection), contains_eager(Draft.company), selectinload(Draft.credentials)
            )
        )
        .where(Credential.is_live, Credential.id == credential_id)
    )


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
