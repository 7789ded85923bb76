"""The authorization endpoint: account picker, sign-in rules and consent.

What is redirected to the application and what is shown as a page follows Entra ID: requests whose redirect URI cannot
be trusted (50011, 700016, 90002 …) and people who may not sign in (50105, 53003, 50057 …) end on an error page; a
declined consent, an invalid scope, and whatever needs interaction despite `prompt=none` are redirected to the
application.
"""

import time
from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, render_template, request

from sandbox.aadsts import Refused
from sandbox.authorization_request import AuthorizationRequest, Return, read_request, read_return
from sandbox.grants import Code, Grant, Session
from sandbox.model import Person
from sandbox.refusals import as_page, filled, mention, redirect_parameters
from sandbox.scopes import SCOPES, needs_admin
from sandbox.sessions import begin_session, current_session
from sandbox.state import sandbox
from sandbox.tokens import client_info, hinted_person

blueprint = Blueprint("authorize", __name__)

FORM_FIELDS = frozenset({"account", "username", "action", "consent"})  # the fields of the sandbox's own forms
RETURNABLE = (90094, 90095)  # pages on which Entra ID links back to the application


@blueprint.route("/<tenant>/oauth2/v2.0/authorize", methods=["GET", "POST"])
def authorize(tenant: str) -> Response:
    """Handles an authorization request, or a form that one of its pages submitted."""
    back: Return | None = None
    try:
        found, application, back = read_return(tenant, request.values)
        sandbox().drills.perform("authorize", tenant=found.tid, client_id=application.client_id)
        authorization = read_request(found, application, back, request.values)
        if request.method == "POST" and FORM_FIELDS & set(request.form):
            return _submit(authorization)
        return _start(authorization)
    except Refused as refused:
        return _refuse(refused, back)


def _refuse(refused: Refused, back: Return | None) -> Response:
    if back is None:
        return as_page(refused)
    silent = request.values.get("prompt") == "none"
    if refused.redirected or silent:
        if silent and refused.error == "invalid_grant":
            refused.error = "interaction_required"
        return back.send(redirect_parameters(refused))
    return_url = back.url(redirect_parameters(refused)) if refused.fault.code in RETURNABLE else None
    parameters = {name: value for name, value in request.values.items() if name not in FORM_FIELDS}
    has_user = "user" in filled(refused).details
    other = f"{request.path}?{urlencode(parameters | {'prompt': 'select_account'})}" if has_user else None
    return as_page(refused, back=return_url, other_account=other)


def _start(authorization: AuthorizationRequest) -> Response:
    """A new request: the session is used unless `prompt` or `login_hint` require otherwise."""
    session = current_session(authorization.tenant.tid)
    person = authorization.tenant.people.get(session.oid) if session else None
    too_old = (
        session is not None and authorization.max_age is not None and time.time() - session.at > authorization.max_age
    )
    if session and person and not too_old and authorization.prompt in ("", "none", "consent"):
        hinted = hinted_person(authorization.tenant, authorization.login_hint) if authorization.login_hint else person
        if hinted == person:
            return _decide(authorization, person, session)
    if authorization.prompt == "none":
        raise Refused(50058)
    return _picker(authorization)


def _submit(authorization: AuthorizationRequest) -> Response:
    """A submitted form. Scripts may send `account` (an oid) and `consent` in one request."""
    if request.form.get("action") == "cancel":
        raise Refused(65004)
    person = _chosen(authorization)
    if request.form.get("consent") == "decline":
        raise Refused(65004)
    session = current_session(authorization.tenant.tid)
    if session is None or session.oid != person.oid or authorization.wants_fresh_sign_in:
        session = begin_session(authorization.tenant.tid, person.oid)
    if request.form.get("consent") == "accept" and not _admin_needed(authorization, person):
        sandbox().grants.consent(authorization.application.client_id, person.oid, authorization.scopes)
        return _issue(authorization, person, session)
    return _decide(authorization, person, session)


def _chosen(authorization: AuthorizationRequest) -> Person:
    oid, address = request.form.get("account", ""), request.form.get("username", "")
    mention(user=address or oid)
    person = authorization.tenant.people.get(oid.lower()) if oid else authorization.tenant.person_by_address(address)
    if person is None:
        home = sandbox().directory.home_of(address)
        elsewhere = home is not None and home is not authorization.tenant
        raise Refused(50020 if elsewhere else 50034, home=sandbox().addresses.issuer(home.tid) if home else "")
    mention(user=person.upn, home=sandbox().addresses.issuer(authorization.tenant.tid))
    if person.disabled:
        raise Refused(50057)
    return person


def _decide(authorization: AuthorizationRequest, person: Person, session: Session) -> Response:
    """Issues a code, asks for consent, or raises Refused."""
    mention(user=person.upn)
    scope = {"tenant": authorization.tenant.tid, "client_id": authorization.application.client_id, "person": person.oid}
    if person.disabled:
        raise Refused(50057)
    application, tenant = authorization.application, authorization.tenant
    if application.assignment_required and not tenant.is_assigned(application, person.oid):
        raise Refused(50105)
    sandbox().drills.perform("account", **scope)
    missing = authorization.application.consent != "granted" and not (
        set(authorization.scopes) <= sandbox().grants.consented(authorization.application.client_id, person.oid)
    )
    if not sandbox().drills.perform("consent", missing or authorization.prompt == "consent", **scope):
        return _issue(authorization, person, session)
    if missing and _admin_needed(authorization, person):
        raise Refused(90094)
    if authorization.prompt == "none":
        raise Refused(65001, error="interaction_required")
    return _consent_page(authorization, person)


def _admin_needed(authorization: AuthorizationRequest, person: Person) -> bool:
    return not person.admin and (authorization.application.consent == "admin" or needs_admin(authorization.scopes))


def _issue(authorization: AuthorizationRequest, person: Person, session: Session) -> Response:
    session.client_ids.add(authorization.application.client_id)
    grant = Grant(
        tid=authorization.tenant.tid,
        client_id=authorization.application.client_id,
        oid=person.oid,
        platform=authorization.back.platform,
        scopes=authorization.scopes,
        sid=session.sid,
        signed_in_at=session.at,
        includes_auth_time=authorization.wants_fresh_sign_in,
    )
    code = Code(
        grant,
        authorization.back.redirect_uri,
        authorization.nonce,
        authorization.challenge,
        authorization.challenge_method,
    )
    parameters = {"code": sandbox().grants.issue_code(code)}
    if authorization.wants_client_info:
        parameters["client_info"] = client_info(authorization.tenant.tid, person.oid)
    return authorization.back.send(parameters | {"session_state": session.sid})


def _address() -> str:
    """This request's own URL for the forms: without their fields, and including POST parameters."""
    parameters = [(name, value) for name, value in request.values.items(multi=True) if name not in FORM_FIELDS]
    return f"{request.path}?{urlencode(parameters)}"


def _picker(authorization: AuthorizationRequest) -> Response:
    hinted = hinted_person(authorization.tenant, authorization.login_hint)
    people = sorted(authorization.tenant.people.values(), key=lambda person: person != hinted)
    signed_in = current_session(authorization.tenant.tid)
    page = render_template(
        "picker.html", authorization=authorization, people=people, signed_in=signed_in, address=_address()
    )
    return make_response(page)


def _consent_page(authorization: AuthorizationRequest, person: Person) -> Response:
    scopes = [SCOPES[scope.lower()] for scope in authorization.scopes]
    page = render_template(
        "consent.html", authorization=authorization, person=person, scopes=scopes, address=_address()
    )
    return make_response(page)
