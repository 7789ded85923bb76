"""The control API of the tenants' Dataverse environments. Described with examples in README.md."""

from typing import Any

from flask import Blueprint, request

from sandbox.control import read_body, speaking, tenant_of
from sandbox.documents import Unreadable, guid
from sandbox.environments import Contact, Environment, UnknownField
from sandbox.loopback import refuse_strangers
from sandbox.state import sandbox

blueprint = Blueprint("dataverse_control", __name__, url_prefix="/sandbox/api/tenants/<tid>/dataverse")
blueprint.before_request(refuse_strangers)
Document = dict[str, Any]
MOST_AT_ONCE = 1_000_000


def _environment(tid: str) -> Environment:
    tenant = tenant_of(tid)
    return sandbox().environments.of(tenant.tid, tenant.name)


def _shown(environment: Environment) -> Document:
    return {
        "name": environment.name,
        "organisation_id": environment.organisation_id,
        "application_users": list(environment.application_users),
        "contacts": len(environment),
    }


def _contact(contact: Contact) -> Document:
    return {"id": contact.id, "version": contact.version, **contact.values}


@blueprint.get("")
@speaking
def show(tid: str) -> Document:
    return _shown(_environment(tid))


@blueprint.put("")
@speaking
def arrange(tid: str) -> Document:
    """Sets `name` and the `application_users` (client ids); `forget_changes` expires the issued delta links: with
    `true` they return all contacts, with `"refused"` an error.
    """
    environment, wanted = _environment(tid), read_body()
    unknown = sorted(set(wanted) - {"name", "application_users", "forget_changes"})
    if unknown:
        raise Unreadable(f"unknown: {', '.join(unknown)}; known: name, application_users, forget_changes")
    environment.name = str(wanted.get("name", environment.name))
    if "application_users" in wanted:
        environment.application_users = tuple(guid(one, "application_users") for one in wanted["application_users"])
    environment.refuses_expired = wanted.get("forget_changes") == "refused"
    if wanted.get("forget_changes"):
        # Links that are issued from now on are valid again.
        environment.version += 1
        environment.tracked_since = environment.version
    return _shown(environment)


@blueprint.get("/contacts")
@speaking
def list_contacts(tid: str) -> list[Document]:
    """The first contacts; `?count=` says how many."""
    return [_contact(contact) for contact in _environment(tid).some(_number(request.args.get("count", "25")))]


@blueprint.post("/contacts")
@speaking
def make_contacts(tid: str) -> Document:
    """Creates `count` additional contacts."""
    environment = _environment(tid)
    environment.make_many(_number(read_body().get("count")))
    return _shown(environment)


@blueprint.route("/contacts", methods=["PATCH"])
@speaking
def change_contacts(tid: str) -> Document:
    """Sets `values` on the first `count` contacts."""
    environment, wanted = _environment(tid), read_body()
    try:
        environment.change_many(_number(wanted.get("count")), dict(wanted.get("values", {})))
    except UnknownField as error:
        raise Unreadable(str(error)) from None
    return _shown(environment)


@blueprint.delete("/contacts")
@speaking
def delete_contacts(tid: str) -> Document:
    """Deletes the first contacts; `?count=` says how many."""
    environment = _environment(tid)
    for contact in environment.some(_number(request.args.get("count"))):
        environment.delete(contact.id)
    return _shown(environment)


@blueprint.put("/contacts/<identity>")
@speaking
def put_contact(tid: str, identity: str) -> Document:
    """Creates or changes a contact."""
    try:
        return _contact(_environment(tid).put(guid(identity), read_body()))
    except UnknownField as error:
        raise Unreadable(str(error)) from None


@blueprint.delete("/contacts/<identity>")
@speaking
def delete_contact(tid: str, identity: str) -> None:
    _environment(tid).delete(guid(identity))


def _number(text: Any) -> int:
    if not str(text).isdecimal() or int(text) > MOST_AT_ONCE:
        raise Unreadable(f"count: a number up to {MOST_AT_ONCE}")
    return int(text)
