"""The registration in the sandbox directory, which has a way of its own."""

from app.entra import Cloud
from app.entra_apps.scripts.app_registration_spec import AppRegistrationSpec, compact
from app.entra_apps.scripts.quoting import bash

JSON = "-H 'Content-Type: application/json'"


def sandbox(wanted: AppRegistrationSpec, cloud: Cloud) -> str:
    """For its control API. It adds: redirect URIs of other connections stay, and so do people, secrets and consent."""
    address = f"{cloud.browser_origin}/sandbox/api/tenants/{wanted.tenant}/applications/{wanted.client_id}"
    body: dict[str, object] = {"redirect_uris": {"web": wanted.web, "spa": wanted.single_page}}
    if wanted.certificate:
        body["certificates"] = [wanted.certificate]
    return f"curl -sS --fail-with-body -X PATCH {bash(address)} {JSON} -d {bash(compact(body))}"
