"""Validates access tokens as a resource does: signature by one of the tenant's keys, times, and audience."""

from typing import Any

import jwt
from flask import request

from sandbox.model import Tenant
from sandbox.state import sandbox


class BadBearer(Exception):
    """The token is invalid; the text says why."""


def read_bearer(audience: str) -> tuple[Tenant, dict[str, Any]]:
    """The tenant and the claims of this request's bearer token; raises BadBearer."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise BadBearer("Access token is empty.")
    try:
        unverified = jwt.decode(token, options={"verify_signature": False})
        tenant = sandbox().directory.tenants[str(unverified.get("tid"))]
        key = sandbox().keys.known(tenant.tid, str(jwt.get_unverified_header(token).get("kid")))
        if key is None:
            raise BadBearer("Signing key is invalid.")
        claims = jwt.decode(token, key.private.public_key(), algorithms=["RS256"], audience=audience)
    except jwt.ExpiredSignatureError:
        raise BadBearer("Lifetime validation failed, the token is expired.") from None
    except jwt.InvalidAudienceError:
        raise BadBearer("Access token validation failure. Invalid audience.") from None
    except (jwt.PyJWTError, KeyError):
        text = "IDX14100: JWT is not well formed, there are no dots (.)." if "." not in token else "Invalid token."
        raise BadBearer(text) from None
    return tenant, claims
