"""The hash chain: what an entry's hash covers, and how a broken chain is detected."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from app.audit.chain import (
    CHANGED,
    CUT_OFF,
    HASHED,
    MISSING,
    OUT_OF_ORDER,
    START,
    UNKNOWN,
    End,
    Fault,
    entry_hash,
    first_fault,
)

MOMENT = datetime(2026, 11, 22, 9, 30, 15, 120, UTC)
Entry = dict[str, Any]


def entry(number: int = 1, **values: Any) -> Entry:
    return {
        "company_id": UUID(int=1),
        "number": number,
        "id": UUID(int=100 + number),
        "created_at": MOMENT + timedelta(minutes=number),
        "event": "sign_in.admitted",
        "actor_id": UUID(int=7),
        "subject_id": None,
        "ip_address": "192.0.2.1",
        "reference": None,
        "detail": {"method": "Contoso staff", "first": False},
        **values,
    }


def chain(*entries: Entry) -> list[Entry]:
    last_hash = START
    for one in entries:
        one["previous_hash"] = last_hash
        one["hash"] = last_hash = entry_hash(last_hash, one)
    return list(entries)


def end(entries: list[Entry]) -> End:
    return End(entries[-1]["number"], entries[-1]["hash"])


@pytest.fixture
def five() -> list[Entry]:
    return chain(*(entry(number) for number in range(1, 6)))


def test_hash_matches_known_value() -> None:
    known_hash = "dda1fd5961b900b7734579598fb25198a8e290f91f9af4b07b4365c7f11e706f"  # pragma: allowlist secret
    assert entry_hash(START, entry()) == known_hash


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("company_id", UUID(int=2)),
        ("number", 2),
        ("id", UUID(int=3)),
        ("created_at", MOMENT),
        ("event", "sign_in.refused"),
        ("actor_id", None),
        ("subject_id", UUID(int=7)),
        ("ip_address", "192.0.2.2"),
        ("reference", "PRT-22222222"),
        ("detail", {"method": "Password", "first": False}),
    ],
)
def test_hash_covers_every_field(name: str, other: Any) -> None:
    assert name in HASHED
    assert entry_hash(START, entry(**{name: other})) != entry_hash(START, entry())


def test_hash_covers_previous_hash() -> None:
    assert entry_hash("1" * 64, entry()) != entry_hash(START, entry())


def test_equal_entries_have_equal_hashes() -> None:
    lisbon = timezone(timedelta(hours=1))
    same = entry(
        created_at=entry()["created_at"].astimezone(lisbon), detail={"first": False, "method": "Contoso staff"}
    )
    assert entry_hash(START, same) == entry_hash(START, entry())


def test_naive_time_and_nan_cannot_be_hashed() -> None:
    with pytest.raises(ValueError, match="zone"):
        entry_hash(START, entry(created_at=MOMENT.replace(tzinfo=None)))
    with pytest.raises(ValueError, match="JSON"):
        entry_hash(START, entry(detail={"share": float("nan")}))


def test_intact_chain_has_no_fault(five: list[Entry]) -> None:
    assert first_fault(five, end(five)) is None
    assert first_fault([], End(0, START)) is None


def test_changed_entry_is_detected(five: list[Entry]) -> None:
    whole = end(five)
    five[2]["ip_address"] = "198.51.100.9"
    assert first_fault(five, whole) == Fault(3, CHANGED)


def test_rehashed_entry_is_detected_at_next_entry(five: list[Entry]) -> None:
    whole = end(five)
    five[2]["ip_address"] = "198.51.100.9"
    five[2]["hash"] = entry_hash(five[2]["previous_hash"], five[2])
    assert first_fault(five, whole) == Fault(4, OUT_OF_ORDER)


def test_rehashed_last_entry_is_detected_by_stored_end(five: list[Entry]) -> None:
    whole = end(five)
    five[4]["ip_address"] = "198.51.100.9"
    five[4]["hash"] = entry_hash(five[4]["previous_hash"], five[4])
    assert first_fault(five, whole) == Fault(5, CHANGED)


@pytest.mark.parametrize("gone", [1, 3])
def test_missing_entry_is_detected(five: list[Entry], gone: int) -> None:
    assert first_fault([one for one in five if one["number"] != gone], end(five)) == Fault(gone, MISSING)


def test_place_without_its_entry_is_detected(five: list[Entry]) -> None:
    whole = end(five)
    five[2] = dict.fromkeys(five[2]) | {name: five[2][name] for name in ("number", "previous_hash", "hash")}
    assert first_fault(five, whole) == Fault(3, MISSING)


def test_swapped_entries_are_detected(five: list[Entry]) -> None:
    whole = end(five)
    five[1]["number"], five[2]["number"] = 3, 2
    five[1], five[2] = five[2], five[1]
    assert first_fault(five, whole) == Fault(2, CHANGED)
    for one in five[1:3]:
        one["hash"] = entry_hash(one["previous_hash"], one)
    assert first_fault(five, whole) == Fault(2, OUT_OF_ORDER)


@pytest.mark.parametrize("left", [4, 2, 0])
def test_truncated_chain_is_detected(five: list[Entry], left: int) -> None:
    assert first_fault(five[:left], end(five)) == Fault(left + 1, CUT_OFF)


def test_entry_after_stored_end_is_detected(five: list[Entry]) -> None:
    assert first_fault(five, end(five[:4])) == Fault(5, UNKNOWN)


def test_check_reads_entries_lazily() -> None:
    taken = 0

    def endless() -> Any:
        nonlocal taken
        while True:
            taken += 1
            yield entry(taken, previous_hash=START, hash="")

    assert first_fault(endless(), End(10**9, "")) == Fault(1, CHANGED)
    assert taken == 1
