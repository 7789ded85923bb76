"""What happens to a directory's users when something happens to a person."""

import sqlalchemy as sa

from app.audit.events.provisioning import PeopleMerged
from app.audit.log import subscribe
from app.core.database import db
from app.provisioning.scim.models import ScimUser


def subscribe_to_events() -> None:
    subscribe(PeopleMerged)(_move)


def _move(event: PeopleMerged) -> None:
    """The directory's user is the account's person from now on."""
    db.session.execute(
        sa.update(ScimUser)
        .where(ScimUser.company_id == event.company_id, ScimUser.person_id == event.duplicate)
        .values(person_id=event.subject_id)
        .execution_options(synchronize_session=False)
    )
