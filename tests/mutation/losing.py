"""A pytest plugin that runs, for each unit, the tests that commit it, without this commit, until one fails.

A test can run several times. What a failure leaves behind is removed with all fixtures.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from _pytest.runner import runtestprotocol

from tests.mutation.units import watched_commits

PLAN, RESULT = "UNITS_PLAN", "UNITS_RESULT"


class _Lost:
    unit = ""


@pytest.fixture(autouse=True, scope="session")
def _lose_commits() -> Iterator[None]:
    with watched_commits(lambda unit: unit == _Lost.unit, lambda unit: None):
        yield


@pytest.hookimpl(tryfirst=True)
def pytest_runtestloop(session: pytest.Session) -> bool:
    """Instead of running each test once."""
    plan: dict[str, list[str]] = json.loads(Path(os.environ[PLAN]).read_text())
    items = {item.nodeid: item for item in session.items}
    for unit, names in plan.items():
        killer = next((name for name in names if name in items and _notices(items[name], unit)), None)
        with Path(os.environ[RESULT]).open("a") as file:
            file.write(json.dumps([unit, killer]) + "\n")
    return True


def _notices(item: pytest.Item, unit: str) -> bool:
    """Whether the test fails without the commit, twice, and passes with it. The second time nothing is left of the
    tests before it; and a busy machine may fail a test once.
    """
    return not _passes(item, unit) and not _passes(item, unit) and (_passes(item, "") or _passes(item, ""))


def _passes(item: pytest.Item, lost: str) -> bool:
    # The fixtures of the session are kept while tests pass: to set them up takes longer than most tests.
    remaining: Any = item.session
    _Lost.unit = lost
    try:
        reports = runtestprotocol(item, log=False, nextitem=remaining)
    finally:
        _Lost.unit = ""
    has_passed = not any(report.failed for report in reports if report.when != "teardown")
    if not has_passed:
        with suppress(Exception):  # of what the failure left
            item.session._setupstate.teardown_exact(None)
    return has_passed
