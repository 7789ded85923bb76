"""What an application learns about a person: the same names everywhere, and only what it asked for. Pure functions."""

import base64
import hashlib
import hmac
from typing import Any
from uuid import UUID

from app.applications.grants.queries import GrantState
from app.applications.models import SubjectType

BY_SCOPE = {
    "openid": ("sid", "auth_time", "amr", "org_id", "org_code", "org_name", "org_role", "roles", "external_id"),
    "profile": ("name", "picture", "title"),
    "email": ("email", "email_verified"),
}
SUPPORTED = ("sub", *(name for names in BY_SCOPE.values() for name in names))


def claims_of(grant: GrantState, place: str, issuer: str) -> dict[str, Any]:
    """The claims of a grant's scopes, and those asked for one by one at this place: `id_token` or `userinfo`."""
    single = (grant.claims or {}).get(place, ())
    names = [name for scope in grant.scope.split(" ") for name in BY_SCOPE.get(scope, ())]
    known = _known(grant, issuer)
    wanted = {name: known[name] for name in (*names, *single) if known.get(name) is not None}
    return {"sub": subject(grant.person_id, grant.subject_type, grant.subject_salt), **wanted}


def _known(grant: GrantState, issuer: str) -> dict[str, Any]:
    return {
        "sid": sid(grant.session_id, grant.client_id),
        "auth_time": int(grant.auth_time.timestamp()),
        "amr": grant.amr or None,
        "org_id": grant.org_id,
        "org_code": grant.org_code,
        "org_name": grant.org_name,
        "org_role": grant.org_role,
        "roles": roles(grant.roles),
        "external_id": grant.external_id,
        "name": grant.name,
        "picture": f"{issuer}/oauth/picture/{grant.picture}" if grant.picture else None,
        "title": grant.title,
        "email": grant.email,
        "email_verified": grant.email_is_verified if grant.email else None,
    }


def roles(aggregated: str | None) -> list[str]:
    return sorted(aggregated.split(" ")) if aggregated else []


def subject(person_id: UUID, subject_type: str, salt: str) -> str:
    """A person's identifier at an application: stable, opaque, never an address. A person of two companies is two
    people, so the id alone identifies the company as well.
    """
    if subject_type == SubjectType.PUBLIC:
        return str(person_id)
    return _text(hmac.digest(salt.encode(), person_id.bytes, "sha256"))


def sid(session_id: UUID, client_id: str) -> str:
    """A session's identifier at an application. Another one sees another, so that two can't compare them."""
    return _text(hashlib.sha256(session_id.bytes + client_id.encode()).digest()[:16])


def _text(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")
