"""What the rules are checked on: every address, with Contoso's ids in it."""

from dataclasses import dataclass
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from app.database import db
from app.people.models import Session
from app.urls import ROUTES
from app.web.access import Route
from tests.cast import ALICE, Cast
from tests.visitor import Visitor


@dataclass(frozen=True)
class Addresses:
    """Every route with ids of Contoso's that exist."""

    values: dict[str, str]

    def path(self, route: Route, **values: str) -> str:
        filled = route.rule
        for name, value in {**self.values, **values}.items():
            filled = filled.replace(f"<{name}>", value).replace(f"<uuid:{name}>", value)
        assert "<" not in filled, f"the rules don't know what to fill into {route.rule}: tell tests/rules/conftest.py"
        return filled


@dataclass(frozen=True)
class Everybody:
    """The cast, signed in, and the addresses to try."""

    anonymous: Visitor
    alice: Visitor
    bob: Visitor
    charlie: Visitor
    addresses: Addresses


@pytest.fixture
def everybody(cast: Cast) -> Everybody:
    alice = cast.alice()
    with cast.app.app_context():
        session_id: UUID = db.session.scalars(sa.select(Session.id)).one()
    values = {
        "code": "contoso",
        "public_id": cast.contoso_connection,
        "person_id": str(cast.person_id(ALICE)),
        "session_id": str(session_id),
    }
    return Everybody(cast.visitor(), alice, cast.bob(), cast.charlie(), Addresses(values))


def routes(method: str, *accesses: object) -> list[Route]:
    return [route for route in ROUTES if method in route.methods and (not accesses or route.access in accesses)]


def unknown_id() -> str:
    return str(uuid4())
