"""What happens to a person's roles from the directory when something happens to the person."""

import sqlalchemy as sa

from app.audit.events.people import PersonChanged, PersonDeleted
from app.audit.events.provisioning import PeopleMerged
from app.audit.log import subscribe
from app.core.database import db
from app.provisioning.roles.models import DirectorySnapshot, MappedAdmin


def subscribe_to_events() -> None:
    subscribe(PersonChanged)(_set_by_hand)
    subscribe(PersonDeleted)(_forget)
    subscribe(PeopleMerged)(_forget_duplicate)


def _set_by_hand(event: PersonChanged) -> None:
    """A role here that was set by hand is no longer the directory's."""
    if "role" in event.changed:
        db.session.execute(
            sa.delete(MappedAdmin).where(
                MappedAdmin.company_id == event.company_id, MappedAdmin.person_id == event.subject_id
            )
        )


def _forget(event: PersonDeleted) -> None:
    for table in (MappedAdmin, DirectorySnapshot):
        db.session.execute(
            sa.delete(table).where(table.company_id == event.company_id, table.person_id == event.subject_id)
        )


def _forget_duplicate(event: PeopleMerged) -> None:
    """The account becomes an admin by the same groups, if it isn't one yet, when its directory's users are its own."""
    db.session.execute(
        sa.delete(MappedAdmin).where(
            MappedAdmin.company_id == event.company_id, MappedAdmin.person_id == event.duplicate
        )
    )
