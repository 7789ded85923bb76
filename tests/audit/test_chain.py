"""The chain by itself: what an entry's hash covers, and every way in which a chain can be broken."""

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


def test_a_hash_is_the_same_wherever_it_is_computed() -> None:
    written_down = "dda1fd5961b900b7734579598fb25198a8e290f91f9af4b07b4365c7f11e706f"  # pragma: allowlist secret
    assert entry_hash(START, entry()) == written_down


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
def test_a_hash_covers_all_that_an_entry_says(name: str, other: Any) -> None:
    assert name in HASHED
    assert entry_hash(START, entry(**{name: other})) != entry_hash(START, entry())


def test_a_hash_covers_the_entry_before() -> None:
    assert entry_hash("1" * 64, entry()) != entry_hash(START, entry())


def test_what_says_the_same_has_the_same_hash() -> None:
    lisbon = timezone(timedelta(hours=1))
    same = entry(
        created_at=entry()["created_at"].astimezone(lisbon), detail={"first": False, "method": "Contoso staff"}
    )
    assert entry_hash(START, same) == entry_hash(START, entry())


def test_a_time_without_a_zone_and_a_number_that_is_none_have_no_hash() -> None:
    with pytest.raises(ValueError, match="zone"):
        entry_hash(START, entry(created_at=MOMENT.replace(tzinfo=None)))
    with pytest.raises(ValueError, match="JSON"):
        entry_hash(START, entry(detail={"share": float("nan")}))


def test_a_whole_chain_has_no_fault(five: list[Entry]) -> None:
    assert first_fault(five, end(five)) is None
    assert first_fault([], End(0, START)) is None


def test_a_changed_entry_is_found(five: list[Entry]) -> None:
    whole = end(five)
    five[2]["ip_address"] = "198.51.100.9"
    assert first_fault(five, whole) == Fault(3, CHANGED)


def test_a_changed_entry_with_a_fitting_hash_is_found_by_the_next(five: list[Entry]) -> None:
    whole = end(five)
    five[2]["ip_address"] = "198.51.100.9"
    five[2]["hash"] = entry_hash(five[2]["previous_hash"], five[2])
    assert first_fault(five, whole) == Fault(4, OUT_OF_ORDER)


def test_a_changed_last_entry_with_a_fitting_hash_is_found_by_the_end(five: list[Entry]) -> None:
    whole = end(five)
    five[4]["ip_address"] = "198.51.100.9"
    five[4]["hash"] = entry_hash(five[4]["previous_hash"], five[4])
    assert first_fault(five, whole) == Fault(5, CHANGED)


@pytest.mark.parametrize("gone", [1, 3])
def test_a_missing_entry_is_found(five: list[Entry], gone: int) -> None:
    assert first_fault([one for one in five if one["number"] != gone], end(five)) == Fault(gone, MISSING)


def test_entries_that_changed_places_are_found(five: list[Entry]) -> None:
    whole = end(five)
    five[1]["number"], five[2]["number"] = 3, 2
    five[1], five[2] = five[2], five[1]
    assert first_fault(five, whole) == Fault(2, CHANGED)
    for one in five[1:3]:
        one["hash"] = entry_hash(one["previous_hash"], one)
    assert first_fault(five, whole) == Fault(2, OUT_OF_ORDER)


@pytest.mark.parametrize("left", [4, 2, 0])
def test_entries_cut_off_at_the_end_are_found(five: list[Entry], left: int) -> None:
    assert first_fault(five[:left], end(five)) == Fault(left + 1, CUT_OFF)


def test_an_entry_that_was_put_behind_the_end_is_found(five: list[Entry]) -> None:
    assert first_fault(five, end(five[:4])) == Fault(5, UNKNOWN)


def test_a_chain_is_read_one_by_one() -> None:
    taken = 0

    def endless() -> Any:
        nonlocal taken
        while True:
            taken += 1
            yield entry(taken, previous_hash=START, hash="")

    assert first_fault(endless(), End(10**9, "")) == Fault(1, CHANGED)
    assert taken == 1
