"""State that leaves the server is valid only for its purpose, binding and lifetime."""

import json
from dataclasses import dataclass
from typing import Any

import pytest
import time_machine
from flask import Flask

from app.core.sealed_state import ExpiredState, InvalidState, SealedState
from tests.cast import Cast

NOW = 1_800_000_000


@dataclass(frozen=True)
class Order:
    dish: str
    number: int = 1


ORDER = SealedState("order", Order, lifetime=60)
BILL = SealedState("bill", Order, lifetime=60)


def test_state_round_trips(cast: Cast) -> None:
    with cast.app.app_context():
        encrypted = ORDER.encrypt(Order("soup", 2), "table 7")
        assert ORDER.decrypt(encrypted, "table 7") == Order("soup", 2)
        assert "soup" not in encrypted


def test_state_is_invalid_if_changed_or_for_another_binding_or_purpose(cast: Cast) -> None:
    with cast.app.app_context():
        encrypted = ORDER.encrypt(Order("soup"), "table 7")
        for found in (
            ORDER.find(encrypted, "table 8"),
            BILL.find(encrypted, "table 7"),
            ORDER.find(encrypted[:-4] + "AAAA", "table 7"),
            ORDER.find("", "table 7"),
            ORDER.find(None, "table 7"),
        ):
            assert found is None


def test_expired_state_is_readable_only_for_restarting(cast: Cast) -> None:
    with cast.app.app_context(), time_machine.travel(NOW, tick=False) as clock:
        encrypted, longer = ORDER.encrypt(Order("soup"), ""), ORDER.encrypt(Order("tea"), "", lifetime=120)
        clock.shift(60)
        assert ORDER.decrypt(encrypted, "") == Order("soup")
        clock.shift(1)
        with pytest.raises(ExpiredState) as late:
            ORDER.decrypt(encrypted, "")
        assert late.value.value == ORDER.find_expired(encrypted, "") == Order("soup")
        assert ORDER.find(encrypted, "") is None
        assert ORDER.find_expired(encrypted, "elsewhere") is None
        assert ORDER.decrypt(longer, "") == Order("tea")


@pytest.mark.parametrize(
    "content",
    [
        [],
        "soup",
        {"value": {"dish": "soup"}},
        {"until": NOW, "value": {}},
        {"until": NOW, "value": {"dish": "soup", "of": "another version"}},
        {"until": NOW, "value": ["soup"]},
        {"until": "later", "value": {"dish": "soup"}},
    ],
    ids=repr,
)
def test_state_of_another_version_is_invalid(app: Flask, content: Any) -> None:
    with app.app_context():
        encrypted = app.extensions["encryptor"].encrypt(json.dumps(content), "order:")
        with pytest.raises(InvalidState):
            ORDER.decrypt(encrypted, "")
