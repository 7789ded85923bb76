"""A pytest plugin that records which test commits which units: a line of JSON for each, `["test", "unit"]`."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mutation.units import watched_commits

FOLDER = "UNITS_FOLDER"


@pytest.fixture(autouse=True)
def _record_units(request: pytest.FixtureRequest) -> Iterator[None]:
    """Set up first, so that the units of the other fixtures count."""
    units: set[str] = set()
    with watched_commits(lambda unit: False, units.add):
        yield
    with (Path(os.environ[FOLDER]) / f"{os.getpid()}.jsonl").open("a") as file:
        file.writelines(json.dumps([request.node.nodeid, unit]) + "\n" for unit in sorted(units))
