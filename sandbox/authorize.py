"""The authorization endpoint: account picker, sign-in rules and consent.

What is redirected to the application and what is shown as a page follows Entra ID: requests whose redirect URI cannot
be trusted (50011, 700016, 90002 …) and people who may not sign in (50105, 53003, 50057 …) end on a page of its own; a
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

ANSWERS = frozenset({"account", "username", "action", "consent"})  # the fields of our own forms
RETURNABLE = (90094, 90095)  # pages from which Entra ID offers a way back to the application


@blueprint.route("/<tenant>/oauth2/v2.0/authorize", methods=["GET", "POST"])
def authorize(tenant: str) -> Response:
    """Handles an authorization request, or a form of the pages it led to."""
    back: Return | None = None
    try:
        found, application, back = read_return(tenant, request.values)
        sandbox().drills.perform("authorize", tenant=found.tid, client_id=application.client_id)
        asked = read_request(found, application, back, request.values)
        if request.method == "POST" and ANSWERS & set(request.form):
            return _answered(asked)
        return _begun(asked)
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
    way_back = back.url(redirect_parameters(refused)) if refused.fault.code in RETURNABLE else None
    asked = {name: value for name, value in request.values.items() if name not in ANSWERS}
    has_user = "user" in filled(refused).details
    other = f"{request.path}?{urlencode(asked | {'prompt': 'select_account'})}" if has_user else None
    return as_page(refused, back=way_back, other_account=other)


def _begun(asked: AuthorizationRequest) -> Response:
    """A new request: the session is used unless `prompt` or `login_hint` require otherwise."""
    session = current_session(asked.tenant.tid)
    person = asked.tenant.people.get(session.oid) if session else None
    too_old = session is not None and asked.max_age is not None and time.time() - session.at > asked.max_age
    if session and person and not too_old and asked.prompt in ("", "none", "consent"):
        hinted = hinted_person(asked.tenant, asked.login_hint) if asked.login_hint else person
        if hinted == person:
            return _decide(asked, person, session)
    if asked.prompt == "none":
        raise Refused(50058)
    return _picker(asked)


def _answered(asked: AuthorizationRequest) -> Response:
    """A submitted form of ours. Scripts may send `account` (an oid) and `consent` in one request."""
    if request.form.get("action") == "cancel":
        raise Refused(65004)
    person = _chosen(asked)
    if request.form.get("consent") == "decline":
        raise Refused(65004)
    session = current_session(asked.tenant.tid)
    if session is None or session.oid != person.oid or asked.wants_fresh_sign_in:
        session = begin_session(asked.tenant.tid, person.oid)
    if request.form.get("consent") == "accept" and not _admin_needed(asked, person):
        sandbox().grants.consent(asked.application.client_id, person.oid, asked.scopes)
        return _issue(asked, person, session)
    return _decide(asked, person, session)


def _chosen(asked: AuthorizationRequest) -> Person:
    oid, address = request.form.get("account", ""), request.form.get("username", "")
    mention(user=address or oid)
    person = asked.tenant.people.get(oid.lower()) if oid else asked.tenant.person_called(address)
    if person is None:
        home = sandbox().directory.home_of(address)
        elsewhere = home is not None and home is not asked.tenant
        raise Refused(50020 if elsewhere else 50034, home=sandbox().addresses.issuer(home.tid) if home else "")
    mention(user=person.upn, home=sandbox().addresses.issuer(asked.tenant.tid))
    if person.disabled:
        raise Refused(50057)
    return person


def _decide(asked: AuthorizationRequest, person: Person, session: Session) -> Response:
    """Whether this person gets a code, is asked for consent, or is refused (raises Refused)."""
    mention(user=person.upn)
    scope = {"tenant": asked.tenant.tid, "client_id": asked.application.client_id, "person": person.oid}
    if person.disabled:
        raise Refused(50057)
    if asked.application.assignment_required and person.oid not in asked.application.assigned:
        raise Refused(50105)
    sandbox().drills.perform("account", **scope)
    missing = asked.application.consent != "granted" and not (
        set(asked.scopes) <= sandbox().grants.consented(asked.application.client_id, person.oid)
    )
    if not sandbox().drills.perform("consent", missing or asked.prompt == "consent", **scope):
        return _issue(asked, person, session)
    if missing and _admin_needed(asked, person):
        raise Refused(90094)
    if asked.prompt == "none":
        raise Refused(65001, error="interaction_required")
    return _consent_page(asked, person)


def _admin_needed(asked: AuthorizationRequest, person: Person) -> bool:
    return not person.admin and (asked.application.consent == "admin" or needs_admin(asked.scopes))


def _issue(asked: AuthorizationRequest, person: Person, session: Session) -> Response:
    grant = Grant(
        tid=asked.tenant.tid,
        client_id=asked.application.client_id,
        oid=person.oid,
        platform=asked.back.platform,
        scopes=asked.scopes,
        sid=session.sid,
        signed_in_at=session.at,
        tells_auth_time=asked.wants_fresh_sign_in,
    )
    code = Code(grant, asked.back.redirect_uri, asked.nonce, asked.challenge, asked.challenge_method)
    answer = {"code": sandbox().grants.issue_code(code)}
    if asked.wants_client_info:
        answer["client_info"] = client_info(asked.tenant.tid, person.oid)
    return asked.back.send(answer | {"session_state": session.sid})


def _address() -> str:
    """This request's own URL for the forms: without their fields, and including POST parameters."""
    asked = [(name, value) for name, value in request.values.items(multi=True) if name not in ANSWERS]
    return f"{request.path}?{urlencode(asked)}"


def _picker(asked: AuthorizationRequest) -> Response:
    hinted = hinted_person(asked.tenant, asked.login_hint)
    people = sorted(asked.tenant.people.values(), key=lambda person: person != hinted)
    signed_in = current_session(asked.tenant.tid)
    page = render_template("picker.html", asked=asked, people=people, signed_in=signed_in, address=_address())
    return make_response(page)


def _consent_page(asked: AuthorizationRequest, person: Person) -> Response:
    scopes = [SCOPES[scope.lower()] for scope in asked.scopes]
    page = render_template("consent.html", asked=asked, person=person, scopes=scopes, address=_address())
    return make_response(page)
