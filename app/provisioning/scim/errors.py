"""Errors as SCIM answers them (RFC 7644, section 3.12): always JSON, whatever went wrong."""

import json
from typing import Any

from flask import Response, make_response, request

from app.applications.provider.errors import ProtocolError, as_json
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.http import errors

ROOT = "/scim/"
TOKEN_ENDPOINT = "/token"  # noqa: S105 - an address
TOKEN_ERRORS = {405: "Send a POST", 413: "The body is too large"}
MIMETYPE = "application/scim+json"
ERROR_SCHEMA = "urn:ietf:params:scim:api:messages:2.0:Error"
UNIQUENESS, INVALID_VALUE, INVALID_SYNTAX = "uniqueness", "invalidValue", "invalidSyntax"
INVALID_FILTER, INVALID_PATH, NO_TARGET = "invalidFilter", "invalidPath", "noTarget"

DETAILS = {
    401: N_("The bearer token is missing, unknown, expired or revoked. Create one on the connection’s page."),
    404: N_("There is nothing at this address, or it belongs to another connection."),
    405: N_("This method isn’t supported here."),
    412: N_("The resource has changed meanwhile. Read it again."),
    413: N_("The body is larger than 1 MB. Send less at once."),
    429: N_("Too many requests. Wait as long as Retry-After says."),
    501: N_("Portico doesn’t offer this."),
    503: N_("A service we need isn’t responding. Try again."),
}


class ScimError(Exception):
    """A request that is refused. `text` is marked for translation; `values` are for its placeholders."""

    def __init__(self, status: int, text: str = "", scim_type: str | None = None, **values: str) -> None:
        super().__init__(text)
        self.status = status
        self.text = text or DETAILS.get(status, DETAILS[503])
        self.scim_type = scim_type
        self.values = values

    @property
    def detail(self) -> str:
        return _(self.text, **self.values)

    def response(self) -> Response:
        return error_response(self.status, self.detail, self.scim_type)


def error_response(status: int, detail: str, scim_type: str | None = None) -> Response:
    body: dict[str, Any] = {"schemas": [ERROR_SCHEMA], "status": str(status), "detail": detail}
    if scim_type:
        body["scimType"] = scim_type
    response = Response(json.dumps(body), status, mimetype=MIMETYPE)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="SCIM"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _shaped(status: int, message: str | None) -> Response | None:
    """What the application's error handlers answer to a request below `ROOT`."""
    if not request.path.startswith(ROOT):
        return None
    if request.path.endswith(TOKEN_ENDPOINT):
        return make_response(as_json(_protocol_error(status)))
    return error_response(status, _(DETAILS[status]) if status in DETAILS else message or _(DETAILS[503]))


def _protocol_error(status: int) -> ProtocolError:
    if status >= 500:
        return ProtocolError("temporarily_unavailable", "Try again later", status=status)
    return ProtocolError("invalid_request", TOKEN_ERRORS.get(status, "The request is malformed"), status=status)


def init_app() -> None:
    """Has the application's error handlers answer with SCIM errors."""
    errors.shape_with(_shaped)
