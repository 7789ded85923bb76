"""The registration in the sandbox directory, which has a way of its own."""

from app.connections.scripts.quoting import bash
from app.connections.scripts.wanted import Wanted, compact
from app.microsoft import Cloud


def sandbox(wanted: Wanted, cloud: Cloud) -> str:
    """For its control API. What it has of people, secrets and consent stays as it is."""
    address = f"{cloud.browser_origin}/sandbox/api/tenants/{wanted.tenant}/applications/{wanted.client_id}"
    body: dict[str, object] = {"redirect_uris": {"web": wanted.web, "spa": wanted.single_page}}
    if wanted.certificate:
        body["certificates"] = [wanted.certificate]
    return f"curl -X PUT {bash(address)} -d {bash(compact(body))}"
