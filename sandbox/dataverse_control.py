"""The control API of the tenants' Dataverse environments. Described with examples in README.md."""

from typing import Any

from flask import Blueprint, request

from sandbox.control import json_view, read_body, tenant_of
from sandbox.documents import Unreadable, guid
from sandbox.environments import Contact, Environment, UnknownField
from sandbox.loopback import reject_remote_requests
from sandbox.state import sandbox

blueprint = Blueprint("dataverse_control", __name__, url_prefix="/sandbox/api/tenants/<tid>/dataverse")
blueprint.before_request(reject_remote_requests)
Document = dict[str, Any]
MAX_COUNT = 1_000_000


def _environment(tid: str) -> Environment:
    tenant = tenant_of(tid)
    return sandbox().environments.of(tenant.tid, tenant.name)


def _shown(environment: Environment) -> Document:
    return {
        "name": environment.name,
        "organization_id": environment.organization_id,
        "application_users": list(environment.application_users),
        "contacts": len(environment),
    }


def _contact(contact: Contact) -> Document:
    return {"id": contact.id, "version": contact.version, **contact.values}


@blueprint.get("")
@json_view
def show(tid: str) -> Document:
    return _shown(_environment(tid))


@blueprint.put("")
@json_view
def configure(tid: str) -> Document:
    """Sets `name` and the `application_users` (client IDs); `forget_changes` expires the issued delta links: with
    `true` they return all contacts, with `"refused"` an error.
    """
    environment, wanted = _environment(tid), read_body()
    unknown = sorted(set(wanted) - {"name", "application_users", "forget_changes"})
    if unknown:
        raise Unreadable(f"unknown: {', '.join(unknown)}; known: name, application_users, forget_changes")
    environment.name = str(wanted.get("name", environment.name))
    if "application_users" in wanted:
        environment.application_users = tuple(guid(one, "application_users") for one in wanted["application_users"])
    environment.rejects_expired = wanted.get("forget_changes") == "refused"
    if wanted.get("forget_changes"):
        # Links issued after this are valid again.
        environment.version += 1
        environment.tracked_since = environment.version
    return _shown(environment)


@blueprint.get("/contacts")
@json_view
def list_contacts(tid: str) -> list[Document]:
    """The first `?count=` contacts."""
    return [_contact(contact) for contact in _environment(tid).first(_number(request.args.get("count", "25")))]


@blueprint.post("/contacts")
@json_view
def create_contacts(tid: str) -> Document:
    """Creates `count` additional contacts."""
    environment = _environment(tid)
    environment.create_many(_number(read_body().get("count")))
    return _shown(environment)


@blueprint.route("/contacts", methods=["PATCH"])
@json_view
def change_contacts(tid: str) -> Document:
    """Sets `values` on the first `count` contacts."""
    environment, wanted = _environment(tid), read_body()
    try:
        environment.update_many(_number(wanted.get("count")), dict(wanted.get("values", {})))
    except UnknownField as error:
        raise Unreadable(str(error)) from None
    return _shown(environment)


@blueprint.delete("/contacts")
@json_view
def delete_contacts(tid: str) -> Document:
    """Deletes the first `?count=` contacts."""
    environment = _environment(tid)
    for contact in environment.first(_number(request.args.get("count"))):
        environment.delete(contact.id)
    return _shown(environment)


@blueprint.put("/contacts/<identity>")
@json_view
def put_contact(tid: str, identity: str) -> Document:
    """Creates or changes a contact."""
    try:
        return _contact(_environment(tid).put(guid(identity), read_body()))
    except UnknownField as error:
        raise Unreadable(str(error)) from None


@blueprint.delete("/contacts/<identity>")
@json_view
def delete_contact(tid: str, identity: str) -> None:
    _environment(tid).delete(guid(identity))


def _number(text: Any) -> int:
    if not str(text).isdecimal() or int(text) > MAX_COUNT:
        raise Unreadable(f"count: a number up to {MAX_COUNT}")
    return int(text)
