from collections.abc import Iterator

import pytest
import time_machine

from app.core.database import now
from tests.cast import Cast
from tests.provisioning.mapped import Mapped
from tests.provisioning.mapped import mapped as make_mapped


@pytest.fixture
def mapped(cast: Cast) -> Mapped:
    return make_mapped(cast)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(now(), tick=True) as traveller:
        yield traveller
