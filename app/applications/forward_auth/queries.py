"""What a check needs to know, in one query: the application by its client id, and the grant that a cookie opens."""

from dataclasses import dataclass, fields
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.applications.grants.models import Grant
from app.applications.grants.queries import GRANT_STATE, GrantState
from app.applications.models import Application, Kind
from app.core.database import db


@dataclass(frozen=True)
class ProtectedApplication:
    """A forward-auth application, and the grant that a cookie opens."""

    id: UUID
    client_id: str
    name: str
    origin: str
    start_url: str
    is_enabled: bool
    grant: GrantState | None
    """None if the cookie opens none of this application's."""


OPENED = GRANT_STATE.where(Grant.cookie_hash == sa.bindparam("cookie_hash")).subquery()
BY_CLIENT_ID: sa.Select[*tuple[Any, ...]] = (
    sa.select(
        Application.id.label("own_id"),
        Application.name.label("own_name"),
        Application.origin.label("own_origin"),
        Application.start_url.label("own_start_url"),
        Application.is_enabled.label("own_is_enabled"),
        *OPENED.c,
    )
    .outerjoin(OPENED, OPENED.c.application_id == Application.id)
    .where(Application.client_id == sa.bindparam("client_id"), Application.kind == Kind.FORWARD_AUTH)
)
GRANT_FIELDS = tuple(field.name for field in fields(GrantState))


def by_client_id(client_id: str, cookie_hash: str | None) -> ProtectedApplication | None:
    row = db.session.execute(BY_CLIENT_ID, {"client_id": client_id, "cookie_hash": cookie_hash}).one_or_none()
    if row is None:
        return None
    found = row._mapping
    grant = GrantState(**{name: found[name] for name in GRANT_FIELDS}) if found["id"] else None
    return ProtectedApplication(
        id=found["own_id"],
        client_id=client_id,
        name=found["own_name"],
        origin=found["own_origin"],
        start_url=found["own_start_url"],
        is_enabled=found["own_is_enabled"],
        grant=grant,
    )
