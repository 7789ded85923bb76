"""The authorization endpoint, and the one where applications push their requests."""

from dataclasses import replace

from flask import redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.applications import application_config, queries
from app.applications.application_config import ApplicationConfig
from app.applications.first_request import watch
from app.applications.grants import actions as grants
from app.applications.provider import claims, stored_requests, tokens
from app.applications.provider.addresses import with_parameters
from app.applications.provider.authorize import responses
from app.applications.provider.authorize.decision import SignedIn, Step, denied, next_step
from app.applications.provider.endpoint import answer, for_clients
from app.applications.provider.errors import ProtocolError
from app.applications.provider.models import RequestKind, StoredRequest
from app.applications.provider.parameters import AuthorizationRequest, parse, redirect_uri_of
from app.applications.queries import Organization
from app.applications.signing_keys.key_ring import InvalidToken
from app.audit.events.applications import ApplicationSignIn
from app.audit.log import record
from app.companies import codes
from app.core.database import now
from app.core.unit_of_work import unit_of_work
from app.http import session_cookies
from app.http.client_info import current_client, this_network
from app.http.protocol_parameters import RepeatedParameter, parameters
from app.http.rate_limits import STORED_REQUEST_LIMIT, Budget, Where, limiter
from app.login.browser_binding import last_code
from app.login.page.return_reasons import NEW_PERSON
from app.sessions import actions as sessions
from app.sessions import browser_sessions
from app.sessions.browser_sessions import BrowserSession
from app.sessions.limits import due_for_touch

STORED = (
    *("client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce", "code_challenge"),
    *("code_challenge_method", "prompt", "max_age", "login_hint", "id_token_hint", "organization", "resource"),
    *("claims", "request", "ui_locales"),
)
"""The parameters that mean something here."""


def show() -> ResponseReturnValue:
    """A GET: from an application's link, or after a person has signed in."""
    try:
        given = parameters()
    except RepeatedParameter as error:
        return responses.refusal_page(responses.INVALID_REQUEST, repeated=error.name)
    application = application_config.by_client_id(given.get("client_id", ""))
    watch.authorization(application, given)
    if application is None or not application.is_enabled:
        return responses.refusal_page(responses.UNKNOWN_CLIENT)
    stored, key = None, stored_requests.key_of(given.get("request_uri", ""))
    if key is not None:
        stored = stored_requests.find(RequestKind.AUTHORIZE, key)
        if stored is None or stored.application_id != application.id:
            return responses.expired(application)
        given = stored.parameters
    if redirect_uri_of(application, given) is None:
        return responses.refusal_page(responses.UNKNOWN_REDIRECT_URI, client=application.client_id)
    try:
        return _continue(application, parse(application, given), given, stored, key)
    except ProtocolError as error:
        return responses.refuse(application, given["redirect_uri"], given.get("state"), error)


def post() -> ResponseReturnValue:
    """A form of another site. A browser sends it without our cookies, so that the request is stored and read by a
    GET.
    """
    try:
        given = parameters()
    except RepeatedParameter as error:
        return responses.refusal_page(responses.INVALID_REQUEST, repeated=error.name)
    application = application_config.by_client_id(given.get("client_id", ""))
    if application is None or not application.is_enabled:
        return responses.refusal_page(responses.UNKNOWN_CLIENT)
    if "request_uri" in given:
        again = {name: given[name] for name in ("client_id", "request_uri")}
        return redirect(with_parameters(url_for("applications.provider.authorize.show"), **again), 303)
    if redirect_uri_of(application, given) is None:
        return responses.refusal_page(responses.UNKNOWN_REDIRECT_URI, client=application.client_id)
    try:
        return redirect(_address(application, _store(application, given)), 303)
    except ProtocolError as error:
        return responses.refuse(application, given["redirect_uri"], None, error)


@for_clients
def push(application: ApplicationConfig, parameters: dict[str, str]) -> Response:
    """RFC 9126. Raises ProtocolError."""
    if "request_uri" in parameters:
        raise ProtocolError("invalid_request", "Send the parameters themselves, without request_uri")
    given = {**parameters, "client_id": application.client_id}
    if redirect_uri_of(application, given) is None:
        raise ProtocolError("invalid_request", "redirect_uri is missing or not registered exactly as it is sent")
    parse(application, given)
    response = answer(
        request_uri=stored_requests.request_uri(_store(application, given)),
        expires_in=int(stored_requests.LIFE.total_seconds()),
    )
    response.status_code = 201
    return response


def _continue(
    application: ApplicationConfig,
    asked: AuthorizationRequest,
    given: dict[str, str],
    stored: StoredRequest | None,
    key: str | None,
) -> Response:
    """Raises ProtocolError."""
    moment = now()
    asked = _with_hint(application, asked)
    _check_resource(application, asked.resource)
    organization = _organization(application, asked)
    signed_in = _signed_in(application, organization, asked.subject)
    began_at = stored.created_at if stored else moment
    step = next_step(asked, signed_in, organization, began_at=began_at, moment=moment)
    if step is Step.ISSUE_CODE:
        assert signed_in is not None
        return _issue_code(application, asked, signed_in, stored)
    waiting = _address(application, key or _store(application, given))
    if step is Step.NO_ACCESS and signed_in:
        responses.record_refusal(application, denied(signed_in.access))
    if step in (Step.REAUTHENTICATE, Step.NO_ACCESS) and signed_in and not signed_in.session.is_active:
        # Those pages are the active session's.
        with unit_of_work():
            browser_sessions.make_active(signed_in.session)
    return redirect(_page(step, application, asked, organization, waiting), 303)


