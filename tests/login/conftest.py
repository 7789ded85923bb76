import ssl

import pytest
from flask import Flask

from app import microsoft_clients
from app.settings import Settings


@pytest.fixture(scope="session")
def _context() -> ssl.SSLContext:
    """Loading the system's certificates takes longer than most tests, and the sandbox is reached without TLS."""
    return ssl.create_default_context()


@pytest.fixture(autouse=True)
def _without_cached_discovery(
    app: Flask, settings: Settings, _context: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clears a process's cached data of the directory (keys, endpoints, time of the last fetch) before each test."""
    with monkeypatch.context() as patched:
        patched.setattr(ssl, "create_default_context", lambda: _context)
        microsoft_clients.init_app(app, settings.model_copy(update={"requests_ca_bundle": ""}))
