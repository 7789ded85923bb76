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
from app.companies.branding.email_look import email_look
from app.core import email
from app.core.database import db, now
from app.core.text import gettext_noop as N_
from app.core.text import isolate
from app.core.translation import lazy_gettext as _l
from app.people.models import Person

CHANGES: dict[type[Event], str] = {
    PasswordChanged: N_("Your password was changed"),
    PasswordRemoved: N_("Your password was removed"),
    SecondFactorReplaced: N_("Your authenticator app was replaced"),
    SecondFactorsReset: N_("Your two-step verification was reset by an administrator"),
    RecoveryCodesCreated: N_("New recovery codes were generated; older ones no longer work"),
    RecoveryLinkCreated: N_("Your operator created a recovery link"),
    MicrosoftAccountLinked: N_("A Microsoft account was connected"),
}
"""Events, and the text that the person reads."""

ADDED = {"authenticator": N_("An authenticator app was added"), "passkey": N_("A passkey was added")}
REMOVED = {"authenticator": N_("An authenticator app was removed"), "passkey": N_("A passkey was removed")}


def subscribe_to_events() -> None:
    for event_class in (*CHANGES, SecondFactorAdded, SecondFactorRemoved):
        subscribe(event_class)(_tell_of_change)
    subscribe(PersonChanged)(_tell_of_new_password)


def _tell_of_change(event: Event) -> None:
    match event:
        case SecondFactorAdded():
            _tell(event, ADDED[event.kind])
        case SecondFactorRemoved():
            _tell(event, REMOVED[event.kind])
        case _:
            _tell(event, CHANGES[type(event)])


def _tell_of_new_password(event: PersonChanged) -> None:
    """The companies file may change a password together with other things, which is one event."""
    if "password" in event.changed:
        _tell(event, CHANGES[PasswordChanged])


def _tell(event: Event, what: str) -> None:
    """Emails the person once the change is committed."""
    person = db.session.get_one(Person, event.subject_id)
    look = email_look(person.company_id)
    email.send_email(
        [email.Recipient(person.sign_in_email or person.email or "", person.email_language)],
        _l("Your sign-in at %(company_name)s has changed", company_name=isolate(look.name)),
        "email/sign_in_changed.txt",
        look,
        name=person.name,
        what=what,
        at=now(),
    )
