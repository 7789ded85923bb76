"""Applications of the installation, and people who sign in to them."""

from collections.abc import Iterator

import pytest
import time_machine

from app.applications.models import Authentication, Kind
from app.applications.outbound import Outbound
from app.core.database import now
from app.core.unit_of_work import refuse_in_unit_of_work
from tests.applications.client import Client, register
from tests.applications.people import Session, signed_in_with_password
from tests.applications.receiver import Receiver, receiving
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


@pytest.fixture
def receiver(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiving() as started:
        outbound = Outbound((started.host,), before_request=refuse_in_unit_of_work)
        monkeypatch.setitem(cast.app.extensions, "outbound", outbound)
        yield started


@pytest.fixture
def notified(cast: Cast, receiver: Receiver) -> Client:
    """An application that wants to be notified."""
    return register(cast.app, "Told", backchannel_logout_uri=receiver.uri, allow_offline_access=True)
