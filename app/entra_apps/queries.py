"""Reads for applications at Microsoft. `in_use` selects the ids of the applications that count: what uses them decides
that.
"""

from dataclasses import dataclass
from datetime import date
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.companies.models import Company
from app.core.database import db
from app.entra_apps.models import ClientCredential, EntraApp


@dataclass(frozen=True)
class ExpiringCredential:
    """A credential in use that expires soon or has expired."""

    id: UUID
    company_id: UUID
    expires: date | None
    warned: int | None


def credential(company_id: UUID, credential_id: UUID) -> ClientCredential | None:
    return db.session.scalar(
        sa.select(ClientCredential)
        .join(ClientCredential.entra_app)
        .where(EntraApp.company_id == company_id, ClientCredential.id == credential_id)
    )


def expiring(in_use: sa.Select[Any], last_day: date) -> list[ExpiringCredential]:
    """All active companies' credentials in use that expire by this day."""
    rows = db.session.execute(
        sa.select(ClientCredential.id, EntraApp.company_id, ClientCredential.expires, ClientCredential.warned)
        .join(ClientCredential.entra_app)
        .join(EntraApp.company)
        .where(Company.is_active, EntraApp.id.in_(in_use), ClientCredential.expires <= last_day)
        .order_by(ClientCredential.expires, ClientCredential.id)
    )
    return [ExpiringCredential(*row) for row in rows]


def expiry_dates(in_use: sa.Select[Any], last_day: date) -> list[date]:
    """The expiry dates, up to this day, of all companies' credentials in use."""
    found = sa.select(ClientCredential.expires).where(
        ClientCredential.expires <= last_day, ClientCredential.entra_app_id.in_(in_use)
    )
    return [one for one in db.session.scalars(found) if one]
