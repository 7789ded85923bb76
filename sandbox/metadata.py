"""Discovery document and key set.

https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#fetch-the-openid-configuration-document
"""

from typing import Any

from flask import Blueprint, Response, jsonify

from sandbox.aadsts import Refused
from sandbox.authorization_request import ANY_TENANT
from sandbox.journal import note
from sandbox.refusals import as_json, mention
from sandbox.scopes import OPENID
from sandbox.state import sandbox

blueprint = Blueprint("metadata", __name__)


@blueprint.get("/<tenant>/v2.0/.well-known/openid-configuration")
def discovery(tenant: str) -> Response:
    """The tenant's endpoints. For `common` and the like the issuer contains a literal `{tenantid}`."""
    mention(tenant=tenant)
    try:
        if tenant.lower() in ANY_TENANT:
            sandbox().drills.perform("discovery")
            document = _document(tenant.lower(), "{tenantid}")
        else:
            found = sandbox().directory.tenant(tenant)
            note(tid=found.tid)
            sandbox().drills.perform("discovery", tenant=found.tid)
            document = _document(found.tid, found.tid) | _region(found.national_cloud)
    except Refused as refused:
        refused.error = "invalid_tenant"
        return _allow_any_origin(as_json(refused))
    return _allow_any_origin(jsonify(document))


@blueprint.get("/<tenant>/discovery/v2.0/keys")
def keys(tenant: str) -> Response:
    """The tenant's published keys; for `common` and the like those of all tenants."""
    mention(tenant=tenant)
    state = sandbox()
    try:
        if tenant.lower() in ANY_TENANT:
            tids = list(state.directory.tenants)
        else:
            tids = [state.directory.tenant(tenant).tid]
            note(tid=tids[0])
        state.drills.perform("keys", tenant=tids[0] if len(tids) == 1 else None)
    except Refused as refused:
        return _allow_any_origin(as_json(refused))
    published = [key.jwk(state.addresses.issuer(tid)) for tid in tids for key in state.keys.published(tid)]
    return _allow_any_origin(jsonify({"keys": published}))


def _allow_any_origin(response: Response) -> Response:
    response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def _region(national_cloud: str | None) -> dict[str, Any]:
    if national_cloud is None:
        return {}
    return {"cloud_instance_name": national_cloud, "tenant_region_scope": "USGov"}


def _document(tenant: str, issuer: str) -> dict[str, Any]:
    addresses = sandbox().addresses
    return {
        "token_endpoint": addresses.token_endpoint(tenant),
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt", "client_secret_basic"],
        "jwks_uri": addresses.keys(tenant),
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "response_types_supported": ["code"],
        "scopes_supported": [scope.name for scope in OPENID],
        "issuer": addresses.issuer(issuer),
        "request_uri_parameter_supported": False,
        "authorization_endpoint": addresses.authorization_endpoint(tenant),
        "http_logout_supported": True,
        "frontchannel_logout_supported": True,
        "end_session_endpoint": addresses.end_session_endpoint(tenant),
        "code_challenge_methods_supported": ["plain", "S256"],
        "claims_supported": [
            *("sub", "iss", "aud", "exp", "iat", "nbf", "name", "preferred_username", "oid", "tid", "nonce"),
            *("email", "roles", "sid", "acct", "login_hint", "ver"),
        ],
        "tenant_region_scope": "EU",
        "cloud_instance_name": addresses.authority,
        "msgraph_host": addresses.authority,
    }
