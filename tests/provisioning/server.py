"""Portico's own process, and how tests speak SCIM to it."""

import hashlib
from collections.abc import Iterable
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import quote
from uuid import uuid4

import requests

from app.core.database import now
from tests.e2e.processes import Portico

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

TOKEN = "a token of the tests' own, as long as ours are"


def add_token(portico: Portico, tenant: str, token: str = TOKEN) -> None:
    """Gives the tenant's connection this token."""
    _add(portico, tenant, method="token", token_hash=hashlib.sha256(token.encode()).hexdigest(), ending=token[-4:])


def add_secret(portico: Portico, tenant: str, secret: str) -> None:
    """Gives the tenant's connection this client secret."""
    _add(portico, tenant, method="secret", token_hash=hashlib.sha256(secret.encode()).hexdigest(), ending=secret[-4:])


def trust(portico: Portico, tenant: str, application: str, subject: str) -> None:
    """Has the tenant's connection trust a workload identity."""
    _add(portico, tenant, method="federation", application=application, subject=subject)


def _add(portico: Portico, tenant: str, **values: str) -> None:
    ((company_id, connection_id),) = portico.rows(
        "SELECT connection.company_id, connection.id FROM connection"
        " JOIN entra_app ON entra_app.id = connection.entra_app_id WHERE tenant = ?",
        tenant,
    )
    moment = now()
    row = {
        "id": uuid4().hex,
        "created_at": moment.strftime("%Y-%m-%d %H:%M:%S.%f"),
        "company_id": company_id,
        "connection_id": connection_id,
        "expires": str(moment.date() + timedelta(days=100)),
        **values,
    }
    marks = ", ".join("?" * len(row))
    portico.change(f"INSERT INTO scim_token ({', '.join(row)}) VALUES ({marks})", *row.values())  # noqa: S608 - our own names


def token_endpoint(portico: Portico, tenant: str) -> tuple[str, str]:
    """The address of the token endpoint of the tenant's connection, and its client id."""
    ((public_id,),) = portico.rows(
        "SELECT public_id FROM connection_draft JOIN connection ON connection.id = connection_draft.id"
        " JOIN entra_app ON entra_app.id = connection.entra_app_id WHERE tenant = ?",
        tenant,
    )
    return f"{portico.base_url}/scim/v2/{public_id}/token", str(public_id)


class Forwarder:
    """A WSGI application that passes each request on over HTTP: scim2-client has an engine for WSGI, and another for
    an HTTP client that nothing else here needs.
    """

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._session = requests.Session()

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        length = int(environ.get("CONTENT_LENGTH") or 0)
        headers: dict[str, Any] = {
            name.removeprefix("HTTP_").replace("_", "-"): value
            for name, value in environ.items()
            if name.startswith("HTTP_") and name != "HTTP_HOST"
        }
        if environ.get("CONTENT_TYPE"):
            headers["Content-Type"] = environ["CONTENT_TYPE"]
        path = quote(environ.get("SCRIPT_NAME", "") + environ["PATH_INFO"], safe="/:@")
        response = self._session.request(
            environ["REQUEST_METHOD"],
            f"{self._base_url}{path}?{environ.get('QUERY_STRING', '')}",
            data=environ["wsgi.input"].read(length) if length else None,
            headers=headers,
            timeout=60,
            allow_redirects=False,
        )
        kept = [
            (name, value) for name, value in response.headers.items() if name in ("Content-Type", "Location", "ETag")
        ]
        start_response(f"{response.status_code} {response.reason}", kept)
        return [response.content]
