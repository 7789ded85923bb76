"""What all endpoints of SCIM have in common: the token, limits, bodies, conditions, errors, and the log of requests."""

import hashlib
import json
from collections.abc import Callable, Iterator
from functools import wraps
from itertools import chain
from typing import Any, TypeVar
from uuid import UUID

import structlog
from flask import Response, current_app, request, stream_with_context
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from scim2_models import Error, SCIMException
from sqlalchemy.exc import IntegrityError

from app.core import strict_json
from app.core.database import now
from app.core.strict_json import InvalidJson
from app.core.text import gettext_noop as N_
from app.core.unit_of_work import unit_of_work
from app.http.client_info import this_network
from app.http.rate_limits import Budget, Limit, LimitReached, Where, limiter
from app.provisioning.scim import actions as credentials
from app.provisioning.scim import queries, request_log
from app.provisioning.scim.actions import ACCESS_TOKEN_PREFIX
from app.provisioning.scim.errors import INVALID_SYNTAX, INVALID_VALUE, MIMETYPE, UNIQUENESS, ScimError
from app.provisioning.scim.models import ScimGroup, ScimUser
from app.provisioning.scim.queries import Directory
from app.provisioning.scim.request_log import What
from app.provisioning.scim.resources import POLICY
from app.provisioning.scim.text import cleaned
from app.sessions.limits import due_for_touch, token_hash

REQUESTS = Limit("scim", "6000 per minute", N_("requests of a directory"))
"""Of one connection, at each process. Microsoft asks for 25 per second."""
FAILURES = Limit("scim_failures", "60 per minute", N_("requests with an invalid token"))
"""By network and token: companies share Microsoft's networks, and one's expired token must not stop the others."""
RESOURCE_TAKEN = N_("Another resource of this connection has the same userName, displayName or externalId.")
TOKEN_EXPIRED = "token_expired"  # noqa: S105 - a reason
WHOLE_CHARACTERS = 512 * 1024
"""A shorter response is sent as a whole, with its length."""
TYPES = ("application/scim+json", "application/json")

log = structlog.get_logger(__name__)
Endpoint = Callable[..., Response]
R = TypeVar("R", ScimUser, ScimGroup)


def for_directory(endpoint: Endpoint) -> Callable[..., ResponseReturnValue]:
    """A view that answers the directory of a connection. What writes does so inside `recorded`."""

    @wraps(endpoint)
    def view(**arguments: Any) -> ResponseReturnValue:
        try:
            with POLICY:
                response = endpoint(_directory(), **arguments)
        except ScimError as error:
            response = error.response()
        except (SCIMException, ValidationError) as error:
            response = _from_model(error).response()
        except LimitReached as reached:
            response = reached.answer(ScimError(429).response())
        response.headers["Cache-Control"] = "no-store"
        return response

    return view


def recorded(what: What) -> Callable[[Endpoint], Endpoint]:
    """Runs an endpoint that writes in a unit of work. Refusals undo what it has done, and are recorded for the admin's
    page.
    """

    def decorate(endpoint: Endpoint) -> Endpoint:
        @wraps(endpoint)
        def run(directory: Directory, **arguments: Any) -> Response:
            try:
                with unit_of_work():
                    return endpoint(directory, **arguments)
            except (SCIMException, ValidationError) as error:
                refused = _from_model(error)
            except IntegrityError:
                refused = ScimError(409, RESOURCE_TAKEN, UNIQUENESS)
            except ScimError as error:
                refused = error
            with unit_of_work():
                request_log.record_refusal(directory, what, refused)
            raise refused

        return run

    return decorate


