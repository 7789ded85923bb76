"""The check that proxies ask for, and the sign-in on the application's own host."""

import jwt
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError

from app.applications import actions, queries
from app.applications.forward_auth import identity
from app.applications.grants.models import Grant
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from tests.applications.protected import ORIGIN, Protected, Visit, protect
from tests.cast import ALICE, Cast

IDENTITY = [
    *("X-Portico-Sub", "X-Portico-Name", "X-Portico-Email", "X-Portico-Email-Verified", "X-Portico-Picture"),
    *("X-Portico-Title", "X-Portico-Org-Id", "X-Portico-Org-Code", "X-Portico-Org-Name", "X-Portico-Org-Role"),
    *("X-Portico-Roles", "X-Portico-External-Id", "X-Portico-Auth-Time", "X-Portico-Amr", "X-Portico-Sid"),
    "X-Portico-Token",
]


@pytest.fixture
def wiki(cast: Cast) -> Protected:
    return protect(cast.app, roles=["editor"])


@pytest.fixture
def visit(cast: Cast, wiki: Protected) -> Visit:
    """Alice, signed in."""
    return wiki.sign_in(cast.alice(), "/page?a=b")


def test_a_signed_in_person_passes_with_every_header(cast: Cast, wiki: Protected, visit: Visit) -> None:
    answer = visit.check()
    assert answer.status_code == 204
    assert [name for name in answer.headers.keys() if name.startswith("X-Portico-")] == IDENTITY
    assert answer.headers["X-Portico-Name"] == "Adaeze%20Okonkwo"
    assert answer.headers["X-Portico-Org-Code"] == "contoso"
    assert answer.headers["X-Portico-Email-Verified"] in ("true", "false")
    assert answer.headers["X-Portico-External-Id"] == ""
    assert "Set-Cookie" not in answer.headers
