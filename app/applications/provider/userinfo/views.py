"""The claims of the person whose access token is presented, as they are now."""

from flask import jsonify, request
from flask.typing import ResponseReturnValue

from app.applications import application_config
from app.applications.grants import queries as grants
from app.applications.grants.queries import GrantState
from app.applications.grants.validity import is_valid
from app.applications.provider import cors, tokens
from app.applications.provider.claims import claims_of
from app.applications.provider.endpoint import bearer_token
from app.applications.provider.errors import ProtocolError, as_bearer_error
from app.applications.signing_keys.key_ring import InvalidToken
from app.core.database import now

INVALID = ProtocolError(
    "invalid_token", "The access token is not valid here, has expired, or its grant has ended", status=401
)


def show() -> ResponseReturnValue:
    try:
        grant = _grant()
    except ProtocolError as error:
        return as_bearer_error(error)
    return jsonify(claims_of(grant, "userinfo", tokens.issuer()))


def show_posted() -> ResponseReturnValue:
    return show()


def _grant() -> GrantState:
    token = bearer_token()
    if token is None:
        raise ProtocolError("invalid_token", "Send the access token in the Authorization header: Bearer", status=401)
    try:
        payload, grant_id = tokens.read_access_token(token)
    except InvalidToken:
        raise INVALID from None
    grant = grants.by_id(grant_id)
    if grant is None or payload["aud"] != tokens.userinfo_audience() or not is_valid(grant, now()):
        raise INVALID
    _allow_its_pages(grant)
    if "openid" not in grant.scope.split(" "):
        raise ProtocolError("insufficient_scope", "Ask for the scope openid", status=403)
    return grant


def _allow_its_pages(grant: GrantState) -> None:
    """A request of a web page; other requests cost no query more."""
    if "Origin" in request.headers and (application := application_config.by_client_id(grant.client_id)):
        cors.allow(application)
