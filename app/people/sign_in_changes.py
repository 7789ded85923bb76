"""Changes to how a person can sign in: each is recorded, and the person is notified by email.

An action that makes such a change calls `note`. Routes that can make one are marked in `app/urls.py` with
`requires_recent_sign_in`.
"""

from uuid import UUID

from app.audit.log import record
from app.core import email
from app.core.database import now
from app.people.models import Person

CHANGES = {
    "password.changed": "Your password was changed",
    "password.removed": "Your password was removed",
    "second_factor.added": "{kind} was added",
    "second_factor.replaced": "Your authenticator app was replaced by another one",
    "second_factor.removed": "{kind} was removed",
    "second_factor.taken_away": "Your two-step verification was reset by an administrator",
    "recovery_codes.made": "New recovery codes were created; earlier ones no longer work",
    "recovery_link.made": "A recovery link was created by the operator of this installation",
    "person.joined": "A Microsoft account was connected",
}
"""Events, and the text that the person reads."""

KINDS = {"authenticator": "An authenticator app", "passkey": "A passkey"}


def note(person: Person, event: str, *, actor_id: UUID | None = None, **detail: str) -> None:
    """Records the change, and emails the person once it is committed."""
    record(person.company_id, event, actor_id=actor_id, subject_id=person.id, **detail)
    tell(person, CHANGES[event].format(kind=KINDS.get(detail.get("kind", ""))))


def tell(person: Person, what: str) -> None:
    """Emails the person about a change that is recorded as part of another."""
    email.write_with_commit(
        [person.sign_in_email or person.email or ""],
        f"Your sign-in at {person.company.name} was changed",
        "email/sign_in_changed.txt",
        company_name=person.company.name,
        name=person.name,
        what=what,
        at=now().strftime("%d %b %Y, %H:%M UTC"),
    )
