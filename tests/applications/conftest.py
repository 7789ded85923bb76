"""Applications of the installation, and people who sign in to them."""

from collections.abc import Iterator

import pytest
import time_machine
from flask import Flask

from app.applications.models import Authentication, Kind
from app.core.database import now
from tests.applications.client import Client, register
from tests.applications.people import Session, signed_in_with_password
from tests.cast import Cast


@pytest.fixture
def client(cast: Cast) -> Client:
    """An application with a secret, for all companies."""
    return register(cast.app)


@pytest.fixture
def public_client(cast: Cast) -> Client:
    return register(cast.app, "Single Page", kind=Kind.PUBLIC, authentication=Authentication.NONE)


@pytest.fixture
def owner(cast: Cast) -> Session:
    """Contoso's owner, signed in with a password."""
    return signed_in_with_password(cast)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(now(), tick=True) as traveller:
        yield traveller


@pytest.fixture(autouse=True)
def _own_keys(app: Flask) -> None:
    """Each test has other keys, of which the process knows none yet."""
    app.extensions["key_ring"].forget()
