import pytest
from flask import Flask

from sandbox import create_sandbox

from .driver import SPA, WEB, Driver


@pytest.fixture(scope="session")
def application() -> Flask:
    """One for all tests, since compiling its templates is slow."""
    return create_sandbox("http://localhost:8001")


@pytest.fixture
def sandbox(application: Flask) -> Driver:
    """A sandbox in its initial state, a new browser, and redirect URIs for Contoso's application."""
    driver = Driver(application.test_client())
    assert driver.client.put("/sandbox/api/reset").status_code == 204
    driver.configure(redirect_uris={"web": [WEB, "http://localhost/callback"], "spa": [SPA]})
    return driver
