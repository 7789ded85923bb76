"""What ends with a session, and with a person's access: applications are told, grants with offline access, which
survive their session, are revoked, and requests for access are forgotten.
"""

import sqlalchemy as sa

from app.applications.backchannel import actions as backchannel
from app.applications.grants import actions
from app.applications.models import AccessRequest, PersonRole
from app.audit.events.companies import CompanyChanged, CompanyDeletionRequested
from app.audit.events.connections import ConnectionActivated, ConnectionChanged
from app.audit.events.people import PersonDeactivated, PersonDeleted
from app.audit.events.provisioning import PeopleMerged
from app.audit.events.security import PasswordChanged, PasswordRemoved
from app.audit.events.sign_ins import SessionEnded, SessionExpired
from app.audit.log import subscribe
from app.core.database import db


def subscribe_to_events() -> None:
    subscribe(SessionEnded)(_tell)
    subscribe(SessionExpired)(_tell)
    subscribe(CompanyChanged)(_revoke_all_of_inactive)
    subscribe(CompanyDeletionRequested)(_revoke_all_of_closed)
    subscribe(ConnectionChanged)(_revoke_all_through_inactive)
    subscribe(ConnectionActivated)(_revoke_all_through_inactive)
    subscribe(PersonDeactivated)(_revoke_all)
    subscribe(PersonDeleted)(_revoke_all)
    subscribe(PersonDeleted)(_forget_requests)
    subscribe(PeopleMerged)(_move_roles)
    subscribe(PasswordChanged)(_revoke_others)
    subscribe(PasswordRemoved)(_revoke_others)


def _tell(event: SessionEnded | SessionExpired) -> None:
    backchannel.tell_of_session(event.company_id, event.session)


def _revoke_all_of_inactive(event: CompanyChanged) -> None:
    if event.deactivates:
        actions.revoke_of_company(event.company_id)


def _revoke_all_of_closed(event: CompanyDeletionRequested) -> None:
    actions.revoke_of_company(event.company_id)


def _revoke_all_through_inactive(event: ConnectionChanged | ConnectionActivated) -> None:
    assert event.subject_id
    if event.deactivates:
        actions.revoke_of_connection(event.company_id, event.subject_id, kept_session=event.kept_session)


def _revoke_all(event: PersonDeactivated | PersonDeleted) -> None:
    assert event.subject_id
    actions.revoke_of_person(event.company_id, event.subject_id)


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


def _revoke_others(event: PasswordChanged | PasswordRemoved) -> None:
    assert event.subject_id
    actions.revoke_of_person(event.company_id, event.subject_id, kept_session=event.kept_session)
