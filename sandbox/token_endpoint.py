"""The token endpoint: exchanges codes, refresh tokens and client credentials for tokens.

https://learn.microsoft.com/entra/identity-platform/v2-oauth2-auth-code-flow#redeem-a-code-for-an-access-token
"""

import base64
import hashlib
import hmac
from typing import Any

from flask import Blueprint, Response, jsonify, make_response, request

from sandbox.aadsts import Refused
from sandbox.client_authentication import authenticate, client_credentials
from sandbox.cross_origin import spa_origin
from sandbox.grants import Code, Grant
from sandbox.journal import note
from sandbox.model import Application, Person, Tenant
from sandbox.refusals import as_json, mention
from sandbox.scopes import DEFAULT, GRAPH, GRAPH_IDS, USER_IMPERSONATION, granted, parse
from sandbox.state import sandbox
from sandbox.tokens import access_token, client_info, id_token

blueprint = Blueprint("token", __name__)
TokenResponse = dict[str, Any]


@blueprint.post("/<tenant>/oauth2/v2.0/token", provide_automatic_options=False)
def token(tenant: str) -> Response:
    """Tokens, or an error, as JSON; readable only by pages of registered single-page applications."""
    try:
        response = jsonify(_token_response(tenant))
        response.headers["Pragma"] = "no-cache"
    except Refused as refused:
        response = as_json(refused)
    return _cors(response, tenant)


@blueprint.route("/<tenant>/oauth2/v2.0/token", methods=["OPTIONS"], endpoint="preflight")
def preflight(tenant: str) -> Response:
    """The CORS preflight response."""
    response = _cors(make_response("", 204), tenant)
    if "Access-Control-Allow-Origin" in response.headers:
        response.headers["Access-Control-Allow-Methods"] = "POST, OPTIONS"
        requested_headers = request.headers.get("Access-Control-Request-Headers", "content-type")
        response.headers["Access-Control-Allow-Headers"] = requested_headers
        response.headers["Access-Control-Max-Age"] = "600"
    return response


def _cors(response: Response, tenant_name: str) -> Response:
    response.headers["Vary"] = "Origin"
    origin = request.headers.get("Origin")
    try:
        tenant = sandbox().directory.tenant(tenant_name)
    except Refused:
        return response
    if origin and any(spa_origin(application, origin) for application in list(tenant.applications.values())):
        response.headers["Access-Control-Allow-Origin"] = origin
    return response


def _token_response(tenant_name: str) -> TokenResponse:
    grant_type = request.form.get("grant_type", "")
    client_id, secret = client_credentials()
    mention(app=client_id, tenant=tenant_name, grant_type=grant_type, origin=request.headers.get("Origin", ""))
    note(grant_type=grant_type, client_id=client_id)
    if not client_id:
        raise Refused(900144, parameter="client_id")
    tenant = sandbox().directory.tenant(tenant_name)
    mention(tenant_name=tenant.name)
    note(tid=tenant.tid)
    if tenant.national_cloud:
        raise Refused(90038, cloud=tenant.national_cloud)
    application = sandbox().directory.application(tenant, client_id)
    mention(app_name=application.name)
    if grant_type not in GRANTS:
        raise Refused(70003) if grant_type else Refused(900144, parameter="grant_type")
    return GRANTS[grant_type](tenant, application, secret)


def _redeem_code(tenant: Tenant, application: Application, secret: str | None) -> TokenResponse:
    sent = request.form.get("code", "")
    if not sent:
        raise Refused(900144, parameter="code")
    code = sandbox().grants.find_code(sent)
    person = code.grant.oid if code else None
    _perform_drills(tenant, application, person)
    authenticate(tenant, application, secret, public=code is not None and code.grant.platform != "web")
    if code is None:
        raise Refused(9002313, error="invalid_grant")
    _check_code(code, tenant, application)
    sandbox().grants.redeem(code)
    return _tokens(tenant, application, code.grant, nonce=code.nonce)


def _perform_drills(tenant: Tenant, application: Application, person: str | None) -> None:
    sandbox().drills.perform("token", tenant=tenant.tid, client_id=application.client_id, person=person)


def _check_code(code: Code, tenant: Tenant, application: Application) -> None:
    """Verifies the code's client, redirect URI and PKCE verifier; raises Refused."""
    if code.grant.tid != tenant.tid:
        raise Refused(700005)
    if code.grant.client_id != application.client_id:
        raise Refused(70000)
    redirect_uri = request.form.get("redirect_uri", "")
    if redirect_uri != code.redirect_uri:
        raise Refused(500112, redirect_uri=redirect_uri, expected=code.redirect_uri)
    _check_origin(code.grant)
    if code.challenge is None and code.grant.platform == "spa":
        raise Refused(9002325)
    if code.challenge is not None:
        _check_verifier(code)


