"""Chromium against the running application. Each file's tests share one set of processes."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from tests import cast
from tests.conftest import without
from tests.directory import Directory
from tests.dns_server import NameServer
from tests.e2e.processes import Portico
from tests.e2e.visits import Visits, chromium

HERE = Path(__file__).parent
TIMEOUT_SECONDS = 300
"""For a machine under load."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Runs a file's tests on one worker, so that not every worker needs an application and a browser."""
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
            item.add_marker(pytest.mark.timeout(TIMEOUT_SECONDS))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call" and report.failed and "visits" in item.funcargs:
        visits = item.funcargs["visits"]
        assert isinstance(visits, Visits)
        visits.save_screenshot(item.name)
    return report


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not os.environ.get("TEST_CHROMIUM"):
        without("Chromium")
    with sync_playwright() as playwright, chromium(playwright) as started:
        yield started


@pytest.fixture(scope="session")
def running(
    directory_process: Directory, dns_process: NameServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Portico]:
    started = Portico(tmp_path_factory.mktemp("portico"), directory_process)
    started.open(cast.COMPANIES, DNS_RESOLVERS=dns_process.address)
    yield started
    started.close()


@pytest.fixture
def portico(running: Portico, directory: Directory) -> Portico:
    """The application before any sign-in, registered in the directory."""
    running.forget_people()
    running.register()
    return running


@pytest.fixture
def visits(browser: Browser, portico: Portico) -> Iterator[Visits]:
    """Opens browsers; fails if a page violated the content security policy or logged an error to its console."""
    opened = Visits(browser, portico)
    yield opened
    assert opened.close() == []


@pytest.fixture
def page(visits: Visits) -> Page:
    """A new browser."""
    return visits.new()
