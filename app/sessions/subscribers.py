"""What happens to people's access when something happens to the person, the connection or the company."""

from app.audit.events.companies import CompanyChanged, CompanyDeletionRequested
from app.audit.events.connections import ConnectionActivated, ConnectionChanged
from app.audit.events.people import PersonDeactivated, PersonDeleted
from app.audit.events.security import PasswordChanged, PasswordRemoved
from app.audit.log import subscribe
from app.sessions import actions
from app.sessions.access import Access, end_access
from app.sessions.models import EndReason


def subscribe_to_events() -> None:
    subscribe(PersonDeactivated)(_end_all)
    subscribe(PersonDeleted)(_erase)
    subscribe(CompanyChanged)(_end_all_of_inactive)
    subscribe(CompanyDeletionRequested)(_end_all_of_closed)
    subscribe(ConnectionChanged)(_end_through_inactive)
    subscribe(ConnectionActivated)(_end_through_inactive)
    subscribe(PasswordChanged)(_end_others)
    subscribe(PasswordRemoved)(_end_others)


def _end_all(event: PersonDeactivated) -> None:
    assert event.subject_id
    reason = EndReason.DIRECTORY if event.directory else EndReason.ADMIN
    end_access(Access.of_person(event.company_id, event.subject_id), reason, actor_id=event.actor_id)


def _end_all_of_inactive(event: CompanyChanged) -> None:
    if event.deactivates:
        end_access(Access.of_company(event.company_id), EndReason.ADMIN, actor_id=event.actor_id)


def _end_all_of_closed(event: CompanyDeletionRequested) -> None:
    access = Access.of_company(event.company_id, kept_session=event.kept_session)
    end_access(access, EndReason.ADMIN, actor_id=event.actor_id)


def _end_through_inactive(event: ConnectionChanged | ConnectionActivated) -> None:
    assert event.subject_id
    if event.deactivates:
        access = Access.through_connection(event.company_id, event.subject_id, kept_session=event.kept_session)
        end_access(access, EndReason.ADMIN, actor_id=event.actor_id)


def _end_others(event: PasswordChanged | PasswordRemoved) -> None:
    assert event.subject_id
    access = Access.of_person(event.company_id, event.subject_id, kept_session=event.kept_session)
    end_access(access, EndReason.PASSWORD, actor_id=event.actor_id)


def _erase(event: PersonDeleted) -> None:
    assert event.subject_id
    end_access(Access.of_person(event.company_id, event.subject_id), EndReason.ADMIN, actor_id=event.actor_id)
    actions.erase_traces(event.company_id, event.subject_id)
