"""ID tokens, access tokens and the claims in them.

Claims: https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference and
https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference.
"""

import hashlib
import json
import random
import time
import uuid
from typing import Any

import jwt

from sandbox.defects import defective_token
from sandbox.grants import Grant
from sandbox.keys import SigningKey, base64url
from sandbox.model import Application, Group, Person, Tenant
from sandbox.scopes import GRAPH, granted
from sandbox.state import Sandbox

Claims = dict[str, Any]
ID_TOKEN_LIFE = 3600
MOST_GROUPS = 200
"""In a JWT."""


def pairwise(tid: str, client_id: str, oid: str) -> str:
    """The `sub` claim: a pairwise id, different for each application."""
    return base64url(hashlib.sha256(f"{tid}/{client_id}/{oid}".encode()).digest())


def _opaque(text: str) -> str:
    return base64url(hashlib.sha256(text.encode()).digest()[:16])


def login_hint(tenant: Tenant, person: Person) -> str:
    """The optional `login_hint` claim: it doesn't change when the person's addresses change."""
    return "O." + base64url(json.dumps([person.oid, tenant.tid]).encode())


def hinted_person(tenant: Tenant, hint: str) -> Person | None:
    """The person named by a request's `login_hint`: the claim of that name, or the UPN."""
    wanted = hint.strip().casefold()
    for person in list(tenant.people.values()):
        if hint == login_hint(tenant, person) or wanted == person.upn.casefold():
            return person
    return None


def id_claims(sandbox: Sandbox, tenant: Tenant, application: Application, grant: Grant, person: Person) -> Claims:
    """The ID token's claims, without the nonce. `exp`, `iat` and `nbf` are Unix seconds."""
    now = int(time.time())
    claims: Claims = {
        "aud": application.client_id,
        "iss": sandbox.addresses.issuer(tenant.tid),
        "iat": now,
        "nbf": now,
        "exp": now + ID_TOKEN_LIFE,
        "aio": "A" + base64url(random.randbytes(48)),  # noqa: S311 -- opaque; never read
        "rh": f"1.A{_opaque(tenant.tid + application.client_id)}.",
        "sub": pairwise(tenant.tid, application.client_id, person.oid),
        "tid": tenant.tid,
        "uti": _opaque(str(uuid.uuid4())),
        "ver": "2.0",
    }
    if "profile" in grant.scopes:
        claims |= {"oid": person.oid, "name": person.name, "preferred_username": person.upn}
    if "email" in grant.scopes and person.mail:
        claims["email"] = person.mail
    claims |= _memberships(tenant, application, person)
    optional = {
        "acct": int(person.guest),
        "sid": grant.sid,
        "login_hint": login_hint(tenant, person),
        "auth_time": int(grant.signed_in_at),
    }
    included = {*application.optional_claims, *(("auth_time",) if grant.includes_auth_time else ())}
    return claims | {name: value for name, value in optional.items() if name in included}


def _memberships(tenant: Tenant, application: Application, person: Person) -> Claims:
    """`roles` and `groups`, or where to ask for the groups if there are too many for a token.

    https://learn.microsoft.com/entra/identity-platform/id-token-claims-reference#groups-overage-claim
    """
    roles = tenant.roles_of(application, person.oid)
    groups = [group.id for group in _groups_in_tokens(tenant, application, person.oid)]
    claims: Claims = {"roles": roles} if roles else {}
    if len(groups) > MOST_GROUPS:
        # As Entra ID does, an address of the retired Azure AD Graph.
        endpoint = f"https://graph.windows.net/{tenant.tid}/users/{person.oid}/getMemberObjects"
        return claims | {"_claim_names": {"groups": "src1"}, "_claim_sources": {"src1": {"endpoint": endpoint}}}
    if application.emit_as_roles:
        return {"roles": groups} if groups else {}
    return claims | ({"groups": groups} if groups else {})


def _groups_in_tokens(tenant: Tenant, application: Application, oid: str) -> list[Group]:
    """Security groups include those that contain others; of the groups assigned to an application, direct members."""
    if application.group_membership_claims in ("SecurityGroup", "All"):
        return tenant.all_groups(oid)
    if application.group_membership_claims == "ApplicationGroup":
        assigned = {*application.assigned, *(member for role in application.app_roles for member in role.members)}
        return [group for group in tenant.direct_groups(oid) if group.id in assigned]
    return []


def id_token(
    sandbox: Sandbox, tenant: Tenant, application: Application, grant: Grant, person: Person, nonce: str | None
) -> str:
    """The signed ID token, or the invalid one of a drill."""
    claims = id_claims(sandbox, tenant, application, grant, person)
    if nonce is not None:
        claims["nonce"] = nonce
    key = sandbox.keys.signing(tenant.tid)
    defects = sandbox.drills.perform(
        "id_token", {}, tenant=tenant.tid, client_id=application.client_id, person=person.oid
    )
    return defective_token(claims, key, defects) if defects else signed(claims, key)


def signed(claims: Claims, key: SigningKey) -> str:
    """A compact RS256 JWT."""
    return jwt.encode(claims, key.private, algorithm="RS256", headers={"kid": key.kid, "x5t": key.kid})


def access_token(
    sandbox: Sandbox,
    tenant: Tenant,
    application: Application,
    grant: Grant | None,
    person: Person | None,
    *,
    audience: str = GRAPH,
) -> tuple[str, int]:
    """A bearer token for a resource and its lifetime in seconds; app-only without a person."""
    now = int(time.time())
    life = 3600 + random.randrange(1800)  # noqa: S311 -- Entra ID spreads 60 to 90 minutes, so that renewals don't coincide
    claims: Claims = {
        "aud": audience,
        "iss": sandbox.addresses.issuer(tenant.tid),
        "iat": now,
        "nbf": now,
        "exp": now + life,
        "appid": application.client_id,
        "app_displayname": application.name,
        "tid": tenant.tid,
        "uti": _opaque(str(uuid.uuid4())),
        "ver": "1.0",
    }
    if person and grant:
        claims |= {
            "idtyp": "user",
            "oid": person.oid,
            "sub": pairwise(tenant.tid, "graph", person.oid),
            "name": person.name,
            "upn": person.upn,
            "scp": granted(grant.scopes),
            # For Dataverse, which honors revocation at once; `iat` is too coarse for that.
            "sandbox_at": time.time(),
        }
    else:
        claims |= {"idtyp": "app", "sub": application.client_id, "roles": list(application.app_permissions)}
    return signed(claims, sandbox.keys.signing(tenant.tid)), life


def client_info(tid: str, oid: str) -> str:
    """The value for `client_info=1` that MSAL requests: the account, as base64url JSON."""
    return base64url(json.dumps({"uid": oid, "utid": tid}).encode())
