"""The process's clients for Microsoft."""

import structlog
from flask import Flask, current_app

from app.core.metrics import UPSTREAM
from app.core.unit_of_work import refuse_in_unit_of_work
from app.entra import NATIONAL, Cloud, DataverseHosts, Microsoft, connect, sandbox_cloud
from app.settings import Settings

log = structlog.get_logger(__name__)


def init_app(app: Flask, settings: Settings) -> None:
    app.extensions["microsoft"] = connect(
        cloud_of(settings),
        settings.requests_ca_bundle,
        _observe,
        DataverseHosts(frozenset(settings.dataverse_hosts)),
        refuse_in_unit_of_work,
    )


def microsoft() -> Microsoft:
    clients: Microsoft = current_app.extensions["microsoft"]
    return clients


def cloud_of(settings: Settings) -> Cloud:
    if settings.microsoft_cloud == "sandbox":
        return sandbox_cloud(settings.sandbox_port)
    if settings.microsoft_cloud == "custom":
        return Cloud(settings.entra_authority, settings.graph_url)
    return NATIONAL[settings.microsoft_cloud]


def _observe(endpoint: str, status: int, seconds: float) -> None:
    UPSTREAM.labels(endpoint, status).observe(seconds)
    log.debug("upstream", endpoint=endpoint, status=status, milliseconds=round(seconds * 1000))
