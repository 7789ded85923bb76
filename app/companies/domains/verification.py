"""What DNS says about a domain's record, and which kind of answer that is."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from app.companies.domains.names import record_name, registrable
from app.core.dns_lookup import Outcome, TxtAnswer

TOKEN = "token="  # noqa: S105 - the key of a record's value
MOST_SHOWN, LONGEST_SHOWN = 3, 80


class Kind(StrEnum):
    FOUND = "found"
    NOTHING = "nothing"
    """There is no record, neither there nor where it is entered by mistake."""
    WRONG_PLACE = "wrong_place"
    OLD_TOKEN = "old_token"  # noqa: S105 - the name of a finding
    OTHER_VALUES = "other_values"
    DISAGREE = "disagree"
    """Not all resolvers have the record yet."""
    UNREACHABLE = "unreachable"
    """No answer in time, or a failure of the domain's name servers."""
    EXPIRED = "expired"
    """The record is right, but came too late."""
    TAKEN = "taken"
    """The record is right, but another company has proven the domain that `values` names."""


UNDECIDED = (Kind.DISAGREE, Kind.UNREACHABLE)
"""They tell neither that the record is there, nor that it is missing."""


@dataclass(frozen=True)
class Finding:
    """The result of a check."""

    kind: Kind
    values: tuple[str, ...] = ()
    """What was found instead of the record, shortened."""
    place: str = ""
    """Where it was found."""

    @property
    def document(self) -> dict[str, Any]:
        return {**asdict(self), "values": list(self.values)}


def examine(name: str, token: str, previous_token: str | None, txt: Callable[[str], TxtAnswer]) -> Finding:
    """Looks up a domain's record, and, if it isn't there, where else it might be. `txt` looks up TXT records."""
    place = record_name(name)
    answer = txt(place)
    if answer.outcome is Outcome.UNKNOWN:
        return Finding(Kind.DISAGREE if answer.disagree else Kind.UNREACHABLE, place=place)
    if any(_token(value) == token for value in answer.values):
        return Finding(Kind.FOUND, place=place)
    for other in _wrong_places(name):
        if any(_token(value) == token for value in txt(other).values):
            return Finding(Kind.WRONG_PLACE, (), other)
    if not answer.values:
        return Finding(Kind.NOTHING, place=place)
    if previous_token and any(_token(value) == previous_token for value in answer.values):
        return Finding(Kind.OLD_TOKEN, (f"{TOKEN}{previous_token}",), place)
    values = tuple(value[:LONGEST_SHOWN] for value in sorted(answer.values)[:MOST_SHOWN])
    return Finding(Kind.OTHER_VALUES, values, place)


def _token(value: str) -> str | None:
    """The token of a record's value: its first pair, which others such as `expiry=` may follow."""
    first = value.split(" ", 1)[0]
    return first.removeprefix(TOKEN) if first.startswith(TOKEN) else None


def _wrong_places(name: str) -> list[str]:
    """Where the record is if the provider appended the zone to the name, or if it was entered without the label."""
    appended = (f"{record_name(name)}.{zone}" for zone in (name, registrable(name)))
    return list(dict.fromkeys([*(place for place in appended if len(place) <= 253), name]))
