"""What a check needs to know, in one query: the application by its client id, and the grant that a cookie opens."""

from dataclasses import dataclass
from uuid import UUID

import sqlalchemy as sa

from app.applications.grants.models import Grant
from app.applications.grants.queries import GRANT_COLUMNS, GrantState, join_grant_state
from app.applications.models import Application, Kind
from app.core.database import read


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


BY_CLIENT_ID = join_grant_state(
    sa.select(
        Application.id.label("own_id"),
        Application.name.label("own_name"),
        Application.origin.label("own_origin"),
        Application.start_url.label("own_start_url"),
        Application.is_enabled.label("own_is_enabled"),
        *GRANT_COLUMNS,
    )
    .select_from(Application)
    .outerjoin(Grant, sa.and_(Grant.application_id == Application.id, Grant.cookie_hash == sa.bindparam("cookie_hash")))
    .where(Application.client_id == sa.bindparam("client_id"), Application.kind == Kind.FORWARD_AUTH),
    isouter=True,
)
OWN = ("own_id", "own_name", "own_origin", "own_start_url", "own_is_enabled")


def by_client_id(client_id: str, cookie_hash: str | None) -> ProtectedApplication | None:
    rows = read(BY_CLIENT_ID, {"client_id": client_id, "cookie_hash": cookie_hash})
    if not rows:
        return None
    found = dict(rows[0]._mapping)
    own = {name.removeprefix("own_"): found.pop(name) for name in OWN}
    return ProtectedApplication(client_id=client_id, grant=GrantState(**found) if found["id"] else None, **own)
