"""The immutable data of a connection that a sign-in needs, read in one statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.companies.models import Company, LoginPage
from app.connections.models import Connection, Draft, RedirectUris
from app.core.database import now, read
from app.core.logging import name_company
from app.entra_apps.client_credential import CredentialRecord
from app.entra_apps.credential_order import by_preference, test_candidates
from app.entra_apps.models import ClientCredential, EntraApp
from app.http import page_company


@dataclass(frozen=True)
class ConnectionConfig(RedirectUris):
    """An active connection, or a draft for its test."""

    credentials: tuple[CredentialRecord, ...]
    """In the order in which to try them."""
    id: UUID
    public_id: str
    company_id: UUID
    company_name: str
    password_sign_in: str
    is_enabled: bool
    """Whether it is active and not deactivated."""
    title: str
    tenant: str
    client_id: str
    flow: str
    create_people: bool
    allow_guests: bool
    notices_leavers: bool
    """Whether refresh tokens are kept, with which Microsoft tells who was disabled or deleted."""


def _as_active(name: str) -> sa.ColumnElement[Any]:
    """A connection that was never active is read as edited: it can't be used to sign in, but the response to its test
    is matched to it.
    """
    return sa.func.coalesce(getattr(Connection, name), getattr(Draft, name))


CONFIGS = (
    sa.select(
        Draft.id,
        Draft.public_id,
        Draft.notices_leavers,
        Company.id.label("company_id"),
        Company.name.label("company_name"),
        Company.branding,
        Company.password_sign_in,
        sa.func.coalesce(Connection.is_enabled, sa.false()).label("is_enabled"),
        EntraApp.tenant,
        EntraApp.client_id,
        *(_as_active(name).label(name) for name in ("title", "flow", "create_people", "allow_guests")),
        *(
            getattr(ClientCredential, name).label(f"credential_{name}")
            for name in CredentialRecord.__dataclass_fields__
        ),
    )
    .join(Company, Draft.company_id == Company.id)
    .outerjoin(Connection, Connection.id == Draft.id)
    .join(EntraApp, EntraApp.id == _as_active("entra_app_id"))
    .outerjoin(ClientCredential, ClientCredential.entra_app_id == Connection.entra_app_id)
    .order_by(ClientCredential.id)
)


BY_PUBLIC_ID = CONFIGS.where(Draft.public_id == sa.bindparam("public_id"), Company.is_active)
BY_LOGIN_CODE = BY_PUBLIC_ID.join(LoginPage, LoginPage.company_id == Draft.company_id).where(
    LoginPage.code == sa.bindparam("code")
)
BY_ID = CONFIGS.where(Draft.company_id == sa.bindparam("company_id"), Draft.id == sa.bindparam("connection_id"))


def by_public_id(public_id: str) -> ConnectionConfig | None:
    """The connection that a redirect URI names, whether or not it was ever active; none of a deactivated company.

    A redirect URI contains no company: the connection identifies it.
    """
    return _config(BY_PUBLIC_ID, public_id=public_id)


def by_login_code(code: str, public_id: str) -> ConnectionConfig | None:
    """The same; None unless its company has this login code."""
    return _config(BY_LOGIN_CODE, public_id=public_id, code=code)


def by_id(company_id: UUID, connection_id: UUID | None) -> ConnectionConfig | None:
    return _config(BY_ID, company_id=company_id, connection_id=connection_id)


def of_draft(draft: Draft) -> ConnectionConfig:
    """A draft as it is now, with the credentials that its test uses."""
    new, active = _records(draft.new_credentials), _records(draft.active_credentials)
    return ConnectionConfig(
        credentials=tuple(test_candidates(new, active, now().date())),
        id=draft.id,
        public_id=draft.public_id,
        company_id=draft.company_id,
        company_name=draft.company.shown_name,
        password_sign_in=draft.company.password_sign_in,
        is_enabled=False,
        title=draft.title,
        tenant=draft.tenant,
        client_id=draft.client_id,
        flow=draft.flow,
        create_people=draft.create_people,
        allow_guests=draft.allow_guests,
        notices_leavers=False,
    )


def _records(credentials: Iterable[ClientCredential]) -> list[CredentialRecord]:
    names = CredentialRecord.__dataclass_fields__
    return [CredentialRecord(**{name: getattr(one, name) for name in names}) for one in credentials]


def _config(query: sa.Select[*tuple[Any, ...]], **values: Any) -> ConnectionConfig | None:
    rows = read(query, values)
    if not rows:
        return None
    held = [
        CredentialRecord(**{name: getattr(row, f"credential_{name}") for name in CredentialRecord.__dataclass_fields__})
        for row in rows
        if row.credential_id is not None
    ]
    own = {name: getattr(rows[0], name) for name in ConnectionConfig.__dataclass_fields__ if name != "credentials"}
    own["company_name"] = rows[0].branding.shown_name(rows[0].company_name)
    page_company.note(own["company_name"], rows[0].branding)
    found = ConnectionConfig(credentials=tuple(by_preference(held, now().date())), **own)
    name_company(found.company_id)
    return found
