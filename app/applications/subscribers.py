"""What ends with a person's access: grants with offline access, which survive their session."""

from app.applications.grants import actions
from app.audit.events.people import PersonDeactivated, PersonDeleted
from app.audit.events.security import PasswordChanged, PasswordRemoved
from app.audit.log import subscribe


def subscribe_to_events() -> None:
    subscribe(PersonDeactivated)(_revoke_all)
    subscribe(PersonDeleted)(_revoke_all)
    subscribe(PasswordChanged)(_revoke_others)
    subscribe(PasswordRemoved)(_revoke_others)


def _revoke_all(event: PersonDeactivated | PersonDeleted) -> None:
    assert event.subject_id
    actions.revoke_of_person(event.company_id, event.subject_id)


def _revoke_others(event: PasswordChanged | PasswordRemoved) -> None:
    assert event.subject_id
    actions.revoke_of_person(event.company_id, event.subject_id, kept_session=event.kept_session)
