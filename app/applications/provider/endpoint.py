"""What the endpoints for machines have in common: parameters, authentication, limits, CORS, errors in JSON."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps

from flask import jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.applications.application_config import ApplicationConfig
from app.applications.first_request import watch
from app.applications.provider import client_authentication, cors
from app.applications.provider.errors import ProtocolError, as_json, too_many
from app.http.client_info import this_network
from app.http.protocol_parameters import RepeatedParameter, is_form, parameters
from app.http.rate_limits import CLIENT_LIMIT, FAILED_CLIENT_LIMIT, Budget, LimitReached, Where, limiter

Endpoint = Callable[[ApplicationConfig, dict[str, str]], Response]
COUNTED = ("invalid_client", "invalid_grant")
"""Errors by which a client id, a secret or a code could be guessed."""


def for_clients(endpoint: Endpoint) -> Callable[[], ResponseReturnValue]:
    """A view that answers an application which authenticates, and nothing else."""

    @wraps(endpoint)
    def view() -> ResponseReturnValue:
        given: dict[str, str] = {}
        try:
            given = form_parameters()
            presented = client_authentication.presented(given)
            with _counted(presented.client_id):
                application = client_authentication.authenticate(presented)
                cors.allow(application)
                response = endpoint(application, given)
        except ProtocolError as error:
            watch.failed_token_request(given, error)
            response = as_json(error)
        except LimitReached as reached:
            response = too_many(reached)
        response.headers["Cache-Control"] = "no-store"
        return response

    return view


def answer(**values: object) -> Response:
    return jsonify({name: value for name, value in values.items() if value is not None})


def form_parameters() -> dict[str, str]:
    """Raises ProtocolError."""
    if not is_form():
        raise ProtocolError("invalid_request", "Send the parameters as application/x-www-form-urlencoded")
    try:
        return parameters()
    except RepeatedParameter as error:
        raise ProtocolError("invalid_request", f"{error.name.encode('ascii', 'ignore').decode()} is repeated") from None


@contextmanager
def _counted(client_id: str) -> Iterator[None]:
    """Counts failures by application and network, and everything under a high ceiling. Raises LimitReached."""
    key = f"{this_network()} {client_id[:100]}"
    limiter.count_here(Budget(CLIENT_LIMIT, Where.NETWORK, key))
    with limiter.attempt_often(Budget(FAILED_CLIENT_LIMIT, Where.NETWORK, key)) as attempt:
        try:
            yield
        except ProtocolError as error:
            if error.error in COUNTED:
                attempt.fail()
            raise


def bearer_token() -> str | None:
    """The access token of the Authorization header, or of a form (RFC 6750). Raises ProtocolError."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    return form_parameters().get("access_token") if request.method == "POST" and is_form() else None
