"""Mapped roles, and Contoso's and Fabrikam's directories, which speak SCIM."""

from collections.abc import Iterator

import pytest
import time_machine

from app.core.database import now
from tests import directory as seed
from tests.cast import COMPANIES, Cast
from tests.directory import Directory as Sandbox
from tests.e2e.processes import Portico
from tests.provisioning.directory import Directory, connect
from tests.provisioning.mapped import Mapped
from tests.provisioning.mapped import mapped as make_mapped


@pytest.fixture
def mapped(cast: Cast) -> Mapped:
    return make_mapped(cast)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(now(), tick=True) as traveller:
        yield traveller


@pytest.fixture
def contoso(cast: Cast) -> Directory:
    return connect(cast.app, seed.CONTOSO)


@pytest.fixture
def fabrikam(cast: Cast) -> Directory:
    return connect(cast.app, seed.FABRIKAM)


@pytest.fixture(scope="session")
def scim_process(directory_process: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portico]:
    """Portico as in production, with its own database."""
    started = Portico(tmp_path_factory.mktemp("scim"), directory_process)
    started.open(COMPANIES)
    yield started
    started.close()
