"""Error responses: as JSON, as a page, or redirected to the application."""

import uuid
from urllib.parse import urlencode

from flask import Response, g, jsonify, render_template, request

from sandbox.aadsts import Refused
from sandbox.state import sandbox


def correlation_id() -> str:
    """The caller's `client-request-id` if it sent one, as Entra ID does; otherwise a new one, kept for this request."""
    if "correlation_id" not in g:
        sent = request.values.get("client-request-id") or request.headers.get("client-request-id", "")
        try:
            g.correlation_id = str(uuid.UUID(sent))
        except ValueError:
            g.correlation_id = str(uuid.uuid4())
    return str(g.correlation_id)


def mention(**details: str) -> None:
    """Records values that an error of this request may mention: `app`, `tenant_name`, `user` …"""
    g.setdefault("details", {}).update(details)


def filled(refused: Refused) -> Refused:
    """The error, with its message's placeholders filled from this request."""
    refused.fill(g.get("details", {}))
    return refused


def as_json(refused: Refused) -> Response:
    """The response of discovery, keys and token endpoints."""
    document = filled(refused).document(correlation_id(), sandbox().addresses.server)
    response = jsonify(document)
    response.status_code = refused.fault.status
    return response


def as_page(refused: Refused, *, back: str | None = None, other_account: str | None = None) -> Response:
    """The page that Entra ID shows if it doesn't redirect the person.

    `back` links to the application nevertheless, `other_account` to the account picker.
    """
    links = {"back": back, "other_account": other_account}
    page = render_template("refused.html", refused=filled(refused), correlation_id=correlation_id(), **links)
    return Response(page, status=400)


def redirect_parameters(refused: Refused) -> dict[str, str]:
    """The error parameters at the redirect URI.

    https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#error-response
    """
    parameters = {"error": refused.error, "error_description": filled(refused).describe(correlation_id())}
    if refused.fault.code == 65004:  # the person pressed Cancel
        parameters["error_subcode"] = "cancel"
    query = urlencode({"code": refused.fault.code})
    return parameters | {"error_uri": f"{sandbox().addresses.server}/error?{query}"}
