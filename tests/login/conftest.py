import pytest
from flask import Flask

from app import microsoft_clients
from app.settings import Settings


@pytest.fixture(autouse=True)
def _as_after_a_restart(app: Flask, settings: Settings) -> None:
    """Clears a process's cached data of the directory (keys, endpoints, time of the last fetch) before each test."""
    microsoft_clients.init_app(app, settings)
