"""Requests that wait under a key: see `StoredRequest`."""

from datetime import timedelta
from uuid import UUID

import sqlalchemy as sa

from app.applications.grants.actions import new_secret, secret_hash
from app.applications.provider.errors import ProtocolError
from app.applications.provider.models import RequestKind, StoredRequest
from app.applications.provider.parameters import PUSHED
from app.core.database import db, now
from app.core.retention import delete_older_than

LIFE = timedelta(minutes=10)
BATCH = 1000
LONGEST = 16_000
"""Characters of all parameters together."""


def store(kind: RequestKind, application_id: UUID | None, parameters: dict[str, str]) -> str:
    """Returns the key; the caller's unit of work commits. Raises ProtocolError if they are too long to keep."""
    if sum(map(len, parameters.values())) > LONGEST:
        raise ProtocolError("invalid_request", f"The parameters are too long; the limit is {LONGEST} characters")
    key = new_secret()
    db.session.add(
        StoredRequest(
            kind=kind,
            key_hash=secret_hash(key),
            application_id=application_id,
            parameters=parameters,
            expires_at=now() + LIFE,
        )
    )
    db.session.flush()
    return key


def find(kind: RequestKind, key: str) -> StoredRequest | None:
    """The request, unless it has expired or led to a code."""
    return db.session.scalar(
        sa.select(StoredRequest).where(
            StoredRequest.key_hash == secret_hash(key),
            StoredRequest.kind == kind,
            StoredRequest.expires_at > now(),
            StoredRequest.used_at.is_(None),
        )
    )


def use_up(request_id: UUID) -> bool:
    """Returns True once."""
    used = db.session.scalar(
        sa.update(StoredRequest)
        .where(StoredRequest.id == request_id, StoredRequest.used_at.is_(None))
        .values(used_at=now())
        .returning(StoredRequest.id)
        .execution_options(synchronize_session=False)
    )
    return used is not None


def request_uri(key: str) -> str:
    return PUSHED + key


def key_of(uri: str) -> str | None:
    """The key in a request_uri of ours; None in another."""
    return uri.removeprefix(PUSHED) if uri.startswith(PUSHED) else None


def purge() -> int:
    """Deletes expired requests, in batches; returns how many."""
    return delete_older_than(StoredRequest, LIFE, BATCH)
