"""All that talks to Microsoft. Knows no Flask and no database."""

from dataclasses import dataclass

from app.microsoft.clouds import NATIONAL, Cloud, sandbox_cloud
from app.microsoft.directory import Directory
from app.microsoft.entra import Entra
from app.microsoft.graph import Graph
from app.microsoft.http import Http, Observer


@dataclass(frozen=True)
class Microsoft:
    """The clients of one cloud, sharing one connection pool."""

    cloud: Cloud
    directory: Directory
    entra: Entra
    graph: Graph


def connect(cloud: Cloud, extra_trust: str, observe: Observer) -> Microsoft:
    """The clients of a cloud; nothing is sent before the first sign-in."""
    http = Http(cloud, extra_trust, observe)
    directory = Directory(cloud, http)
    return Microsoft(cloud, directory, Entra(cloud, http, directory), Graph(cloud, http))


__all__ = ["NATIONAL", "Cloud", "Microsoft", "connect", "sandbox_cloud"]
