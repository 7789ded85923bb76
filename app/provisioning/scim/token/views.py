"""The token endpoint of directories: exchanges a client secret or an assertion for an access token (RFC 6749, 4.4).

Each connection has one of its own, so no credential reaches another connection.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Response, jsonify
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as BaseResponse

from app.applications.provider.errors import ProtocolError, UnauthorizedClient, as_json, too_many
from app.core.database import now
from app.core.text import gettext_noop as N_
from app.core.unit_of_work import unit_of_work
from app.entra.errors import MicrosoftError, OAuthError
from app.http.client_info import this_network
from app.http.rate_limits import FAILED_CLIENT_LIMIT, Budget, Limit, LimitReached, Where, limiter
from app.provisioning.scim import actions as credentials
from app.provisioning.scim import queries
from app.provisioning.scim.actions import ACCESS_TOKEN_LIFE
from app.provisioning.scim.models import Method
from app.provisioning.scim.queries import Client
from app.provisioning.scim.token import authentication
from app.provisioning.scim.token.authentication import INVALID_ASSERTION, WRONG_SECRET, Refused
from app.provisioning.scim.token.presented import SCOPE, Presented, presented

ACCESS_TOKENS = Limit("scim_access_tokens", "120 per minute", N_("access tokens for a directory"))
"""Of one connection; a directory needs one an hour. Counted after it has authenticated."""
RETRY_SECONDS = 5
DESCRIPTIONS = {
    Method.SECRET: "Unknown client_id, or a client secret that is wrong, expired or revoked",
    Method.FEDERATION: "client_assertion is not accepted for this client_id; the audit log of Portico says why",
}


def create(public_id: str) -> ResponseReturnValue:
    """An access token for the connection's directory."""
    response: BaseResponse
    try:
        with _counted(public_id):
            response = _answer(public_id, presented(public_id))
    except ProtocolError as error:
        response = as_json(error)
    except LimitReached as reached:
        response = too_many(reached)
    except MicrosoftError as error:
        response = as_json(ProtocolError("temporarily_unavailable", "Microsoft does not answer; try again", status=503))
        response.headers["Retry-After"] = str(getattr(error, "retry_after", None) or RETRY_SECONDS)
    response.headers["Cache-Control"] = "no-store"
    return response


@contextmanager
def _counted(public_id: str) -> Iterator[None]:
    """Counts failures by client and network. Raises LimitReached."""
    budget = Budget(FAILED_CLIENT_LIMIT, Where.NETWORK, f"{this_network()} scim {public_id[:100]}")
    with limiter.attempt_often(budget) as attempt:
        try:
            yield
        except UnauthorizedClient:
            attempt.fail()
            raise


def _answer(public_id: str, given: Presented) -> Response:
    """Raises ProtocolError, LimitReached and MicrosoftError."""
    client = queries.client(public_id, given.method)
    try:
        token = _access_token(client, given)
    except Refused as refused:
        _record(client, given.method, refused.reason)
        raise UnauthorizedClient(DESCRIPTIONS[given.method]) from None
    seconds = int(ACCESS_TOKEN_LIFE.total_seconds())
    return jsonify({"access_token": token, "token_type": "Bearer", "expires_in": seconds, "scope": SCOPE})


def _access_token(client: Client | None, given: Presented) -> str:
    """Raises Refused, MicrosoftError and LimitReached."""
    assertion = None
    if given.method == Method.SECRET:
        credential = authentication.by_secret(client, given.proof)
    else:
        try:
            credential, assertion = authentication.by_assertion(client, given.proof)
        except OAuthError:
            # The tenant is gone.
            raise Refused(INVALID_ASSERTION) from None
    assert client
    limiter.count_here(Budget(ACCESS_TOKENS, Where.NETWORK, str(client.connection_id)))
    with unit_of_work():
        if assertion and not authentication.spend(client.company_id, client.connection_id, assertion):
            raise Refused("assertion_replayed")
        is_first = credential.last_used_at is None
        if not credentials.touch(client.company_id, credential.id, client.title, is_first=is_first):
            # Revoked meanwhile.
            raise Refused(INVALID_ASSERTION if assertion else WRONG_SECRET)
        return credentials.issue_access_token(client.company_id, credential.id)


def _record(client: Client | None, method: Method, reason: str) -> None:
    """For an unknown client as much is done as for one whose refusals were recorded within the hour."""
    moment = now()
    if client and any(credentials.may_record_refusal(one, moment) for one in client.credentials):
        with unit_of_work():
            credentials.record_refusal(client.company_id, client.connection_id, client.title, method, reason)
