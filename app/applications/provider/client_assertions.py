"""Client assertions are used once, on whichever node."""

import hashlib
from datetime import timedelta
from uuid import UUID

from app.applications.provider.models import SpentAssertion
from app.core.database import insert_if_absent
from app.core.retention import delete_older_than

KEPT_FOR = timedelta(minutes=15)
"""Longer than any assertion is accepted."""
BATCH = 1000


def spend(application_id: UUID, jti: str) -> bool:
    """Marks the assertion as used; returns True once, also for concurrent attempts."""
    digest = hashlib.sha256(f"{application_id} {jti}".encode("utf-8", "surrogatepass")).hexdigest()
    return insert_if_absent(SpentAssertion(application_id=application_id, jti_hash=digest))


def purge() -> int:
    """Deletes assertions that can't be replayed any longer, in batches; returns how many."""
    return delete_older_than(SpentAssertion, KEPT_FOR, BATCH)
