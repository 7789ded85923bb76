"""The effects of drills, for the rows of the table."""

import json
from collections.abc import Mapping
from typing import Any

from flask import Response, render_template

from sandbox.aadsts import Refused
from sandbox.drills import Active, Effect, Interrupted


def refuse(code: int) -> Effect:
    """The AADSTS error of that code. The parameter `at` is `page`, `redirect` or `token`."""

    def effect(subject: Any, active: Active) -> Any:
        raise Refused(code, redirected={"page": False, "redirect": True}.get(active.parameters.get("at", "")))

    return effect


def respond(status: int, body: str, headers: Mapping[str, str]) -> Effect:
    """A fixed response. The parameter `retry_after` (seconds) sets that header."""

    def effect(subject: Any, active: Active) -> Any:
        response = Response(body, status=status, headers=headers)
        if "retry_after" in active.parameters:
            response.headers["Retry-After"] = str(active.parameters["retry_after"])
        raise Interrupted(response)

    return effect


def wait(subject: Any, active: Active) -> Any:
    """Holds the request for `seconds`, or until the drill is stopped."""
    active.stopped.wait(float(active.parameters["seconds"]))
    return subject


def graph_error(status: int, code: str, message: str) -> Effect:
    """An error in Microsoft Graph's shape (https://learn.microsoft.com/graph/errors)."""
    body = json.dumps({"error": {"code": code, "message": message, "innerError": {}}})
    return respond(status, body, {"Content-Type": "application/json"})


def dataverse_error(status: int, code: str, message: str) -> Effect:
    """An error in Dataverse's shape (https://learn.microsoft.com/power-apps/developer/data-platform/webapi)."""
    body = json.dumps({"error": {"code": code, "message": message}})
    return respond(status, body, {"Content-Type": "application/json; odata.metadata=minimal"})


def truncate(subject: Any, active: Active) -> Any:
    """Truncated JSON."""
    text = json.dumps(subject or {"@odata.context": "…", "displayName": "…"})
    raise Interrupted(Response(text[: len(text) // 2], content_type="application/json"))


def without_id_token(subject: dict[str, Any], active: Active) -> dict[str, Any]:
    """A token response without its ID token."""
    return {key: value for key, value in subject.items() if key != "id_token"}


def defective_id_token(subject: dict[str, Any], active: Active) -> dict[str, Any]:
    """The drill's parameters are the defects (see defects.py)."""
    return {**subject, **active.parameters}


def rotate(subject: Any, active: Active) -> Any:
    """Creates a new signing key just before a token is signed."""
    subject(keep_old=bool(active.parameters["keep_old"]))
    return subject


def require_consent(subject: bool, active: Active) -> bool:
    """Consent is requested, whatever was granted before."""
    return True


def someone_else(subject: dict[str, Any], active: Active) -> dict[str, Any]:
    """Graph returns a person other than the token's."""
    return {**subject, "id": active.parameters["id"], "displayName": "Someone Else"}


def start_again(subject: str, active: Active) -> Any:
    """410 Gone: the change-tracking state was lost, for example in a migration of the tenant
    (https://learn.microsoft.com/graph/delta-query-overview#synchronization-reset).
    """
    body = json.dumps({"error": {"code": "resyncRequired", "message": "Resync required.", "innerError": {}}})
    raise Interrupted(Response(body, 410, {"Content-Type": "application/json", "Location": subject}))


def unresponsive(subject: Any, active: Active) -> Any:
    """A page that never redirects."""
    raise Interrupted(Response(render_template("unresponsive.html")))


DOWN = "<!DOCTYPE html><html><head><title>503</title></head><body><h2>Service Unavailable</h2></body></html>"
BUSY = {
    "error": "temporarily_unavailable",
    "error_description": "AADSTS90033: A transient error has occurred. Please try again.",
}
EFFECTS: dict[str, Effect] = {
    "require_consent": require_consent,
    "busy": respond(429, json.dumps(BUSY), {"Content-Type": "application/json; charset=utf-8"}),
    "truncate": truncate,
    "dataverse_busy": dataverse_error(
        429, "0x80072322", "Number of requests exceeded the limit of 6000 over time window of 300 seconds."
    ),
    "dataverse_forbidden": dataverse_error(
        403, "0x80040220", "Principal user is missing prvReadContact privilege for entity 'contact'."
    ),
    "dataverse_unauthorized": dataverse_error(401, "0x80072561", "The access token has been revoked."),
    "dataverse_unavailable": dataverse_error(503, "0x80044150", "The service is temporarily unavailable."),
    "graph_busy": graph_error(429, "TooManyRequests", "Too many requests."),
    "delta_expired": graph_error(
        400,
        "syncStateNotFound",
        "The sync state generation is not found. The delta token is expired and data must be synchronized again.",
    ),
    "graph_forbidden": graph_error(
        403, "Authorization_RequestDenied", "Insufficient privileges to complete the operation."
    ),
    "graph_unavailable": graph_error(503, "ServiceUnavailable", "The service is temporarily unavailable."),
    "unresponsive": unresponsive,
    "rotate": rotate,
    "someone_else": someone_else,
    "start_again": start_again,
    "defective_id_token": defective_id_token,
    "unavailable": respond(503, DOWN, {"Content-Type": "text/html; charset=utf-8"}),
    "wait": wait,
    "without_id_token": without_id_token,
}