def _issue_code(
    application: ApplicationConfig, asked: AuthorizationRequest, signed_in: SignedIn, stored: StoredRequest | None
) -> Response:
    """Raises ProtocolError if another tab was faster with the same stored request."""
    session, moment = signed_in.session, now()
    with unit_of_work():
        if stored and not stored_requests.use_up(stored.id):
            return responses.expired(application)
        code = grants.issue_code(
            session.company_id,
            session.person_id,
            application.id,
            session.session_id,
            redirect_uri=asked.redirect_uri,
            code_challenge=asked.code_challenge,
            nonce=asked.nonce,
            scope=" ".join(asked.scope),
            claims=asked.claims or None,
            resource=asked.resource,
            auth_time=signed_in.auth_time,
            amr=list(session.amr),
            is_offline="offline_access" in asked.scope,
        )
        if due_for_touch(session.last_seen_at, moment):
            sessions.touch(session.session_id, moment)
        if signed_in.access.is_first:
            record(
                ApplicationSignIn(
                    company_id=session.company_id,
                    actor_id=session.person_id,
                    ip_address=current_client().ip_address,
                    application=application.id,
                    name=application.name,
                )
            )
    return responses.redirect_with(asked.redirect_uri, code=code, state=asked.state)


def _signed_in(
    application: ApplicationConfig, organization: Organization | None, subject: str | None
) -> SignedIn | None:
    """The session of this browser at the organization, or of the subject that the request names; otherwise the active
    one.
    """
    if not session_cookies.tokens():
        return None
    found = [_at(application, one) for one in _sessions_to_consider(organization, subject)]
    known = [one for one in found if one]
    return next((one for one in known if one.subject == subject), known[0] if known else None)


def _sessions_to_consider(organization: Organization | None, subject: str | None) -> list[BrowserSession]:
    if organization:
        at_organization = browser_sessions.at_company(organization.org_id)
        return [at_organization] if at_organization else []
    sessions = sorted(browser_sessions.all_sessions(), key=lambda one: not one.is_active)
    return sessions if subject else [one for one in sessions if one.is_active]


def _at(application: ApplicationConfig, session: BrowserSession) -> SignedIn | None:
    access = queries.access(session.company_id, session.session_id, application.id)
    if access is None:
        return None
    subject = claims.subject(session.person_id, application.subject_type, application.subject_salt)
    return SignedIn(session, subject, access)


def _organization(application: ApplicationConfig, asked: AuthorizationRequest) -> Organization | None:
    """The company that was asked for, or the only one that the application is for. Raises ProtocolError."""
    if asked.organization is None:
        is_for_one = application.company_id is not None or not application.for_all_companies
        return queries.only_company(application.id) if is_for_one else None
    found = queries.organization(codes.normal(asked.organization), application.id)
    if found is None:
        raise ProtocolError("invalid_request", "Unknown organization; use an org_id or a login code")
    return found


def _with_hint(application: ApplicationConfig, asked: AuthorizationRequest) -> AuthorizationRequest:
    """With the subject of the request's id_token_hint. Raises ProtocolError."""
    if asked.id_token_hint is None:
        return asked
    try:
        hinted = tokens.read_id_token_hint(asked.id_token_hint)
    except InvalidToken:
        raise ProtocolError("invalid_request", "id_token_hint is not an ID token of this issuer") from None
    if hinted["aud"] != application.client_id:
        raise ProtocolError("invalid_request", "id_token_hint was issued to another application")
    if asked.subject not in (None, hinted["sub"]):
        raise ProtocolError("invalid_request", "claims and id_token_hint name two subjects")
    return replace(asked, subject=hinted["sub"])


def _check_resource(application: ApplicationConfig, resource: str | None) -> None:
    """RFC 8707. Raises ProtocolError."""
    if resource is None:
        return
    owner = queries.resource(resource)
    if owner is None or (owner[0] != application.id and application.client_id not in owner[1]):
        raise ProtocolError("invalid_target", "Unknown resource, or one that this application may not ask for")


def _is_for_new_companies(application: ApplicationConfig) -> bool:
    return application.company_id is None and application.for_all_companies


def _store(application: ApplicationConfig, given: dict[str, str]) -> str:
    """Keeps the request; returns its key. Raises ProtocolError."""
    limiter.count(Budget(STORED_REQUEST_LIMIT, Where.NETWORK, this_network()))
    kept = {name: given[name] for name in STORED if name in given}
    with unit_of_work():
        return stored_requests.store(RequestKind.AUTHORIZE, application.id, kept)


def _address(application: ApplicationConfig, key: str) -> str:
    """Where the request continues."""
    return url_for(
        "applications.provider.authorize.show",
        client_id=application.client_id,
        request_uri=stored_requests.request_uri(key),
    )


def _page(
    step: Step,
    application: ApplicationConfig,
    asked: AuthorizationRequest,
    organization: Organization | None,
    waiting: str,
) -> str:
    """The page of ours on which the person continues; from there they come back to `waiting`. A new company helps no
    one who wants to join an existing one, or whose application is for others.
    """
    if step is Step.REAUTHENTICATE:
        return url_for("login.reauthentication.show", next=waiting)
    if step is Step.NO_ACCESS:
        return url_for("applications.launchpad.show", application_id=application.id, next=waiting)
    if step is Step.SIGN_UP and organization is None and _is_for_new_companies(application):
        return url_for("login.signup.show", next=waiting)
    why = NEW_PERSON if step is Step.SIGN_UP else None
    choose = 1 if step in (Step.CHOOSE_ACCOUNT, Step.SIGN_UP) or "select_account" in asked.prompt else None
    code = organization.code if organization else last_code() if choose else None
    if code:
        return url_for("login.page.show", code=code, next=waiting, choose=choose, why=why)
    return url_for("login.page.find", next=waiting)
