"""How an application proves who it is."""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from flask import current_app

from app.applications import application_config
from app.applications.application_config import ApplicationConfig
from app.applications.client_keys import ClientKey, ClientKeys, KeysUnavailable, usable
from app.applications.grants.actions import secret_hash
from app.applications.models import Authentication, Kind
from app.applications.provider import client_assertions
from app.applications.provider.errors import ProtocolError, UnauthorizedClient
from app.applications.provider.tokens import issuer
from app.core.database import now, release_connection
from app.core.unit_of_work import unit_of_work
from app.http.protocol_parameters import InvalidBasic, basic_credentials

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
ASSERTION_ALGORITHMS = ("RS256", "PS256", "ES256")
LONGEST_ASSERTION_SECONDS = 300
SKEW_SECONDS = 30
ACCEPTED: dict[str, tuple[str, ...]] = {
    Authentication.SECRET: (Authentication.SECRET_BASIC, Authentication.SECRET_POST),
    Authentication.SECRET_BASIC: (Authentication.SECRET_BASIC,),
    Authentication.SECRET_POST: (Authentication.SECRET_POST,),
    Authentication.PRIVATE_KEY_JWT: (Authentication.PRIVATE_KEY_JWT,),
    Authentication.NONE: (Authentication.NONE,),
}
"""The ways in which a request may authenticate, by the registered method."""


@dataclass(frozen=True)
class Presented:
    """What a request presents."""

    client_id: str
    method: str
    proof: str = ""


def presented(parameters: dict[str, str]) -> Presented:
    """Raises ProtocolError if the request authenticates in none or in several ways."""
    found = [one for one in (_basic(), _assertion(parameters), _posted(parameters)) if one]
    if len(found) > 1:
        raise ProtocolError("invalid_request", "Authenticate in one way only: Authorization header, or body")
    client_id = parameters.get("client_id")
    if found:
        if client_id is not None and client_id != found[0].client_id:
            raise UnauthorizedClient("client_id differs from the one that authenticates")
        return found[0]
    if client_id is None:
        raise UnauthorizedClient("Add client_id, or authenticate with HTTP Basic")
    return Presented(client_id, Authentication.NONE)


def authenticate(given: Presented) -> ApplicationConfig:
    """The application. Outside of a unit of work. Raises UnauthorizedClient."""
    application = application_config.by_client_id(given.client_id)
    if application is None or not application.is_enabled or application.kind == Kind.FORWARD_AUTH:
        raise UnauthorizedClient("Unknown client_id, wrong secret, or a disabled application")
    if given.method not in ACCEPTED[application.authentication]:
        raise UnauthorizedClient(f"This application authenticates with {application.authentication}")
    if given.method == Authentication.PRIVATE_KEY_JWT:
        _check_assertion(application, given.proof)
    elif given.method != Authentication.NONE and not _is_secret(application, given.proof, now()):
        raise UnauthorizedClient("Unknown client_id, wrong secret, or a disabled application")
    return application


def _is_secret(application: ApplicationConfig, secret: str, moment: datetime) -> bool:
    presented_hash = secret_hash(secret)
    # Every stored hash is compared, so that the time tells nothing.
    matching = [
        hmac.compare_digest(one.value, presented_hash) and (one.expires_at is None or one.expires_at > moment)
        for one in application.secrets
    ]
    return any(matching)


def _basic() -> Presented | None:
    try:
        found = basic_credentials()
    except InvalidBasic:
        raise UnauthorizedClient("The Authorization header is not HTTP Basic") from None
    return Presented(found[0], Authentication.SECRET_BASIC, found[1]) if found else None


def _posted(parameters: dict[str, str]) -> Presented | None:
    if "client_secret" not in parameters:
        return None
    return Presented(parameters.get("client_id", ""), Authentication.SECRET_POST, parameters["client_secret"])


def _assertion(parameters: dict[str, str]) -> Presented | None:
    if "client_assertion" not in parameters:
        return None
    if parameters.get("client_assertion_type") != ASSERTION_TYPE:
        raise ProtocolError("invalid_request", f"Use client_assertion_type={ASSERTION_TYPE}")
    try:
        claimed = jwt.decode(parameters["client_assertion"], options={"verify_signature": False})
        client_id = str(claimed["sub"])
        client_id.encode()  # JSON can contain lone surrogates, which UTF-8 can't encode.
    except (jwt.PyJWTError, ValueError, KeyError):
        raise UnauthorizedClient("client_assertion is not a JWT with sub") from None
    return Presented(client_id, Authentication.PRIVATE_KEY_JWT, parameters["client_assertion"])


def _check_assertion(application: ApplicationConfig, assertion: str) -> None:
    """RFC 7523, with one audience as OpenID Connect's advice of 2025 has it. Raises UnauthorizedClient."""
    try:
        claimed = _verified(application, assertion)
    except (jwt.PyJWTError, ValueError, TypeError) as error:
        raise UnauthorizedClient(f"client_assertion is not valid: {type(error).__name__}") from None
    if claimed["iss"] != application.client_id or claimed["sub"] != application.client_id:
        raise UnauthorizedClient("iss and sub of client_assertion must be the client_id")
    if claimed["aud"] not in (issuer(), f"{issuer()}/oauth/token"):
        raise UnauthorizedClient("aud of client_assertion must be the issuer or the token endpoint, as one string")
    if claimed["exp"] > now().timestamp() + LONGEST_ASSERTION_SECONDS + SKEW_SECONDS:
        raise UnauthorizedClient(f"client_assertion may be valid for {LONGEST_ASSERTION_SECONDS} seconds at most")
    with unit_of_work():
        is_new = client_assertions.spend(application.id, str(claimed["jti"]))
    if not is_new:
        raise UnauthorizedClient("jti of client_assertion was used before")


def _verified(application: ApplicationConfig, assertion: str) -> dict[str, Any]:
    """The claims of an assertion signed with one of the application's keys."""
    header = jwt.get_unverified_header(assertion)
    algorithm, kid = header.get("alg"), header.get("kid")
    if algorithm not in ASSERTION_ALGORITHMS:
        raise jwt.InvalidAlgorithmError
    for key in _keys(application, kid if isinstance(kid, str) else None):
        if algorithm not in key.algorithms:
            continue
        try:
            return jwt.decode(
                assertion,
                key.key,
                [algorithm],
                leeway=SKEW_SECONDS,
                options={"verify_aud": False, "require": ["iss", "sub", "aud", "exp", "jti"]},
            )
        except jwt.InvalidSignatureError:
            continue
    raise jwt.InvalidKeyError


def _keys(application: ApplicationConfig, kid: str | None) -> Iterable[ClientKey]:
    """Its keys that an assertion with this `kid` may be signed with. Raises UnauthorizedClient."""
    if application.jwks_uri is None:
        return [key for key in usable(application.jwks or {}) if kid is None or key.kid in (None, kid)]
    keys: ClientKeys = current_app.extensions["client_keys"]
    release_connection()
    try:
        return keys.candidates(application.jwks_uri, kid)
    except KeysUnavailable as problem:
        raise UnauthorizedClient(f"The keys at jwks_uri cannot be read: {problem}") from None
