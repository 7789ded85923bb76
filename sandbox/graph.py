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
from sandbox.graph_resources import ROUTES, Answer, Caller, GraphError, Query
from sandbox.journal import note
from sandbox.scopes import GRAPH
from sandbox.state import sandbox

blueprint = Blueprint("graph", __name__, url_prefix="/v1.0")

MOST_IN_BATCH = 20


@blueprint.route("/<path:resource>", methods=["GET", "POST", "OPTIONS"], endpoint="graph")
def graph(resource: str) -> Response:
    """Any request to Graph; allows every origin, since only a bearer token counts."""
    if request.method == "OPTIONS":
        response = make_response("", 204)
        response.headers["Access-Control-Allow-Methods"] = "GET, POST, OPTIONS"
        asked = request.headers.get("Access-Control-Request-Headers", "authorization")
        response.headers["Access-Control-Allow-Headers"] = asked
    else:
        response = _written(_handled(resource))
    response.headers["Access-Control-Allow-Origin"] = "*"
    response.headers["request-id"] = str(uuid.uuid4())
    return response


def _handled(resource: str) -> Answer:
    try:
        caller = _caller()
        note(tid=caller.tenant.tid, client_id=caller.client_id)
        oid = caller.person.oid if caller.person else None
        sandbox().drills.perform("graph", tenant=caller.tenant.tid, client_id=caller.client_id, person=oid)
        if resource == "$batch":
            return _batch(caller)
        return _single(caller, request.method, "/" + resource, request.args)
    except GraphError as error:
        return _error(error)


def _single(caller: Caller, method: str, path: str, parameters: MultiDict[str, str]) -> Answer:
    try:
        resource, values = ROUTES.bind("graph").match(path, method=method)
        return resource(caller, Query(request.host_url + "v1.0", path, parameters), **values)  # type: ignore[no-any-return]
    except HTTPException:
        return _error(GraphError(400, "BadRequest", f"Resource not found for the segment '{path.strip('/')}'."))
    except GraphError as error:
        return _error(error)


def _error(error: GraphError) -> Answer:
    inner = {
        "date": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "request-id": str(uuid.uuid4()),
        "client-request-id": request.headers.get("client-request-id") or str(uuid.uuid4()),
    }
    return Answer(error.status, {"error": {"code": error.code, "message": error.message, "innerError": inner}})


def _written(answer: Answer) -> Response:
    body = answer.body if isinstance(answer.body, bytes) else json.dumps(answer.body, ensure_ascii=False).encode()
    return Response(body, status=answer.status, headers=answer.headers)


def _batch(caller: Caller) -> Answer:
    if request.method != "POST":
        raise GraphError(405, "BadRequest", "The batch endpoint takes POST.")
    body = request.get_json(silent=True)
    steps = body.get("requests") if isinstance(body, dict) else None
    if not isinstance(steps, list) or not all(isinstance(step, dict) for step in steps):
        raise GraphError(400, "BadRequest", "Invalid batch payload format.")
    if len(steps) > MOST_IN_BATCH:
        text = f"Number of batch request steps exceeds the maximum value of {MOST_IN_BATCH}."
        raise GraphError(400, "MaximumValueExceeded", text)
    statuses: dict[str, int] = {}
    responses = []
    for step in steps:
        identity = str(step.get("id"))
        if any(statuses.get(str(other), 0) >= 400 for other in step.get("dependsOn", ())):
            answer = _error(GraphError(424, "FailedDependency", "A request that this one depends on failed."))
        else:
            answer = _step(caller, step)
        statuses[identity] = answer.status
        responses.append({"id": identity, "status": answer.status, "headers": answer.headers, "body": _inlined(answer)})
    return Answer(200, {"responses": responses})


def _step(caller: Caller, step: dict[str, Any]) -> Answer:
    address = urlsplit(str(step.get("url", "")))
    parameters = MultiDict(parse_qsl(address.query))
    return _single(caller, str(step.get("method", "GET")).upper(), "/" + address.path.lstrip("/"), parameters)


def _inlined(answer: Answer) -> Any:
    return base64.b64encode(answer.body).decode() if isinstance(answer.body, bytes) else answer.body


def _caller() -> Caller:
    """The token's caller; raises GraphError (401)."""
    try:
        tenant, claims = read_bearer(GRAPH)
    except BadBearer as error:
        raise GraphError(401, "InvalidAuthenticationToken", str(error)) from None
    person = tenant.people.get(str(claims.get("oid")))
    allowed = frozenset(str(claims.get("scp", "")).split()) | frozenset(claims.get("roles", ()))
    return Caller(tenant, str(claims.get("appid")), person, allowed, app_only=claims.get("idtyp") == "app")
