"""The audit log page's filters: the URL's query as plain values. Invalid values are ignored."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from uuid import UUID

from app.audit.catalog import EVENTS, GROUPS
from app.audit.events.sign_ins import SignInFailed, SignInSucceeded
from app.audit.reasons import in_words
from app.core.text import gettext_noop as N_
from app.overview.audit_log.queries import AuditFilter

LONGEST = 100
ATTEMPTS, FAILURES = "sign-in-attempts", "failed-sign-ins"
EVENT_TYPES = GROUPS | {ATTEMPTS: N_("Sign-in attempts"), FAILURES: N_("Failed sign-ins")}
"""The choices of the event type: the catalog's groups, and parts of them."""
PARTS = {ATTEMPTS: (SignInSucceeded.event_name, SignInFailed.event_name), FAILURES: (SignInFailed.event_name,)}


@dataclass(frozen=True)
class FilterForm:
    """The filters as the form has them."""

    group: str = ""
    person_id: UUID | None = None
    person: str = ""
    """A typed name or address that has to be resolved to a person."""
    from_day: date | None = None
    to_day: date | None = None
    reference: str = ""
    reason: str = ""
    """Why a sign-in failed, by its stable name."""

    @property
    def is_open(self) -> bool:
        """Whether the person is still ambiguous: then nothing is shown."""
        return bool(self.person)

    def in_words(self, person: str | None) -> str | None:
        """The filters as the end of a sentence, with the person's name; None without filters."""
        values = self.query | ({"person": person} if person else {})
        values |= {"group": EVENT_TYPES[self.group]} if self.group else {}
        return ", ".join(f"{name} {value}" for name, value in values.items()) or None

    @property
    def wanted(self) -> AuditFilter:
        in_group = tuple(event for event, (group, *_) in EVENTS.items() if group == self.group)
        events = PARTS.get(self.group, in_group)
        return AuditFilter(events, self.person_id, self.from_day, self.to_day, self.reference, self.reason)

    @property
    def reason_in_words(self) -> str:
        return in_words(self.reason)

    @property
    def query(self) -> dict[str, str]:
        """The filters as a URL's query."""
        values = {
            "group": self.group,
            "person": str(self.person_id or self.person),
            "from": self.from_day.isoformat() if self.from_day else "",
            "to": self.to_day.isoformat() if self.to_day else "",
            "reference": self.reference,
            "reason": self.reason,
        }
        return {name: value for name, value in values.items() if value}

    @property
    def for_any_reason(self) -> "FilterForm":
        return replace(self, reason="")

    def about(self, person_id: UUID | None) -> "FilterForm":
        """The same filters for this person, or for everyone."""
        return replace(self, person_id=person_id, person="")


NAMES = ("group", "person", "from", "to", "reference", "reason")


def parse_filters(args: Mapping[str, str]) -> FilterForm:
    text = {name: args.get(name, "").strip()[:LONGEST] for name in NAMES}
    person_id = as_id(text["person"])
    return FilterForm(
        group=text["group"] if text["group"] in EVENT_TYPES else "",
        person_id=person_id,
        person="" if person_id else text["person"],
        from_day=as_day(text["from"]),
        to_day=as_day(text["to"]),
        reference=text["reference"].upper(),
        reason=text["reason"] if text["group"] == FAILURES else "",
    )


def as_id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def as_day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
