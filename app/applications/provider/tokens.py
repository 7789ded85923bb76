"""The tokens that applications receive."""

import base64
import hashlib
import secrets
from typing import Any
from uuid import UUID

from flask import current_app

from app.applications.grants.queries import GrantState
from app.applications.provider import claims
from app.applications.signing_keys.key_ring import InvalidToken, key_ring
from app.applications.signing_keys.rotation import ALGORITHMS, ES256
from app.core.database import now

ACCESS_TOKEN_SECONDS = 600
ID_TOKEN_SECONDS = 600
LOGOUT_TOKEN_SECONDS = 120
ACCESS_TOKEN, ID_TOKEN, LOGOUT_TOKEN = "at+jwt", "JWT", "logout+jwt"
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
GRANT = "grant_id"
"""Our own claim in access tokens: the grant, whose row is looked at wherever a token comes back to us."""


def issuer() -> str:
    return str(current_app.config["BASE_URL"])


def userinfo_audience() -> str:
    return f"{issuer()}/oauth/userinfo"


def access_token(grant: GrantState, resource_roles: list[str] | None = None) -> str:
    """RFC 9068. For userinfo, or for the resource that was asked for, whose owner's roles it has then."""
    payload: dict[str, Any] = {
        **_lifetime(ACCESS_TOKEN_SECONDS),
        "aud": grant.resource or userinfo_audience(),
        "sub": claims.subject(grant.person_id, grant.subject_type, grant.subject_salt),
        "client_id": grant.client_id,
        "scope": grant.scope,
        GRANT: str(grant.id),
    }
    if grant.resource:
        payload |= {
            "auth_time": int(grant.auth_time.timestamp()),
            "org_id": grant.org_id,
            "org_role": grant.org_role,
            "roles": resource_roles or [],
        }
    return key_ring().sign(payload, ES256, ACCESS_TOKEN)


def id_token(grant: GrantState, access: str, *, nonce: str | None) -> str:
    payload = {
        **_lifetime(ID_TOKEN_SECONDS),
        "aud": grant.client_id,
        "at_hash": _half_hash(access),
        **claims.claims_of(grant, "id_token", issuer()),
    }
    return key_ring().sign(payload | ({"nonce": nonce} if nonce else {}), grant.id_token_signed_response_alg, ID_TOKEN)


def logout_token(client_id: str, sub: str, sid: str, algorithm: str) -> str:
    """OpenID Connect Back-Channel Logout 1.0, section 2.4; signed as the ID token whose `sub` and `sid` it has."""
    payload = {
        **_lifetime(LOGOUT_TOKEN_SECONDS),
        "aud": client_id,
        "sub": sub,
        "sid": sid,
        "events": {LOGOUT_EVENT: {}},
    }
    return key_ring().sign(payload, algorithm, LOGOUT_TOKEN)


def read_access_token(token: str) -> tuple[dict[str, Any], UUID]:
    """The claims of an access token of ours, and its grant. Raises InvalidToken."""
    payload = key_ring().verify(token, (ES256,), ACCESS_TOKEN)
    try:
        return payload, UUID(str(payload[GRANT]))
    except (KeyError, ValueError):
        raise InvalidToken("without a grant") from None


def read_id_token_hint(token: str) -> dict[str, Any]:
    """The claims of an ID token of ours, also if it has expired. Raises InvalidToken."""
    return key_ring().verify(token, ALGORITHMS, ID_TOKEN, expired=True)


def _lifetime(seconds: int) -> dict[str, Any]:
    moment = int(now().timestamp())
    return {"iss": issuer(), "iat": moment, "exp": moment + seconds, "jti": secrets.token_urlsafe(16)}


def _half_hash(token: str) -> str:
    """`at_hash` of OpenID Connect Core, section 3.1.3.6, for RS256 and ES256."""
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()[:16]).decode().rstrip("=")
