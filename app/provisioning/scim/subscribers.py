"""What happens to a directory's users when something happens to a person."""

import sqlalchemy as sa

from app.audit.events.people import PersonDeleted
from app.audit.events.provisioning import PeopleMerged
from app.audit.log import subscribe
from app.core.database import db
from app.provisioning.scim.models import ScimMember, ScimUser


def subscribe_to_events() -> None:
    subscribe(PeopleMerged)(_move)
    subscribe(PersonDeleted)(_erase)


def _move(event: PeopleMerged) -> None:
    """The directory's user is the account's person from now on."""
    db.session.execute(
        sa.update(ScimUser)
        .where(ScimUser.company_id == event.company_id, ScimUser.person_id == event.duplicate)
        .values(person_id=event.subject_id)
        .execution_options(synchronize_session=False)
    )
    assert event.subject_id
    # Imported here, since it needs what changes applications, which no command that erases people needs at its start.
    from app.provisioning.roles import scim_groups

    scim_groups.person_changed_everywhere(event.company_id, event.subject_id)


def _erase(event: PersonDeleted) -> None:
    """Erases what the directory said about the person. If it still has them, it sends that again."""
    users = sa.select(ScimUser.id).where(
        ScimUser.company_id == event.company_id, ScimUser.person_id == event.subject_id
    )
    for statement in (
        sa.delete(ScimMember).where(ScimMember.company_id == event.company_id, ScimMember.user_id.in_(users)),
        sa.delete(ScimUser).where(ScimUser.company_id == event.company_id, ScimUser.person_id == event.subject_id),
    ):
        db.session.execute(statement.execution_options(synchronize_session=False))
