"""The number of database queries of the provider's frequent requests."""

import pytest

from tests.applications.client import Client
from tests.applications.people import Session
from tests.assertions import queries


@pytest.fixture
def warm(owner: Session, client: Client) -> Session:
    """After a first sign-in, which is recorded, and with the signing keys loaded."""
    client.tokens(owner.browser)
    return owner


def counted(sent: list[str]) -> list[str]:
    return [one for one in sent if one.startswith(("SELECT", "INSERT", "UPDATE", "DELETE"))]


def test_silent_authorization_costs_four_queries(warm: Session, client: Client) -> None:
    with queries(client.app) as sent:
        client.code(warm.browser)
    # The application; the visitor; what the session's person may do; the grant.
    assert len(counted(sent)) == 4


def test_redemption_costs_four_queries(warm: Session, client: Client) -> None:
    code = client.code(warm.browser)
    with queries(client.app) as sent:
        client.redeem(code)
    # The application; the code with its grant; the code's use; the refresh token.
    assert len(counted(sent)) == 4


def test_refresh_costs_four_queries(warm: Session, client: Client) -> None:
    token = client.tokens(warm.browser)["refresh_token"]
    with queries(client.app) as sent:
        client.refresh(token)
    # The application; the token with its grant and person; the token's use; its successor.
    assert len(counted(sent)) == 4


def test_userinfo_costs_one_query(warm: Session, client: Client) -> None:
    token = client.tokens(warm.browser)["access_token"]
    with queries(client.app) as sent:
        client.userinfo(token)
    assert len(counted(sent)) == 1


def test_discovery_and_keys_cost_no_queries(warm: Session, client: Client) -> None:
    with queries(client.app) as sent:
        client.machine().get("/.well-known/openid-configuration")
        client.machine().get("/oauth/jwks")
    assert sent == []
