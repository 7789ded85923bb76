"""Everything that talks to Microsoft. Independent of Flask and the database."""

from collections.abc import Callable
from dataclasses import dataclass

from app.entra.clouds import NATIONAL, Cloud, sandbox_cloud
from app.entra.dataverse import Dataverse
from app.entra.dataverse_hosts import MICROSOFTS_ALONE, DataverseHosts
from app.entra.discovery import OpenIdDiscovery
from app.entra.graph import Graph
from app.entra.http_client import Http, Observer
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


def connect(
    cloud: Cloud,
    extra_trust: str,
    observe: Observer,
    environments: DataverseHosts = MICROSOFTS_ALONE,
    before_request: Callable[[], None] = lambda: None,
) -> Microsoft:
    """The clients of a cloud; nothing is sent before the first sign-in. `before_request` is called before each request
    and may raise."""
    http = Http(cloud, extra_trust, observe, environments, before_request)
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


__all__ = ["NATIONAL", "Cloud", "DataverseHosts", "Microsoft", "connect", "sandbox_cloud"]
