"""All that talks to Microsoft. Knows no Flask and no database."""

from dataclasses import dataclass

from app.microsoft.clouds import NATIONAL, Cloud, sandbox_cloud
from app.microsoft.dataverse import Dataverse
from app.microsoft.delegation import Delegation
from app.microsoft.directory import Directory
from app.microsoft.entra import Entra
from app.microsoft.environments import MICROSOFTS_ALONE, Environments
from app.microsoft.graph import Graph
from app.microsoft.http import Http, Observer


@dataclass(frozen=True)
class Microsoft:
    """The clients of one cloud, sharing one connection pool."""

    cloud: Cloud
    http: Http
    directory: Directory
    entra: Entra
    graph: Graph
    environments: Environments
    delegation: Delegation
    dataverse: Dataverse


def connect(
    cloud: Cloud, extra_trust: str, observe: Observer, environments: Environments = MICROSOFTS_ALONE
) -> Microsoft:
    """The clients of a cloud; nothing is sent before the first sign-in."""
    http = Http(cloud, extra_trust, observe, environments)
    directory = Directory(cloud, http)
    return Microsoft(
        cloud,
        http,
        directory,
        Entra(cloud, http, directory),
        Graph(cloud, http),
        environments,
        Delegation(cloud, http, directory),
        Dataverse(http),
    )


__all__ = ["NATIONAL", "Cloud", "Environments", "Microsoft", "connect", "sandbox_cloud"]
