"""The hash chain of a company's entries: each contains the hash of the previous one. Pure functions."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

START = "0" * 64
"""The previous hash of the first entry."""

HASHED = (
    *("company_id", "number", "id", "created_at", "event"),
    *("actor_id", "subject_id", "ip_address", "reference", "detail"),
)

CHANGED = "was changed"
MISSING = "is missing"
OUT_OF_ORDER = "doesn’t follow the entry before it; one of the two was replaced"
CUT_OFF = "is missing, and so are all entries after it"
UNKNOWN = "is after the end of the chain"


@dataclass(frozen=True)
class End:
    """The end of a chain as recorded by the application."""

    number: int
    hash: str


@dataclass(frozen=True)
class Fault:
    """The first entry at which a chain is broken, and how."""

    number: int
    how: str


def entry_hash(previous_hash: str, entry: Mapping[str, Any]) -> str:
    """SHA-256, hexadecimal, of the previous hash and the whole entry.

    Hashed is the JSON text of `[previous hash, {HASHED}]`: keys sorted, no spaces, ASCII; times in UTC with
    microseconds, ids with hyphens. Raises ValueError for a time without a zone, TypeError for what JSON can't
    represent.
    """
    said = {name: _plain(entry[name]) for name in HASHED}
    text = json.dumps([previous_hash, said], sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def first_fault(entries: Iterable[Mapping[str, Any]], end: End) -> Fault | None:
    """Where the chain is broken; None if it is intact. `entries` come in order and are consumed one by one; of one that
    is missing only its place is there, without an id.
    """
    number, last_hash = 0, START
    for entry in entries:
        number += 1
        if entry["number"] > end.number:
            return Fault(entry["number"], UNKNOWN)
        if entry["number"] != number or entry["id"] is None:
            return Fault(number, MISSING)
        if entry_hash(entry["previous_hash"], entry) != entry["hash"]:
            return Fault(number, CHANGED)
        if entry["previous_hash"] != last_hash:
            return Fault(number, OUT_OF_ORDER)
        last_hash = entry["hash"]
    if number < end.number:
        return Fault(number + 1, CUT_OFF)
    return Fault(number, CHANGED) if last_hash != end.hash else None


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return str(value) if isinstance(value, UUID) else value
