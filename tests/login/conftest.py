import pytest
from flask import Flask

from app import microsoft_clients
from app.settings import Settings


@pytest.fixture(autouse=True)
def _as_after_a_restart(app: Flask, settings: Settings) -> None:
    """What a process remembers of the directory (keys, addresses, when it last asked) is forgotten before each test."""
    microsoft_clients.init_app(app, settings)
