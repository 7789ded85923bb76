"""The control API of provisioning: which endpoint a tenant is provisioned to, and its cycles at a call."""

from typing import Any

from flask import Blueprint

from sandbox.control import json_view, read_body, tenant_of
from sandbox.documents import Unreadable, guid, read
from sandbox.loopback import reject_remote_requests
from sandbox.model import Group, Tenant
from sandbox.provisioning.authentication import SENT, AccessTokens, with_assertion, with_secret
from sandbox.provisioning.client import Failed, ScimClient
from sandbox.provisioning.engine import Job
from sandbox.provisioning.workload_identity import assertion, shown_in_portal
from sandbox.state import sandbox

blueprint = Blueprint("provisioning", __name__, url_prefix="/sandbox/api/tenants/<tid>")
blueprint.before_request(reject_remote_requests)


@blueprint.put("/provisioning")
@json_view
def connect(tid: str) -> dict[str, Any]:
    """`url` and how to authenticate, as an admin enters them: `token`; or `token_endpoint` and `client_id` with
    `client_secret` and how it is `sent`, or with the application id of a `workload_identity`. Tests the connection.
    """
    document, tenant = read_body(), tenant_of(tid)
    job = Job(tenant, ScimClient(_text(document, "url"), _authentication(document, tenant)))
    try:
        job.test_connection()
    except Failed as failed:
        raise Unreadable(f"the connection test failed: {failed}") from None
    sandbox().provisioning[tenant.tid] = job
    return _shown(job)


def _authentication(document: dict[str, Any], tenant: Tenant) -> str | AccessTokens:
    names = {*document} - {"url"}
    if names == {"token"}:
        return _text(document, "token")
    if names == {"token_endpoint", "client_id", "client_secret", "sent"} and document["sent"] in SENT:
        secret = _text(document, "client_secret")
        return with_secret(
            _text(document, "token_endpoint"), _text(document, "client_id"), secret, sent=document["sent"]
        )
    if names == {"token_endpoint", "client_id", "workload_identity"}:
        application, here = guid(document["workload_identity"]), sandbox()
        return with_assertion(
            _text(document, "token_endpoint"),
            _text(document, "client_id"),
            lambda: assertion(here, tenant, application),
        )
    raise Unreadable("needs url, and token, or token_endpoint and client_id with client_secret or workload_identity")


def _text(document: dict[str, Any], name: str) -> str:
    if not isinstance(document.get(name), str):
        raise Unreadable(f"{name} isn't a text")
    return str(document[name])


@blueprint.get("/provisioning/workload-identity/<application>")
@json_view
def show_workload_identity(tid: str, application: str) -> dict[str, str]:
    """What Entra shows after an admin has selected this workload identity."""
    return shown_in_portal(sandbox(), tenant_of(tid), guid(application))


@blueprint.post("/provisioning/workload-identity/<application>/assertions")
@json_view
def create_assertion(tid: str, application: str) -> dict[str, str]:
    """An assertion as the service sends it; the body has the same defects as the drill `id_token`."""
    return {"assertion": assertion(sandbox(), tenant_of(tid), guid(application), read_body())}


@blueprint.get("/provisioning")
@json_view
def show(tid: str) -> dict[str, Any]:
    return _shown(_job(tid))


@blueprint.delete("/provisioning")
@json_view
def disconnect(tid: str) -> None:
    del sandbox().provisioning[tenant_of(tid).tid]


@blueprint.post("/provisioning/cycle")
@json_view
def cycle(tid: str) -> dict[str, Any]:
    job = _job(tid)
    job.cycle()
    return _shown(job)


@blueprint.post("/provisioning/on-demand/<oid>")
@json_view
def on_demand(tid: str, oid: str) -> dict[str, Any]:
    job = _job(tid)
    try:
        job.on_demand(guid(oid))
    except Failed as failed:
        raise Unreadable(str(failed)) from None
    return _shown(job)


@blueprint.post("/provisioning/purge/<oid>")
@json_view
def purge(tid: str, oid: str) -> dict[str, Any]:
    """Deletes for good whom `DELETE …/people/<oid>` has deleted."""
    job = _job(tid)
    try:
        job.purge(guid(oid))
    except Failed as failed:
        raise Unreadable(str(failed)) from None
    return _shown(job)


@blueprint.put("/groups/<group_id>")
@json_view
def put_group(tid: str, group_id: str) -> dict[str, Any]:
    """Creates or changes a group: `name`, `members`."""
    groups, identity = tenant_of(tid).groups, guid(group_id)
    groups[identity] = read(Group, read_body(), groups.get(identity), id=identity)
    return {"id": identity, "name": groups[identity].name, "members": list(groups[identity].members)}


@blueprint.delete("/groups/<group_id>")
@json_view
def delete_group(tid: str, group_id: str) -> None:
    del tenant_of(tid).groups[guid(group_id)]


def _job(tid: str) -> Job:
    return sandbox().provisioning[tenant_of(tid).tid]


def _shown(job: Job) -> dict[str, Any]:
    return {
        "url": job.client.url,
        "users": len(job.users),
        "groups": len(job.groups),
        "requests": job.client.sent,
        "failed": job.escrow,
    }
