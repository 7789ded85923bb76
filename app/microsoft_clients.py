"""The process's clients for Microsoft."""

from __future__ import annotations

from typing import TYPE_CHECKING

import structlog
from flask import Flask, current_app

from app.core.metrics import UPSTREAM
from app.core.unit_of_work import refuse_in_unit_of_work
from app.entra.clouds import NATIONAL, Cloud, sandbox_cloud
from app.entra.dataverse_hosts import DataverseHosts
from app.entra.http_client import Http
from app.settings import Settings

if TYPE_CHECKING:
    from app.entra.clients import Microsoft

log = structlog.get_logger(__name__)


def init_app(app: Flask, settings: Settings) -> None:
    # Imported here: `flask doctor` needs the HTTP client alone.
    from app.entra.clients import connect

    http = init_http_client(app, settings)
    app.extensions["microsoft"] = connect(http, _dataverse_hosts(settings))


def init_http_client(app: Flask, settings: Settings) -> Http:
    """The client beneath all others, without them. It refuses to send inside a unit of work."""
    http = Http(
        cloud_of(settings),
        settings.requests_ca_bundle,
        _observe,
        _dataverse_hosts(settings),
        refuse_in_unit_of_work,
    )
    app.extensions["microsoft_http"] = http
    return http


def microsoft() -> Microsoft:
    clients: Microsoft = current_app.extensions["microsoft"]
    return clients


def http_client() -> Http:
    http: Http = current_app.extensions["microsoft_http"]
    return http


def cloud_of(settings: Settings) -> Cloud:
    if settings.microsoft_cloud == "sandbox":
        return sandbox_cloud(settings.sandbox_port)
    if settings.microsoft_cloud == "custom":
        return Cloud(settings.entra_authority, settings.graph_url)
    return NATIONAL[settings.microsoft_cloud]


def _dataverse_hosts(settings: Settings) -> DataverseHosts:
    return DataverseHosts(frozenset(settings.dataverse_hosts))


def _observe(endpoint: str, status: int, seconds: float) -> None:
    UPSTREAM.labels(endpoint, status).observe(seconds)
    log.debug("upstream", endpoint=endpoint, status=status, milliseconds=round(seconds * 1000))
