"""The immutable data of a connection that a sign-in needs, read in one statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.companies.models import Company, LoginPage
from app.connections.models import Connection, Credential, Draft, RedirectUris
from app.core.database import db, now
from app.core.logging import name_company


@dataclass(frozen=True)
class CredentialRecord:
    """A client credential with its secret still encrypted."""

    id: UUID
    kind: str
    secret_sealed: str | None
    certificate: str | None
    expires: date | None
    refused_at: datetime | None
    unreadable_at: datetime | None
    is_live: bool

    @property
    def secret(self) -> str | None:
        """Raises DecryptionError."""
        return Credential.secret.decrypted(self)


@dataclass(frozen=True)
class ConnectionConfig(RedirectUris):
    """A live connection, or a draft for its test."""

    credentials: tuple[CredentialRecord, ...]
    """In the order in which to try them."""
    id: UUID
    public_id: str
    federation_key_sealed: str | None
    company_id: UUID
    company_name: str
    password_sign_in: str
    is_enabled: bool
    """Live and enabled."""
    title: str
    tenant: str
    client_id: str
    flow: str
    create_people: bool
    allow_guests: bool

    @property
    def federation_key(self) -> str | None:
        """Raises DecryptionError."""
        return Draft.federation_key.decrypted(self)


def by_preference(credentials: Iterable[CredentialRecord], today: date) -> list[CredentialRecord]:
    """The live credentials in the order in which to try them: the oldest first, so that its replacement is tried next.

    Credentials that expired, were rejected or could not be decrypted come last.
    """

    def worn_out(credential: CredentialRecord) -> bool:
        is_marked = credential.refused_at is not None or credential.unreadable_at is not None
        return is_marked or (credential.expires is not None and credential.expires < today)

    return sorted((credential for credential in credentials if credential.is_live), key=worn_out)


def test_candidates(credentials: Iterable[CredentialRecord], today: date) -> list[CredentialRecord]:
    """What a test sign-in uses: only the newest credential that is not live yet; without one, the live ones."""
    credentials = list(credentials)
    fresh = [credential for credential in credentials if not credential.is_live]
    return fresh[-1:] or by_preference(credentials, today)


def _as_live(name: str) -> sa.ColumnElement[Any]:
    """A connection that was never live is read as edited: it can't be used to sign in, but the response to its test is
    matched to it.
    """
    return sa.func.coalesce(getattr(Connection, name), getattr(Draft, name))


CONFIGS = (
    sa.select(
        Draft.id,
        Draft.public_id,
        Draft.federation_key_sealed,
        Company.id.label("company_id"),
        Company.name.label("company_name"),
        Company.password_sign_in,
        sa.func.coalesce(Connection.is_enabled, sa.false()).label("is_enabled"),
        *(
            _as_live(name).label(name)
            for name in ("title", "tenant", "client_id", "flow", "create_people", "allow_guests")
        ),
        *(getattr(Credential, name).label(f"credential_{name}") for name in CredentialRecord.__dataclass_fields__),
    )
    .join(Company, Draft.company_id == Company.id)
    .outerjoin(Connection, Connection.id == Draft.id)
    .outerjoin(Credential, sa.and_(Credential.draft_id == Draft.id, Credential.is_live))
    .order_by(Credential.id)
)


def by_public_id(public_id: str) -> ConnectionConfig | None:
    """The connection that a redirect URI names, whether or not it was ever live; none of a deactivated company.

    A redirect URI contains no company: the connection identifies it.
    """
    return _config(CONFIGS.where(Draft.public_id == public_id, Company.is_active))


def by_login_code(code: str, public_id: str) -> ConnectionConfig | None:
    """The same; None unless its company has this login code."""
    return _config(
        CONFIGS.join(LoginPage, LoginPage.company_id == Draft.company_id).where(
            LoginPage.code == code, Draft.public_id == public_id, Company.is_active
        )
    )


def by_id(company_id: UUID, connection_id: UUID | None) -> ConnectionConfig | None:
    return _config(CONFIGS.where(Draft.company_id == company_id, Draft.id == connection_id))


def of_draft(draft: Draft) -> ConnectionConfig:
    """A draft as it is now, with the credentials that its test uses."""
    held = [
        CredentialRecord(**{name: getattr(one, name) for name in CredentialRecord.__dataclass_fields__})
        for one in draft.credentials
    ]
    return ConnectionConfig(
        credentials=tuple(test_candidates(held, now().date())),
        id=draft.id,
        public_id=draft.public_id,
        federation_key_sealed=draft.federation_key_sealed,
        company_id=draft.company_id,
        company_name=draft.company.name,
        password_sign_in=draft.company.password_sign_in,
        is_enabled=False,
        title=draft.title,
        tenant=draft.tenant,
        client_id=draft.client_id,
        flow=draft.flow,
        create_people=draft.create_people,
        allow_guests=draft.allow_guests,
    )


def _config(query: sa.Select[Any]) -> ConnectionConfig | None:
    rows = db.session.execute(query).all()
    if not rows:
        return None
    held = [
        CredentialRecord(**{name: getattr(row, f"credential_{name}") for name in CredentialRecord.__dataclass_fields__})
        for row in rows
        if row.credential_id is not None
    ]
    own = {name: getattr(rows[0], name) for name in ConnectionConfig.__dataclass_fields__ if name != "credentials"}
    found = ConnectionConfig(credentials=tuple(by_preference(held, now().date())), **own)
    name_company(found.company_id)
    return found
