from collections.abc import Iterator

import pytest

from app.microsoft.http import Http
from tests.microsoft.answering import Answering, answering


@pytest.fixture
def server() -> Iterator[Answering]:
    with answering() as started:
        yield started


@pytest.fixture
def http(server: Answering) -> Http:
    return Http(server.cloud)