def _check_origin(grant: Grant) -> None:
    cross_origin = "Origin" in request.headers
    if grant.platform == "spa" and not cross_origin:
        raise Refused(9002327)
    if grant.platform != "spa" and cross_origin:
        raise Refused(9002326)


def _check_verifier(code: Code) -> None:
    verifier = request.form.get("code_verifier", "")
    if not verifier:
        raise Refused(50148)
    computed = verifier.encode()
    if code.challenge_method == "S256":
        computed = base64.urlsafe_b64encode(hashlib.sha256(computed).digest()).rstrip(b"=")
    if not hmac.compare_digest(computed, (code.challenge or "").encode()):
        raise Refused(501481)


def _refresh(tenant: Tenant, application: Application, secret: str | None) -> TokenResponse:
    found = sandbox().grants.refresh(request.form.get("refresh_token", ""))
    grant = found.grant
    _perform_drills(tenant, application, grant.oid)
    scope = {"tenant": tenant.tid, "client_id": application.client_id, "person": grant.oid}
    sandbox().drills.perform("refresh", **scope)
    authenticate(tenant, application, secret, public=grant.platform != "web")
    if (grant.tid, grant.client_id) != (tenant.tid, application.client_id):
        raise Refused(70000)
    _check_origin(grant)
    if "scope" in request.form:
        scopes = parse(request.form["scope"], sandbox().addresses.server)
        if not set(scopes) <= set(grant.scopes):
            raise Refused(65001)
    return _tokens(tenant, application, grant, ends=found.expires_at if grant.platform == "spa" else None)


def _tokens(
    tenant: Tenant, application: Application, grant: Grant, *, nonce: str | None = None, ends: float | None = None
) -> TokenResponse:
    person = _current_person(tenant, application, grant)
    scope = {"tenant": tenant.tid, "client_id": application.client_id, "person": person.oid}
    sandbox().drills.perform("signing", lambda **how: sandbox().keys.rotate(tenant.tid, **how), **scope)
    bearer, life = access_token(sandbox(), tenant, application, grant, person, audience=_audience(grant.scopes))
    token_response: TokenResponse = {
        "token_type": "Bearer",
        "scope": granted(grant.scopes),
        "expires_in": life,
        "ext_expires_in": life,
        "access_token": bearer,
    }
    if "offline_access" in grant.scopes:
        token_response["refresh_token"] = sandbox().grants.issue_refresh(grant, ends)
        if grant.platform == "spa":
            token_response["refresh_token_expires_in"] = 86400
    if "openid" in grant.scopes:
        token_response["id_token"] = id_token(sandbox(), tenant, application, grant, person, nonce)
    if request.form.get("client_info") == "1":
        token_response["client_info"] = client_info(tenant.tid, person.oid)
    result: TokenResponse = sandbox().drills.perform("token_response", token_response, **scope)
    return result


def _audience(scopes: tuple[str, ...]) -> str:
    """The resource of these scopes: Graph, unless they name Dataverse."""
    environment = sandbox().addresses.server
    of_dataverse = any(
        scope == USER_IMPERSONATION.name or scope.rpartition("/")[0].rstrip("/") == environment for scope in scopes
    )
    return environment if of_dataverse else GRAPH


def _current_person(tenant: Tenant, application: Application, grant: Grant) -> Person:
    person = tenant.people.get(grant.oid)
    if person is None:
        raise Refused(50034, user=grant.oid)
    mention(user=person.upn)
    if person.disabled:
        raise Refused(50057)
    if application.assignment_required and not tenant.is_assigned(application, person.oid):
        raise Refused(50105, error="invalid_grant")
    return person


def _client_credentials(tenant: Tenant, application: Application, secret: str | None) -> TokenResponse:
    _perform_drills(tenant, application, None)
    authenticate(tenant, application, secret, public=False)
    scope = request.form.get("scope", "")
    resource, _, name = scope.rpartition("/")
    if name != DEFAULT or not resource:
        raise Refused(1002012, scope=scope)
    if resource.rstrip("/") not in (*GRAPH_IDS, sandbox().addresses.server):
        raise Refused(500011, resource=resource)
    bearer, life = access_token(sandbox(), tenant, application, None, None, audience=_audience((scope,)))
    return {"token_type": "Bearer", "expires_in": life, "ext_expires_in": life, "access_token": bearer}


GRANTS = {
    "authorization_code": _redeem_code,
    "refresh_token": _refresh,
    "client_credentials": _client_credentials,
}
