"""A page on which people are put into groups and app roles, disabled, deleted and revoked by click."""

from contextlib import suppress
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.exceptions import NotFound

from sandbox.loopback import reject_remote_requests
from sandbox.model import Tenant
from sandbox.provisioning.client import Failed
from sandbox.state import sandbox

blueprint = Blueprint("memberships", __name__)


@blueprint.get("/sandbox/people")
def show() -> str:
    """A tenant's people with their groups and app roles; `?tenant=` chooses it."""
    tenants = list(sandbox().directory.tenants.values())
    chosen = _tenant(request.args.get("tenant") or tenants[0].tid)
    roles = [(application, role) for application in chosen.applications.values() for role in application.app_roles]
    job = sandbox().provisioning.get(chosen.tid)
    return render_template(
        "memberships.html", tenants=tenants, chosen=chosen, roles=roles, endpoint=job and job.client.url
    )


@blueprint.post("/sandbox/people/<tid>/<oid>")
def press(tid: str, oid: str) -> Response:
    """A button of the page."""
    if refusal := reject_remote_requests():
        return refusal
    tenant = _tenant(tid)
    if oid not in tenant.people:
        raise NotFound
    action, _, what = request.form.get("do", "").partition(" ")
    if action not in ACTIONS:
        raise NotFound
    ACTIONS[action](tenant, oid, what)
    if job := sandbox().provisioning.get(tid):
        # What isn't accepted now, the next cycle sends.
        with suppress(Failed):
            job.follow(oid)
    return redirect(url_for("memberships.show", tenant=tid, _anchor=oid), 303)  # type: ignore[return-value]


def _tenant(tid: str) -> Tenant:
    found = sandbox().directory.tenants.get(tid)
    if found is None:
        raise NotFound
    return found


def _toggled(members: tuple[str, ...], oid: str) -> tuple[str, ...]:
    return tuple(one for one in members if one != oid) if oid in members else (*members, oid)


def _toggle_group(tenant: Tenant, oid: str, identity: str) -> None:
    group = tenant.groups.get(identity)
    if group is None:
        raise NotFound
    members = list(_toggled(group.members, oid))
    sandbox().directory.put_group(tenant.tid, identity, {"members": members})


def _toggle_role(tenant: Tenant, oid: str, which: str) -> None:
    """`which` is the application's client id and the role's value."""
    client_id, _, value = which.partition(" ")
    application = tenant.applications.get(client_id)
    if application is None:
        raise NotFound
    roles = tuple(
        replace(role, members=_toggled(role.members, oid)) if role.value == value else role
        for role in application.app_roles
    )
    with sandbox().directory.lock:
        tenant.applications[client_id] = replace(application, app_roles=roles)


def _toggle_disabled(tenant: Tenant, oid: str, _: str) -> None:
    sandbox().directory.put_person(tenant.tid, oid, {"disabled": not tenant.people[oid].disabled})


def _delete(tenant: Tenant, oid: str, _: str) -> None:
    sandbox().directory.delete_person(tenant.tid, oid)


def _revoke(tenant: Tenant, oid: str, _: str) -> None:
    sandbox().grants.revoke(oid)


ACTIONS: dict[str, Any] = {
    "group": _toggle_group,
    "role": _toggle_role,
    "disable": _toggle_disabled,
    "delete": _delete,
    "revoke": _revoke,
}
