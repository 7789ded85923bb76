"""An application gets a URL of a person's photo, which expires with the photo and the access."""

from urllib.parse import urlsplit

import pytest

from app.applications import actions, queries
from app.core.unit_of_work import unit_of_work
from tests.applications.client import Client, register
from tests.cast import ALICE, Cast


@pytest.fixture
def address(cast: Cast, client: Client) -> str:
    """The path of Alice's photo that an application received."""
    claims = client.verified(client.tokens(cast.alice())["id_token"])
    assert claims["picture"].startswith(f"{cast.app.config['BASE_URL']}/oauth/picture/")
    return str(urlsplit(claims["picture"]).path)


def test_photo_is_shown_without_session_in_pages_of_any_origin(client: Client, address: str) -> None:
    response = client.machine().get(address)
    assert (response.status_code, response.mimetype) == (200, "image/webp")
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Cache-Control"] == "private, max-age=3600"
    assert client.machine().get(f"{address}x").status_code == 404


def test_photo_address_is_stable_per_application(cast: Cast, client: Client, address: str) -> None:
    alice = cast.alice()
    again = client.userinfo(client.tokens(alice)["access_token"]).get_json()["picture"]
    assert urlsplit(again).path == address
    other = register(cast.app, "Another")
    assert other.verified(other.tokens(alice)["id_token"])["picture"] != again
    assert "picture" not in other.verified(other.tokens(alice, scope="openid email")["id_token"])


@pytest.mark.parametrize("what", ["person", "application", "photo"])
def test_photo_address_ends_with_person_photo_or_application(
    cast: Cast, client: Client, address: str, what: str
) -> None:
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
