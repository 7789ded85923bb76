"""What ends with a session, and with a person's access: applications are told, grants with offline access, which
survive their session, are revoked, and requests for access are forgotten.
"""

import sqlalchemy as sa

from app.applications.backchannel import actions as backchannel
from app.applications.grants import actions as grants
from app.applications.models import AccessRequest, PersonRole
from app.audit.events.companies import CompanyDeletionRequested
from app.audit.events.people import PersonDeleted
from app.audit.events.provisioning import PeopleMerged
from app.audit.events.sign_ins import SessionEnded, SessionExpired
from app.audit.log import subscribe
from app.core.database import db
from app.sessions.access import Access, access_ended


def subscribe_to_events() -> None:
    subscribe(SessionEnded)(_tell)
    subscribe(SessionExpired)(_tell)
    access_ended.add(grants.revoke_access)
    subscribe(CompanyDeletionRequested)(_revoke_all)
    subscribe(PersonDeleted)(_forget_requests)
    subscribe(PeopleMerged)(_move_roles)


def _tell(event: SessionEnded | SessionExpired) -> None:
    backchannel.tell_of_session(event.company_id, event.session)


def _revoke_all(event: CompanyDeletionRequested) -> None:
    """Those of the session that is kept, too."""
    grants.revoke_access(Access.of_company(event.company_id))


def _forget_requests(event: PersonDeleted) -> None:
    db.session.execute(
        sa.delete(AccessRequest).where(
            AccessRequest.company_id == event.company_id, AccessRequest.person_id == event.subject_id
        )
    )


def _move_roles(event: PeopleMerged) -> None:
    """The account gets the roles that it doesn't have already."""
    held = sa.select(PersonRole.role_id).where(
        PersonRole.company_id == event.company_id, PersonRole.person_id == event.subject_id
    )
    own = PersonRole.company_id == event.company_id, PersonRole.person_id == event.duplicate
    db.session.execute(sa.delete(PersonRole).where(*own, PersonRole.role_id.in_(held)))
    db.session.execute(sa.update(PersonRole).where(*own).values(person_id=event.subject_id))
