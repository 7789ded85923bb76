"""An application gets an address of a person's photo, which ends with the photo and with the access."""

from urllib.parse import urlsplit

import pytest

from app.applications import actions, queries
from app.core.unit_of_work import unit_of_work
from tests.applications.client import Client, register
from tests.cast import ALICE, Cast


@pytest.fixture
def address(cast: Cast, client: Client) -> str:
    """The path of Alice's photo, as an application received it."""
    claims = client.verified(client.tokens(cast.alice())["id_token"])
    assert claims["picture"].startswith(f"{cast.app.config['BASE_URL']}/oauth/picture/")
    return str(urlsplit(claims["picture"]).path)


def test_it_is_shown_without_a_session_in_pages_of_any_origin(client: Client, address: str) -> None:
    answer = client.machine().get(address)
    assert (answer.status_code, answer.mimetype) == (200, "image/webp")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Cache-Control"] == "private, max-age=3600"
    assert client.machine().get(f"{address}x").status_code == 404


def test_it_is_the_same_for_an_application_and_another_for_another(cast: Cast, client: Client, address: str) -> None:
    alice = cast.alice()
    again = client.userinfo(client.tokens(alice)["access_token"]).get_json()["picture"]
    assert urlsplit(again).path == address
    other = register(cast.app, "Another")
    assert other.verified(other.tokens(alice)["id_token"])["picture"] != again
    assert "picture" not in other.verified(other.tokens(alice, scope="openid email")["id_token"])


@pytest.mark.parametrize("what", ["person", "application", "photo"])
def test_it_ends(cast: Cast, client: Client, address: str, what: str) -> None:
    with cast.app.app_context(), unit_of_work():
        if what == "person":
            cast.person(ALICE).is_active = False
        elif what == "photo":
            cast.person(ALICE).avatar_hash = None
        else:
            found = queries.by_client_id(client.client_id)
            assert found
            actions.change(found, is_enabled=False)
    assert client.machine().get(address).status_code == 404
