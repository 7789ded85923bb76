"""Authlib's client, as a server would use it without a framework. It talks to the test as exchange.mjs does."""

import json
import sys
from typing import Any
from urllib.parse import urlencode

import requests
from authlib.common.security import generate_token
from authlib.integrations.requests_client import OAuth2Session
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.jwk import KeySet


def say(value: dict[str, Any]) -> None:
    sys.stdout.write(f"{json.dumps(value)}\n")
    sys.stdout.flush()


issuer, client_id, secret, redirect_uri = sys.argv[1:]
server = requests.get(f"{issuer}/.well-known/openid-configuration", timeout=30).json()
session = OAuth2Session(
    client_id, secret, scope="openid profile email", redirect_uri=redirect_uri, code_challenge_method="S256"
)
nonce, verifier = generate_token(), generate_token(64)
address, state = session.create_authorization_url(
    server["authorization_endpoint"], code_verifier=verifier, nonce=nonce, organization="contoso"
)
say({"address": address})
back = sys.stdin.readline().strip()
tokens = session.fetch_token(server["token_endpoint"], authorization_response=back, code_verifier=verifier, state=state)
keys = KeySet.import_key_set(requests.get(server["jwks_uri"], timeout=30).json())
decoded = jwt.decode(tokens["id_token"], keys, algorithms=["RS256"])
expected = {"iss": {"value": issuer}, "aud": {"value": client_id}}
checks = {"nonce": nonce, "client_id": client_id, "access_token": tokens["access_token"]}
CodeIDToken(decoded.claims, decoded.header, expected, checks).validate(leeway=0)
info = session.get(server["userinfo_endpoint"]).json()
refreshed = session.refresh_token(server["token_endpoint"])


def active() -> bool:
    response = session.introspect_token(server["introspection_endpoint"], token=refreshed["access_token"])
    return bool(response.json()["active"])


before = active()
session.revoke_token(server["revocation_endpoint"], token=refreshed["refresh_token"])
hints = {"id_token_hint": refreshed["id_token"], "post_logout_redirect_uri": redirect_uri}
learned = {
    "claims": decoded.claims,
    "info": info,
    "active": [before, active()],
    "sign_out": f"{server['end_session_endpoint']}?{urlencode(hints)}",
}
say(learned)