def _directory() -> Directory:
    """Raises ScimError and LimitReached."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    token = token.strip() if scheme.lower() == "bearer" else ""
    digest = hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
    with limiter.attempt_often(Budget(FAILURES, Where.NETWORK, f"{this_network()} {digest[:16]}")) as attempt:
        directory = _by_token(token)
        if directory is None:
            attempt.fail()
            raise ScimError(401)
    limiter.count_here(Budget(REQUESTS, Where.NETWORK, str(directory.connection_id)))
    last = directory.last_used_at
    if last is None or due_for_touch(last, now()):
        with unit_of_work():
            credentials.touch(directory.company_id, directory.credential_id, directory.title, is_first=last is None)
    return directory


def _by_token(token: str) -> Directory | None:
    """Of a bearer token or an access token that is valid."""
    if token.startswith(ACCESS_TOKEN_PREFIX):
        directory = queries.by_access_token(token_hash(token))
    else:
        directory = queries.by_bearer_token(token_hash(token)) if token else None
    if directory is None or directory.expires is None or directory.expires >= now().date():
        return directory
    with unit_of_work():
        credentials.record_refusal(
            directory.company_id, directory.connection_id, directory.title, directory.method, TOKEN_EXPIRED
        )
    return None


def _from_model(error: SCIMException | ValidationError) -> ScimError:
    """What scim2-models found wrong."""
    if isinstance(error, SCIMException):
        found = error.to_error()
    else:
        found = Error.from_validation_error(error.errors()[0])
    status = int(found.status or 400)
    return ScimError(status, "%(detail)s", found.scim_type or INVALID_VALUE, detail=found.detail or str(status))


def body() -> dict[str, Any]:
    """The JSON object in the request's body, without characters that no page can show. Raises ScimError."""
    if request.mimetype not in TYPES:
        raise ScimError(415, N_("Send the body as application/scim+json."))
    try:
        found = cleaned(strict_json.read_object(request.get_data(cache=False)))
    except InvalidJson as error:
        raise ScimError(
            400, N_("The body isn’t valid JSON (%(reason)s)."), INVALID_SYNTAX, reason=error.reason
        ) from None
    assert isinstance(found, dict)
    return found


def found(query: Callable[..., R | None], directory: Directory, row_id: str, *, for_change: bool = False) -> R:
    """The resource that a request names. Raises ScimError: 404 for another connection's as for none and for what isn’t
    one of our ids, 412 if the request is for another version.
    """
    try:
        wanted = UUID(row_id)
    except ValueError:
        raise ScimError(404) from None
    row = query(directory, wanted, lock=for_change)
    if row is None:
        raise ScimError(404)
    request_log.about(row.name)
    if for_change:
        _check_version(row.version)
    return row


def location(kind: str, row_id: UUID | str) -> str:
    return f"{current_app.config['BASE_URL']}/scim/v2/{kind}/{row_id}"


def etag(version: int) -> str:
    return f'W/"{version}"'


def _check_version(version: int) -> None:
    """Raises ScimError if the request is for another version."""
    wanted = request.headers.get("If-Match")
    if wanted and wanted.strip() != "*" and etag(version) not in [one.strip() for one in wanted.split(",")]:
        raise ScimError(412)


def answer(content: dict[str, Any], status: int = 200) -> Response:
    """A SCIM response. One resource comes with its ETag, which a reader may have already."""
    meta = content.get("meta", {})
    return written(iter([json.dumps(content)]), status, version=meta.get("version"), place=meta.get("location"))


def written(
    pieces: Iterator[str], status: int = 200, *, version: str | None = None, place: str | None = None
) -> Response:
    """A SCIM response from pieces of its JSON, which are read while they are sent if they are long. `version` and
    `place` (a URL) are those of its one resource.
    """
    if version and request.method == "GET" and request.headers.get("If-None-Match") == version:
        return Response(status=304, headers={"ETag": version}, mimetype=MIMETYPE)
    first, length = [], 0
    while length < WHOLE_CHARACTERS and (piece := next(pieces, None)) is not None:
        first.append(piece)
        length += len(piece)
    rest = "".join(first) if length < WHOLE_CHARACTERS else stream_with_context(chain(first, pieces))
    response = Response(rest, status, mimetype=MIMETYPE)
    if version:
        response.headers["ETag"] = version
    if status == 201 and place:
        response.headers["Location"] = place
    return response


def no_content() -> Response:
    return Response(status=204, mimetype=MIMETYPE)
