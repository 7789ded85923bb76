"""What happens to a person's roles from the directory when something happens to the person."""

from uuid import UUID

import sqlalchemy as sa

from app.audit.events.people import PersonChanged, PersonDeleted
from app.audit.events.provisioning import PeopleMerged
from app.audit.log import subscribe
from app.core.database import db
from app.people.models import Role
from app.provisioning.roles.models import DirectorySnapshot, MappedAdmin


def subscribe_to_events() -> None:
    subscribe(PersonChanged)(_set_by_hand)
    subscribe(PersonDeleted)(_forget)
    subscribe(PeopleMerged)(_forget_duplicate)


def _set_by_hand(event: PersonChanged) -> None:
    """A role here that was set by hand is no longer the directory's. It decides again about who is made a member: by
    its tokens at the next sign-in, and by its SCIM groups now, as no sign-in says anything about these.
    """
    if "role" not in event.changed:
        return
    assert event.subject_id
    db.session.execute(
        sa.delete(MappedAdmin).where(
            MappedAdmin.company_id == event.company_id, MappedAdmin.person_id == event.subject_id
        )
    )
    if event.changed["role"][1] == Role.MEMBER:
        _follow_scim(event.company_id, event.subject_id)


def _follow_scim(company_id: UUID, person_id: UUID) -> None:
    # Imported here, since it needs what changes applications, which no command that changes people needs at its start.
    from app.provisioning.roles import scim_groups

    scim_groups.person_changed_everywhere(company_id, person_id)


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
