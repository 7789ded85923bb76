"""The registration in the sandbox directory, through its control API."""

from app.entra.clouds import Cloud
from app.entra_apps.scripts.app_registration_spec import AppRegistrationSpec, compact
from app.entra_apps.scripts.quoting import bash

JSON = "-H 'Content-Type: application/json'"


def sandbox(wanted: AppRegistrationSpec, cloud: Cloud) -> str:
    """The command for the control API. It only adds: other connections' redirect URIs, people, secrets and consent
    stay.
    """
    address = f"{cloud.browser_origin}/sandbox/api/tenants/{wanted.tenant}/applications/{wanted.client_id}"
    body: dict[str, object] = {"redirect_uris": {"web": wanted.web, "spa": wanted.single_page}}
    if wanted.logout_uri:
        body["logout_url"] = wanted.logout_uri
    if wanted.reads_users:
        body["app_permissions"] = ["User.Read.All"]
    if wanted.certificate:
        body["certificates"] = [wanted.certificate]
    return f"curl -sS --fail-with-body -X PATCH {bash(address)} {JSON} -d {bash(compact(body))}"
