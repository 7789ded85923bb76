"""Applications of the installation, and people who sign in to them."""

import pytest

from app.applications.models import Authentication, Kind
from tests.applications.client import Client, register
from tests.cast import Cast


@pytest.fixture
def client(cast: Cast) -> Client:
    """An application with a secret, for all companies."""
    return register(cast.app)


@pytest.fixture
def public_client(cast: Cast) -> Client:
    return register(cast.app, "Single Page", kind=Kind.PUBLIC, authentication=Authentication.NONE)
