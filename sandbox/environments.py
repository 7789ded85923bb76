"""A tenant's Dataverse environment: an organization and its contacts, with every change numbered."""

import threading
import uuid
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

FIELDS = ("fullname", "jobtitle", "emailaddress1", "telephone1", "mobilephone", "company", "modifiedon")
"""`company` represents the lookup `parentcustomerid`."""
GIVEN = ("Amara", "Benedikt", "Chiara", "Dmitri", "Esperanza", "Farouk", "Greta", "Hiroshi", "Ingrid", "João", "Keira")
FAMILY = ("Abara", "Bianchi", "Castellanos", "Dubois", "Eriksen", "Fournier", "Grün", "Hakimi", "Ito", "Jensen")
TITLES = ("Buyer", "Head of Purchasing", "Plant Manager", "Managing Director", "Service Engineer", None)
COMPANIES = ("Adatum Corporation", "Fourth Coffee", "Litware", "Proseware", "Trey Research", None)
NAMESPACE = uuid.UUID("da7a0e25-0000-4000-8000-000000000000")


class UnknownField(ValueError):
    """A contact has no such field."""


@dataclass(frozen=True)
class Contact:
    """A contact since change number `version`; `place` is its position in the table."""

    id: str
    place: int
    version: int
    values: dict[str, Any]


@dataclass
class Environment:
    """One tenant's environment. `application_users` are the client IDs that have a security role in it."""

    tid: str
    name: str
    application_users: tuple[str, ...] = ()
    rejects_expired: bool = False
    """Whether an expired delta token is an error; otherwise the response contains everything."""
    tracked_since: int = 0
    """Delta tokens of an earlier change have expired."""
    lock: threading.Lock = field(default_factory=threading.Lock)
    version: int = 0
    _places: list[int] = field(default_factory=list)
    _at: dict[int, Contact] = field(default_factory=dict)
    _place_of: dict[str, int] = field(default_factory=dict)
    _changes: dict[str, int] = field(default_factory=dict)
    """The last change of each existing or deleted contact, in order."""

    @property
    def organization_id(self) -> str:
        return str(uuid.uuid5(NAMESPACE, self.tid))

    def __len__(self) -> int:
        return len(self._places)

    def put(self, identity: str, values: dict[str, Any]) -> Contact:
        """Creates or changes a contact; raises UnknownField."""
        unknown = sorted(set(values) - set(FIELDS))
        if unknown:
            raise UnknownField(f"unknown: {', '.join(unknown)}; known: {', '.join(FIELDS)}")
        with self.lock:
            return self._put(identity, values)

    def _put(self, identity: str, values: dict[str, Any]) -> Contact:
        place = self._place_of.get(identity)
        if place is None:
            place = (self._places[-1] if self._places else 0) + 1
            self._places.append(place)
            self._place_of[identity] = place
        before = self._at[place].values if place in self._at else dict.fromkeys(FIELDS)
        contact = Contact(identity, place, self._next(identity), {**before, "modifiedon": _moment(), **values})
        self._at[place] = contact
        return contact

    def create_many(self, count: int) -> None:
        """Creates `count` different contacts, the same ones each time."""
        with self.lock:
            start = self._places[-1] if self._places else 0
            for number in range(start, start + count):
                self._put(str(uuid.uuid5(NAMESPACE, f"{self.tid}/{number}")), fictional_contact(number))

    def update_many(self, count: int, values: dict[str, Any]) -> None:
        """Sets these values on the first `count` contacts."""
        for contact in self.first(count):
            self.put(contact.id, values)

    def delete(self, identity: str) -> None:
        """Raises KeyError."""
        with self.lock:
            place = self._place_of.pop(identity)
            del self._at[place]
            del self._places[bisect_left(self._places, place)]
            self._next(identity)

    def first(self, count: int) -> list[Contact]:
        """The first `count` contacts."""
        return [self._at[place] for place in self._places[:count]]

    def get(self, identity: str) -> Contact:
        """Raises KeyError."""
        return self._at[self._place_of[identity]]

    def page(self, after: int, size: int) -> tuple[list[Contact], bool]:
        """The contacts after this position in the table, and whether there are more."""
        with self.lock:
            start = bisect_right(self._places, after)
            found = [self._at[place] for place in self._places[start : start + size]]
            return found, start + size < len(self._places)

    def changes(self, since: int, size: int) -> tuple[list[Contact | str], int, bool]:
        """Later changes: contacts, and IDs of deleted ones; the last number; and whether there are more."""
        with self.lock:
            changed = [(number, identity) for identity, number in self._changes.items() if number > since]
            changed.sort()
            some = changed[:size]
            found = [self._found(identity) for _, identity in some]
            return found, some[-1][0] if some else since, len(changed) > size

    def _found(self, identity: str) -> Contact | str:
        place = self._place_of.get(identity)
        return identity if place is None else self._at[place]

    def _next(self, identity: str) -> int:
        self.version += 1
        self._changes[identity] = self.version
        return self.version


def fictional_contact(number: int) -> dict[str, Any]:
    """Values of a fictional person, different for each number."""
    given = GIVEN[number % len(GIVEN)]
    rest, family = divmod(number // len(GIVEN), len(FAMILY))
    families = FAMILY[family] if rest == 0 else f"{FAMILY[family]} {FAMILY[rest % len(FAMILY)]}"
    return {
        "fullname": f"{given} {families}",
        "jobtitle": TITLES[number % len(TITLES)],
        "emailaddress1": f"contact{number}@customers.example",
        "telephone1": f"+44 20 7946 {number % 10000:04}",
        "company": COMPANIES[number % len(COMPANIES)],
    }


class Environments:
    """Every tenant's environment, created on first use."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: dict[str, Environment] = {}

    def of(self, tid: str, name: str) -> Environment:
        with self._lock:
            if tid not in self._of:
                self._of[tid] = Environment(tid, name)
            return self._of[tid]


def _moment() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
