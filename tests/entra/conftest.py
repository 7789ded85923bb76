from collections.abc import Iterator

import pytest

from app.entra.http_client import Http
from tests.entra.answering import Answering, answering


@pytest.fixture
def server() -> Iterator[Answering]:
    with answering() as started:
        yield started


@pytest.fixture
def http(server: Answering) -> Http:
    return Http(server.cloud)
