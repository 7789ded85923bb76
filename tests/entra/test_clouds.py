"""Scopes and audiences depend on the cloud."""

import pytest

from app.entra.clouds import NATIONAL, Cloud, sandbox_cloud
from app.microsoft_clients import cloud_of
from app.settings import Settings

CUSTOM = Cloud("https://entra.example", "https://graph.example:8443")


@pytest.mark.parametrize(
    ("cloud", "scope"),
    [
        (NATIONAL["public"], "User.Read"),
        (NATIONAL["usgov"], "https://graph.microsoft.us/User.Read"),
        (NATIONAL["china"], "https://microsoftgraph.chinacloudapi.cn/User.Read"),
        (CUSTOM, "https://graph.example:8443/User.Read"),
        (Cloud("https://entra.example", "https://graph.microsoft.com"), "User.Read"),
        (sandbox_cloud(8001), "User.Read"),
    ],
)
def test_scope_names_graph_unless_it_is_the_public_one(cloud: Cloud, scope: str) -> None:
    assert cloud.user_read == scope


@pytest.mark.parametrize(
    ("authority", "audience"),
    [
        ("https://login.microsoftonline.com", "api://AzureADTokenExchange"),
        ("https://login.microsoftonline.us", "api://AzureADTokenExchangeUSGov"),
        ("https://login.partner.microsoftonline.cn", "api://AzureADTokenExchangeChina"),
        ("https://entra.example", "api://AzureADTokenExchange"),
    ],
)
def test_federated_audience_matches_cloud_of_authority(authority: str, audience: str) -> None:
    """Including a custom cloud."""
    assert Cloud(authority, "https://graph.example").exchange_audience == audience


def test_custom_cloud_uses_scope_of_its_own_graph(settings: Settings) -> None:
    custom = {"microsoft_cloud": "custom", "entra_authority": "https://entra.example"}
    chosen = settings.model_copy(update={**custom, "graph_url": "https://graph.example:8443"})
    assert cloud_of(chosen) == CUSTOM
    assert cloud_of(chosen).user_read == "https://graph.example:8443/User.Read"
