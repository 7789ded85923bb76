"""The token endpoint, and those that tell about tokens and end them."""

import hmac
import re
from uuid import UUID

from werkzeug.wrappers import Response

from app.applications import queries as applications
from app.applications.application_config import ApplicationConfig
from app.applications.grants import actions, queries
from app.applications.grants.actions import secret_hash
from app.applications.grants.queries import GrantState
from app.applications.grants.validity import is_valid
from app.applications.models import Authentication
from app.applications.pkce import challenge_of
from app.applications.provider import claims, tokens
from app.applications.provider.endpoint import answer, for_clients
from app.applications.provider.errors import ProtocolError
from app.applications.provider.token.presented import PresentedToken, find
from app.audit.events.applications import GrantRevoked
from app.audit.log import record
from app.core.database import now
from app.core.unit_of_work import unit_of_work

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
INVALID_CODE = "The code is not valid: it was used, is older than a minute, or belongs to another request"
INVALID_REFRESH_TOKEN = "The refresh token is not valid, or its grant has ended"  # noqa: S105 - a message


@for_clients
def issue(application: ApplicationConfig, parameters: dict[str, str]) -> Response:
    """Raises ProtocolError."""
    grant_type = parameters.get("grant_type")
    if grant_type == "authorization_code":
        return _redeem_code(application, parameters)
    if grant_type == "refresh_token":
        return _refresh(application, parameters)
    if grant_type is None:
        raise ProtocolError("invalid_request", "Add grant_type")
    raise ProtocolError("unsupported_grant_type", "Use grant_type=authorization_code or refresh_token")


def _redeem_code(application: ApplicationConfig, parameters: dict[str, str]) -> Response:
    """What doesn't fit the code neither uses it up nor counts as a replay: only its own application can do that."""
    grant = queries.by_code(secret_hash(_required(parameters, "code")))
    if grant is None or grant.application_id != application.id:
        raise ProtocolError("invalid_grant", INVALID_CODE)
    if _required(parameters, "redirect_uri") != grant.redirect_uri:
        raise ProtocolError("invalid_grant", "redirect_uri differs from the one of the authorization request")
    _check_verifier(grant.code_challenge, parameters.get("code_verifier"))
    moment = now()
    with unit_of_work():
        is_first = actions.redeem_code(grant)
        is_good = is_first and grant.code_expires_at > moment and is_valid(grant, moment)
        refresh_token = actions.issue_refresh_token(grant) if is_good else None
        grant = actions.with_picture(grant) if is_good else grant
    if not is_good:
        raise ProtocolError("invalid_grant", INVALID_CODE)
    return _tokens(grant, refresh_token, nonce=grant.nonce)


def _refresh(application: ApplicationConfig, parameters: dict[str, str]) -> Response:
    token = queries.refresh_token(secret_hash(_required(parameters, "refresh_token")))
    if token is None or token.grant.application_id != application.id or not is_valid(token.grant, now()):
        raise ProtocolError("invalid_grant", INVALID_REFRESH_TOKEN)
    grant = token.grant
    if {*parameters.get("scope", "").split()} - {*grant.scope.split(" ")}:
        raise ProtocolError("invalid_scope", "Ask for no scope beyond those of the authorization request")
    with unit_of_work():
        successor = actions.rotate(token)
        grant = actions.with_picture(grant)
    if successor is None:
        raise ProtocolError("invalid_grant", INVALID_REFRESH_TOKEN)
    return _tokens(grant, successor, nonce=None)


def _tokens(grant: GrantState, refresh_token: str | None, *, nonce: str | None) -> Response:
    """RFC 6749, section 5.1. A refreshed ID token has no nonce, which was for the first one."""
    access = tokens.access_token(grant, _resource_roles(grant))
    is_openid = "openid" in grant.scope.split(" ")
    return answer(
        access_token=access,
        token_type="Bearer",  # noqa: S106 - a name of the protocol's
        expires_in=tokens.ACCESS_TOKEN_SECONDS,
        scope=grant.scope,
        refresh_token=refresh_token,
        id_token=tokens.id_token(grant, access, nonce=nonce) if is_openid else None,
    )


def _resource_roles(grant: GrantState) -> list[str] | None:
    """The roles in the application that owns the resource."""
    owner = applications.resource(grant.resource) if grant.resource else None
    return applications.roles_of(grant.company_id, grant.person_id, owner[0]) if owner else None


def _check_verifier(challenge: str | None, verifier: str | None) -> None:
    """PKCE (RFC 7636). A verifier without a challenge means that the challenge was removed on the way (RFC 9700)."""
    if challenge is None:
        if verifier is not None:
            raise ProtocolError("invalid_grant", "code_verifier without code_challenge in the authorization request")
        return
    if verifier is None or not VERIFIER.fullmatch(verifier):
        raise ProtocolError("invalid_grant", "Add code_verifier: 43 to 128 letters, digits or - . _ ~")
    if not hmac.compare_digest(challenge_of(verifier), challenge):
        raise ProtocolError("invalid_grant", "code_verifier does not fit code_challenge")


@for_clients
def introspect(application: ApplicationConfig, parameters: dict[str, str]) -> Response:
    """RFC 7662, for the caller's own tokens and those for its own resource. Of others it learns nothing."""
    if application.authentication == Authentication.NONE:
        raise ProtocolError("unauthorized_client", "Introspection is for applications with a secret or a key")
    found = find(_required(parameters, "token"))
    if found is None or not _may_see(application, found) or not is_valid(found.grant, now()) or found.is_over:
        return answer(active=False)
    grant, payload = found.grant, found.payload
    owner = _resource_owner(grant)
    return answer(
        active=True,
        client_id=grant.client_id,
        scope=grant.scope,
        sub=claims.subject(grant.person_id, grant.subject_type, grant.subject_salt),
        iss=tokens.issuer(),
        aud=payload.get("aud"),
        exp=payload.get("exp"),
        iat=payload.get("iat"),
        jti=payload.get("jti"),
        token_type="Bearer" if payload else None,
        org_id=grant.org_id,
        org_role=grant.org_role,
        roles=applications.roles_of(grant.company_id, grant.person_id, owner or grant.application_id),
    )


@for_clients
def revoke(application: ApplicationConfig, parameters: dict[str, str]) -> Response:
    """RFC 7009. Either token ends the grant; an unknown one is no error."""
    found = find(_required(parameters, "token"))
    if found and found.grant.application_id == application.id:
        grant = found.grant
        with unit_of_work():
            if actions.revoke(grant.company_id, grant.id):
                record(
                    GrantRevoked(
                        company_id=grant.company_id,
                        subject_id=grant.person_id,
                        application=grant.application_id,
                        client=grant.client_id,
                    )
                )
    return answer()


def _may_see(application: ApplicationConfig, found: PresentedToken) -> bool:
    if found.grant.application_id == application.id:
        return True
    return bool(found.payload) and _resource_owner(found.grant) == application.id


def _resource_owner(grant: GrantState) -> UUID | None:
    owner = applications.resource(grant.resource) if grant.resource else None
    return owner[0] if owner else None


def _required(parameters: dict[str, str], name: str) -> str:
    if name not in parameters:
        raise ProtocolError("invalid_request", f"Add {name}")
    return parameters[name]
