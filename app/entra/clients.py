"""The clients of one cloud."""

from dataclasses import dataclass

from app.entra.clouds import Cloud
from app.entra.dataverse import Dataverse
from app.entra.dataverse_hosts import MICROSOFTS_ALONE, DataverseHosts
from app.entra.discovery import OpenIdDiscovery
from app.entra.graph import Graph
from app.entra.http_client import Http
from app.entra.oauth import Entra
from app.entra.token_client import TokenClient
from app.entra.user_delta import UserDelta


@dataclass(frozen=True)
class Microsoft:
    """The clients of one cloud, sharing one connection pool."""

    cloud: Cloud
    http_client: Http
    discovery: OpenIdDiscovery
    oauth: Entra
    graph: Graph
    dataverse_hosts: DataverseHosts
    token_client: TokenClient
    dataverse: Dataverse
    user_delta: UserDelta


def connect(http: Http, environments: DataverseHosts = MICROSOFTS_ALONE) -> Microsoft:
    """The clients of the HTTP client's cloud; nothing is sent before the first sign-in."""
    cloud = http.cloud
    directory = OpenIdDiscovery(cloud, http)
    return Microsoft(
        cloud,
        http,
        directory,
        Entra(cloud, http, directory),
        Graph(cloud, http),
        environments,
        TokenClient(cloud, http, directory),
        Dataverse(http),
        UserDelta(cloud, http),
    )
