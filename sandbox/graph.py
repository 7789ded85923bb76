"""The part of Microsoft Graph v1.0 that sign-in needs: HTTP, bearer tokens and batches around graph_resources.

https://learn.microsoft.com/graph/api/overview, https://learn.microsoft.com/graph/json-batching
"""

import base64
import json
import uuid
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from flask import Blueprint, Response, make_response, request
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import HTTPException

from sandbox.bearers import BadBearer, read_bearer
from sandbox.graph_resources import Caller, GraphError, Query, Result
from sandbox.graph_routes import ROUTES
from sandbox.journal import note
from sandbox.scopes import GRAPH
from sandbox.state import sandbox

blueprint = Blueprint("graph", __name__, url_prefix="/v1.0")

MAX_BATCH_SIZE = 20


@blueprint.route("/<path:resource>", methods=["GET", "POST", "OPTIONS"], endpoint="graph")
def graph(resource: str) -> Response:
    """Any request to Graph; allows every origin, since only a bearer token counts."""
    if request.method == "OPTIONS":
        response = make_response("", 204)
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        requested_headers = request.headers.get("Access-Control-Request-Headers", "authorization")
        response.headers["Access-Control-Allow-Headers"] = requested_headers
    else:
        response = _response(_handle(resource))
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["request-id"] = str(uuid.uuid4())
    return response


def _handle(resource: str) -> Result:
    try:
        caller = _caller()
        note(tid=caller.tenant.tid, client_id=caller.client_id)
        oid = caller.person.oid if caller.person else None
        sandbox().drills.perform("graph", tenant=caller.tenant.tid, client_id=caller.client_id, person=oid)
        if resource == "$batch":
            return _batch(caller)
        return _single(caller, request.method, "/" + resource, request.args, request.get_json(silent=True))
    except GraphError as error:
        return _error(error)


def _single(caller: Caller, method: str, path: str, parameters: MultiDict[str, str], body: Any) -> Result:
    try:
        resource, values = ROUTES.bind("graph").match(path, method=method)
        query = Query(request.host_url + "v1.0", path, parameters, body)
        return resource(caller, query, **values)  # type: ignore[no-any-return]
    except HTTPException:
        return _error(GraphError(400, "BadRequest", f"Resource not found for the segment '{path.strip('/')}'."))
    except GraphError as error:
        return _error(error)


def _error(error: GraphError) -> Result:
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": str(uuid.uuid4()),
        "client-request-id": request.headers.get("client-request-id") or str(uuid.uuid4()),
    }
    return Result(error.status, {"error": {"code": error.code, "message": error.message, "innerError": inner}})


def _response(result: Result) -> Response:
    body = result.body if isinstance(result.body, bytes) else json.dumps(result.body, ensure_ascii=False).encode()
    return Response(body, status=result.status, headers=result.headers)


def _batch(caller: Caller) -> Result:
    if request.method != "POST":
        raise GraphError(405, "BadRequest", "The batch endpoint only supports POST.")
    body = request.get_json(silent=True)
    steps = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise GraphError(400, "BadRequest", "Invalid batch payload format.")
    if len(steps) > MAX_BATCH_SIZE:
        text = f"Number of batch request steps exceeds the maximum value of {MAX_BATCH_SIZE}."
        raise GraphError(400, "MaximumValueExceeded", text)
    statuses: dict[str, int] = {}
    responses = []
    for step in steps:
        identity = str(step.get("id"))
        if any(statuses.get(str(other), 0) >= 400 for other in step.get("dependsOn", ())):
            result = _error(GraphError(424, "FailedDependency", "A request that this one depends on failed."))
        else:
            result = _step(caller, step)
        statuses[identity] = result.status
        responses.append({"id": identity, "status": result.status, "headers": result.headers, "body": _inlined(result)})
    return Result(200, {"responses": responses})


def _step(caller: Caller, step: dict[str, Any]) -> Result:
    address = urlsplit(str(step.get("url", "")))
    parameters = MultiDict(parse_qsl(address.query))
    method, path = str(step.get("method", "GET")).upper(), "/" + address.path.lstrip("/")
    return _single(caller, method, path, parameters, step.get("body"))


def _inlined(result: Result) -> Any:
    return base64.b64encode(result.body).decode() if isinstance(result.body, bytes) else result.body


def _caller() -> Caller:
    """The token's caller; raises GraphError (401)."""
    try:
        tenant, claims = read_bearer(GRAPH)
    except BadBearer as error:
        raise GraphError(401, "InvalidAuthenticationToken", str(error)) from None
    person = tenant.people.get(str(claims.get("oid")))
    allowed = frozenset(str(claims.get("scp", "")).split()) | frozenset(claims.get("roles", ()))
    return Caller(tenant, str(claims.get("appid")), person, allowed, app_only=claims.get("idtyp") == "app")
