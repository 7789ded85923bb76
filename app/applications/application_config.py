"""The immutable data of an application that a request of its own needs, read in one statement."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.applications.models import Application, ApplicationSecret, ApplicationUri, UriUse
from app.core.database import read


@dataclass(frozen=True)
class SecretHash:
    """One of an application's client secrets, as it is stored."""

    value: str
    expires_at: datetime | None


@dataclass(frozen=True)
class ApplicationConfig:
    """An application, whether it is enabled or not; the attributes are those of `Application`."""

    id: UUID
    company_id: UUID | None
    client_id: str
    name: str
    kind: str
    authentication: str
    jwks: dict[str, Any] | None
    jwks_uri: str | None
    require_pkce: bool
    subject_type: str
    subject_salt: str
    allow_offline_access: bool
    is_enabled: bool
    for_all_companies: bool
    start_url: str | None
    initiate_login_uri: str | None
    uris: tuple[tuple[str, str], ...]
    """Use and address of each that is registered."""
    secrets: tuple[SecretHash, ...]

    def uris_for(self, use: UriUse) -> list[str]:
        return [uri for registered, uri in self.uris if registered == use]


COLUMNS = tuple(name for name in ApplicationConfig.__dataclass_fields__ if name not in ("uris", "secrets"))
URIS = (
    sa.select(sa.func.aggregate_strings(ApplicationUri.use + " " + ApplicationUri.uri, "\n"))
    .where(ApplicationUri.application_id == Application.id)
    .scalar_subquery()
)
"""One on each line. Neither a use nor an address has a space or a line break."""
BY_CLIENT_ID = (
    sa.select(
        *(getattr(Application, name) for name in COLUMNS),
        URIS.label("uri_lines"),
        ApplicationSecret.secret_hash,
        ApplicationSecret.expires_at,
    )
    .outerjoin(ApplicationSecret, ApplicationSecret.application_id == Application.id)
    .where(Application.client_id == sa.bindparam("client_id"))
)


def by_client_id(client_id: str) -> ApplicationConfig | None:
    """The client id comes from a request and identifies an application of any company."""
    if not (client_id.isascii() and client_id.isprintable()):
        # None is registered. PostgreSQL refuses NUL.
        return None
    rows = read(BY_CLIENT_ID, {"client_id": client_id})
    if not rows:
        return None
    own = {name: getattr(rows[0], name) for name in COLUMNS}
    uris = [line.partition(" ") for line in (rows[0].uri_lines or "").split("\n") if line]
    return ApplicationConfig(
        **own,
        uris=tuple((use, uri) for use, _, uri in uris),
        secrets=tuple(SecretHash(row.secret_hash, row.expires_at) for row in rows if row.secret_hash),
    )
