"""What the provider can do, and its public keys."""

import json
from functools import cache
from typing import Any

from flask import Response, jsonify
from flask.typing import ResponseReturnValue

from app.applications.models import IdTokenAlgorithm
from app.applications.provider import claims
from app.applications.provider.client_authentication import ASSERTION_ALGORITHMS
from app.applications.provider.parameters import PROMPTS, SCOPES
from app.applications.provider.tokens import issuer
from app.applications.signing_keys.key_ring import key_ring
from app.core.translation import LANGUAGES, tag

AUTHENTICATION = ["client_secret_basic", "client_secret_post", "private_key_jwt"]
CACHED_SECONDS = 300


def show() -> ResponseReturnValue:
    """OpenID Connect Discovery 1.0 and RFC 8414."""
    return _cached(Response(_document(issuer()), mimetype="application/json"))


def show_for_oauth() -> ResponseReturnValue:
    return show()


def jwks() -> ResponseReturnValue:
    return _cached(jsonify(keys=[key.public_jwk for key in key_ring().published()]))


def _cached(response: Any) -> ResponseReturnValue:
    response.cache_control.public, response.cache_control.max_age = True, CACHED_SECONDS
    answer: ResponseReturnValue = response
    return answer


@cache
def _document(issuer: str) -> str:
    """It is the same as long as the process runs."""
    return json.dumps(_metadata(issuer), separators=(",", ":"))


def _metadata(issuer: str) -> dict[str, Any]:
    oauth = f"{issuer}/oauth"
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{oauth}/authorize",
        "token_endpoint": f"{oauth}/token",
        "userinfo_endpoint": f"{oauth}/userinfo",
        "jwks_uri": f"{oauth}/jwks",
        "introspection_endpoint": f"{oauth}/introspect",
        "revocation_endpoint": f"{oauth}/revoke",
        "pushed_authorization_request_endpoint": f"{oauth}/par",
        "end_session_endpoint": f"{oauth}/logout",
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token"],
        "subject_types_supported": ["public", "pairwise"],
        "id_token_signing_alg_values_supported": list(IdTokenAlgorithm),
        "token_endpoint_auth_methods_supported": [*AUTHENTICATION, "none"],
        "token_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "introspection_endpoint_auth_methods_supported": AUTHENTICATION,
        "introspection_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "revocation_endpoint_auth_methods_supported": [*AUTHENTICATION, "none"],
        "revocation_endpoint_auth_signing_alg_values_supported": list(ASSERTION_ALGORITHMS),
        "code_challenge_methods_supported": ["S256"],
        "prompt_values_supported": list(PROMPTS),
        "ui_locales_supported": [tag(one) for one in LANGUAGES],
        "claims_supported": list(claims.SUPPORTED),
        "claim_types_supported": ["normal"],
        "claims_parameter_supported": True,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "authorization_response_iss_parameter_supported": True,
    }
