"""What an event is: a frozen value of a class with a stable name, which the audit log stores and subscribers receive.

Each domain's events are a module beside this one. `app/audit/catalog.py` has the sentences, one line per event.
"""

from dataclasses import dataclass, fields
from datetime import date
from typing import Any, ClassVar
from uuid import UUID

REGISTRY: dict[str, type["Event"]] = {}
"""Every event class by its name."""

OMITTED = {"omitted": True}
"""The metadata of a field that an entry's detail doesn't have when it is None."""
UNSTORED = {"unstored": True}
"""The metadata of a field that only subscribers read."""


INSTALLATION = UUID(int=0)
"""The company of an event that concerns the installation and no company. It goes into a log of its own."""


@dataclass(frozen=True, kw_only=True)
class Event:
    """Something that happened at a company or to the installation.

    The fields of a subclass are its detail: JSON values, UUIDs and dates, and never a secret.
    """

    event_name: ClassVar[str]
    """Stored with each entry, so it never changes. Not `name`, which is a detail of some."""

    company_id: UUID
    actor_id: UUID | None = None
    """The person who did it; None for someone unknown, and for the system."""
    subject_id: UUID | None = None
    ip_address: str | None = None
    reference: str | None = None
    """What a person was told to quote."""

    def __init_subclass__(cls, *, name: str) -> None:
        if name in REGISTRY:
            raise ValueError(f"{cls.__name__} and {REGISTRY[name].__name__} are both called {name}")
        cls.event_name = name
        REGISTRY[name] = cls

    @property
    def detail(self) -> dict[str, Any]:
        """The event's own fields as the audit log stores them."""
        own = [one for one in fields(self) if one.name not in COMMON and one.metadata != UNSTORED]
        values = {one.name: getattr(self, one.name) for one in own}
        left_out = {one.name for one in own if one.metadata == OMITTED and values[one.name] is None}
        return {name: _plain(value) for name, value in values.items() if name not in left_out}


COMMON = frozenset(one.name for one in fields(Event))


def turns_off(changed: dict[str, Any], name: str) -> bool:
    """Whether a value, of changes as an entry's detail has them, becomes false."""
    return name in changed and not changed[name][1]


def _plain(value: Any) -> Any:
    if isinstance(value, UUID):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value
