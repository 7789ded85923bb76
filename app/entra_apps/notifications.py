"""The warnings before a credential expires, whatever uses it."""

from collections.abc import Callable, Collection
from uuid import UUID

from app.core.database import db, now
from app.core.tasks import one_by_one
from app.core.unit_of_work import unit_of_work
from app.entra_apps import actions
from app.entra_apps.expiry import warning_due
from app.entra_apps.queries import ExpiringCredential

Write = Callable[[UUID, int], bool]
"""Enqueues the emails for a credential's id and the due warning; returns False if the queue is unavailable."""


def send_expiry_warnings(found: Collection[ExpiringCredential], write: Write) -> None:
    """Sends each warning that is due. Idempotent."""
    today = now().date()

    def warn_if_due(one: ExpiringCredential) -> None:
        stage = warning_due(one.expires, one.warned, today)
        if stage is not None:
            _warn(one.id, stage, write)

    one_by_one(found, warn_if_due)


@unit_of_work()
def _warn(credential_id: UUID, stage: int, write: Write) -> None:
    """The emails are enqueued before the claim is committed: a crash in between warns twice rather than never."""
    if actions.claim_warning(credential_id, stage) and not write(credential_id, stage):
        # The queue is unavailable: roll back the claim, so that the next run sends the warning.
        db.session.rollback()
