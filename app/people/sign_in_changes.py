"""Changes to how a person can sign in: the person is notified of each by email.

An action records the event, and this module subscribes to it. Routes that can make such a change are marked in
`app/urls.py` with `requires_recent_sign_in`.
"""

from app.audit.events.base import Event
from app.audit.events.people import MicrosoftAccountLinked, PersonChanged
from app.audit.events.security import (
    PasswordChanged,
    PasswordRemoved,
    RecoveryCodesCreated,
    RecoveryLinkCreated,
    SecondFactorAdded,
    SecondFactorRemoved,
    SecondFactorReplaced,
    SecondFactorsReset,
)
from app.audit.log import subscribe
from app.core import email
from app.core.database import db, now
from app.people.models import Person

CHANGES: dict[type[Event], str] = {
    PasswordChanged: "Your password was changed",
    PasswordRemoved: "Your password was removed",
    SecondFactorAdded: "{kind} was added",
    SecondFactorReplaced: "Your authenticator app was replaced by another one",
    SecondFactorRemoved: "{kind} was removed",
    SecondFactorsReset: "Your two-step verification was reset by an administrator",
    RecoveryCodesCreated: "New recovery codes were created; earlier ones no longer work",
    RecoveryLinkCreated: "A recovery link was created by the operator of this installation",
    MicrosoftAccountLinked: "A Microsoft account was connected",
}
"""Events, and the text that the person reads."""

KINDS = {"authenticator": "An authenticator app", "passkey": "A passkey"}


def subscribe_to_events() -> None:
    for event_class in CHANGES:
        subscribe(event_class)(_tell_of_change)
    subscribe(PersonChanged)(_tell_of_new_password)


def _tell_of_change(event: Event) -> None:
    kind = event.kind if isinstance(event, SecondFactorAdded | SecondFactorRemoved) else ""
    _tell(event, CHANGES[type(event)].format(kind=KINDS.get(kind)))


def _tell_of_new_password(event: PersonChanged) -> None:
    """The companies file may change a password together with other things, which is one event."""
    if "password" in event.changed:
        _tell(event, CHANGES[PasswordChanged])


def _tell(event: Event, what: str) -> None:
    """Emails the person once the change is committed."""
    person = db.session.get_one(Person, event.subject_id)
    email.send_email(
        [person.sign_in_email or person.email or ""],
        f"Your sign-in at {person.company.name} was changed",
        "email/sign_in_changed.txt",
        company_name=person.company.name,
        name=person.name,
        what=what,
        at=now().strftime("%d %b %Y, %H:%M UTC"),
    )
