"""Errors of the protocol, each with a description that tells a developer what to do."""

from flask import jsonify
from werkzeug.wrappers import Response

from app.http.rate_limits import LimitReached


class ProtocolError(Exception):
    """An error with its code of OAuth or OpenID Connect. The description is ASCII and names no secret."""

    def __init__(self, error: str, description: str, *, status: int = 400) -> None:
        super().__init__(error)
        self.error = error
        self.description = description
        self.status = status


class UnauthorizedClient(ProtocolError):
    """The application could not authenticate."""

    def __init__(self, description: str) -> None:
        super().__init__("invalid_client", description, status=401)


def as_json(error: ProtocolError) -> Response:
    """RFC 6749, section 5.2."""
    response = jsonify(error=error.error, error_description=error.description)
    response.status_code = error.status
    response.headers["Cache-Control"] = "no-store"
    if isinstance(error, UnauthorizedClient):
        response.headers["WWW-Authenticate"] = 'Basic realm="portico", charset="UTF-8"'
    return response


def as_bearer_error(error: ProtocolError) -> Response:
    """RFC 6750, section 3."""
    response = as_json(error)
    details = f', error="{error.error}", error_description="{error.description}"' if error.error else ""
    response.headers["WWW-Authenticate"] = f'Bearer realm="portico"{details}'
    return response


def too_many(reached: LimitReached) -> Response:
    response = as_json(
        ProtocolError("temporarily_unavailable", "Too many failed requests; try again later", status=429)
    )
    response.headers["Retry-After"] = str(reached.seconds)
    return response
