"""The control API with which a demo or a test configures the sandbox. Described with examples in README.md."""

import json
from collections.abc import Callable
from dataclasses import asdict
from functools import wraps
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request

from sandbox.documents import Malformed, Unreadable, guid
from sandbox.drills import UnknownDrill
from sandbox.loopback import reject_remote_requests
from sandbox.model import Application, Tenant
from sandbox.state import sandbox

blueprint = Blueprint("control", __name__, url_prefix="/sandbox/api")
blueprint.before_request(reject_remote_requests)
Document = dict[str, Any]


def _error(status: int, text: str) -> Response:
    return make_response(jsonify({"error": text}), status)


def json_view(view: Callable[..., Any]) -> Callable[..., Response]:
    """Turns a view's exceptions into JSON: 404 for an unknown object, 400 for invalid JSON, and 422 for values the
    directory can't hold.
    """

    @wraps(view)
    def wrapped(**arguments: str) -> Response:
        try:
            result = view(**arguments)
        except UnknownDrill as error:
            return _error(404, str(error))
        except KeyError as error:
            return _error(404, f"not found: {error.args[0]}")
        except Malformed as error:
            return _error(400, str(error))
        except Unreadable as error:
            return _error(422, str(error))
        return make_response("", 204) if result is None else jsonify(result)

    return wrapped


def read_body(*, is_optional: bool = False) -> Document:
    """The JSON body, whatever its content type: curl sends everything as a form by default."""
    sent = request.get_data()
    if not sent and is_optional:
        return {}
    try:
        body = json.loads(sent)
    except (ValueError, RecursionError):
        raise Malformed("the body is not JSON") from None
    if not isinstance(body, dict):
        raise Unreadable("the body must be a JSON object")
    return body


def tenant_of(tid: str) -> Tenant:
    return sandbox().directory.tenants[guid(tid, "tid")]


def _shown(value: Any, *without: str) -> Document:
    return {name: item for name, item in asdict(value).items() if name not in without}


def _shown_application(application: Application) -> Document:
    secrets = [_shown(secret, "value") for secret in application.secrets]
    return _shown(application) | {"secrets": secrets}


@blueprint.get("/tenants")
@json_view
def list_tenants() -> list[Document]:
    return [_shown_tenant(tenant) for tenant in list(sandbox().directory.tenants.values())]


def _shown_tenant(tenant: Tenant) -> Document:
    return _shown(tenant, "people", "groups", "applications") | {
        "people": [_shown(person, "photo", "portrait") for person in list(tenant.people.values())],
        "applications": [_shown_application(application) for application in list(tenant.applications.values())],
        "groups": [_shown(group) for group in list(tenant.groups.values())],
    }


@blueprint.get("/tenants/<tid>")
@json_view
def get_tenant(tid: str) -> Document:
    return _shown_tenant(tenant_of(tid))


@blueprint.put("/tenants/<tid>")
@json_view
def put_tenant(tid: str) -> Document:
    return _shown_tenant(sandbox().directory.put_tenant(tid, read_body()))


@blueprint.delete("/tenants/<tid>")
@json_view
def delete_tenant(tid: str) -> None:
    del sandbox().directory.tenants[tenant_of(tid).tid]


@blueprint.put("/tenants/<tid>/applications/<client_id>")
@json_view
def put_application(tid: str, client_id: str) -> Document:
    return _shown_application(sandbox().directory.put_application(tenant_of(tid).tid, client_id, read_body()))


@blueprint.patch("/tenants/<tid>/applications/<client_id>")
@json_view
def merge_application(tid: str, client_id: str) -> Document:
    """Appends to the lists in the document, like an admin adding a redirect URI: existing entries stay."""
    return _shown_application(sandbox().directory.merge_application(tenant_of(tid).tid, client_id, read_body()))


@blueprint.delete("/tenants/<tid>/applications/<client_id>")
@json_view
def delete_application(tid: str, client_id: str) -> None:
    del tenant_of(tid).applications[guid(client_id)]


@blueprint.put("/tenants/<tid>/people/<oid>")
@json_view
def put_person(tid: str, oid: str) -> Document:
    return _shown(sandbox().directory.put_person(tenant_of(tid).tid, oid, read_body()), "photo", "portrait")


@blueprint.delete("/tenants/<tid>/people/<oid>")
@json_view
def delete_person(tid: str, oid: str) -> None:
    sandbox().directory.delete_person(tenant_of(tid).tid, guid(oid))


@blueprint.put("/tenants/<tid>/groups/<identity>")
@json_view
def put_group(tid: str, identity: str) -> Document:
    return _shown(sandbox().directory.put_group(tenant_of(tid).tid, identity, read_body()))


@blueprint.delete("/tenants/<tid>/groups/<identity>")
@json_view
def delete_group(tid: str, identity: str) -> None:
    del tenant_of(tid).groups[guid(identity)]


@blueprint.post("/tenants/<tid>/people/<oid>/revoke")
@json_view
def revoke(tid: str, oid: str) -> None:
    sandbox().grants.revoke(tenant_of(tid).people[guid(oid)].oid)


@blueprint.post("/tenants/<tid>/keys/rotate")
@json_view
def rotate_keys(tid: str) -> Document:
    key = sandbox().keys.rotate(tenant_of(tid).tid, keep_old=bool(read_body(is_optional=True).get("keep_old", True)))
    return {"kid": key.kid}


@blueprint.get("/drills")
@json_view
def list_drills() -> Document:
    drills = sandbox().drills
    return {"active": [active.document() for active in drills.active()], "available": list(drills.table)}


@blueprint.put("/drills")
@json_view
def start_drill() -> Document:
    return sandbox().drills.start(read_body()).document()


@blueprint.delete("/drills")
@json_view
def stop_drills() -> None:
    sandbox().drills.stop()


@blueprint.delete("/drills/<name>")
@json_view
def stop_drill(name: str) -> None:
    sandbox().drills.stop(name, request.args.get("tenant"))


@blueprint.get("/requests")
@json_view
def list_requests() -> Document:
    return {"requests": sandbox().journal.entries()}


@blueprint.delete("/requests")
@json_view
def clear_requests() -> None:
    sandbox().journal.clear()


@blueprint.put("/reset")
@json_view
def reset() -> None:
    sandbox().reset()
