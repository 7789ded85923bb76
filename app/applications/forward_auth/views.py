"""The check that proxies ask for, and the pages of a sign-in on the application's own host.

The application is the one that the path names. The request's host and what it says about forwarding decide nothing:
anyone can send them.
"""

import hmac
from datetime import timedelta

from flask import abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from app.applications.forward_auth import actions, addresses, cookies, identity, queries, responses
from app.applications.forward_auth.queries import ProtectedApplication
from app.applications.forward_auth.request_kind import URI
from app.applications.forward_auth.verdict import Verdict, verdict
from app.applications.grants import queries as grants
from app.applications.grants.actions import new_secret, secret_hash
from app.applications.pkce import challenge_of
from app.applications.provider.tokens import issuer
from app.core.database import now
from app.core.logging import name_company
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.http.protocol_parameters import RepeatedParameter, parameters
from app.sessions.session_loader import count_as_use

PROMPT = "select_account"
"""The only one that a start takes."""
LOOP = timedelta(seconds=10)
"""A sign-in that starts so soon after the last one: the proxy doesn't pass our cookie on, or it was another tab's."""


def check(client_id: str) -> ResponseReturnValue:
    """204 with the identity headers and, as Cookie, what the upstream may see of the cookies; else 401 or 403."""
    application = queries.by_client_id(client_id, cookies.cookie_hash())
    found = verdict(application, now())
    if found is not Verdict.ALLOWED:
        return responses.refusal(found, application, is_asked_by_page=responses.is_asked_by_page())
    assert application is not None
    assert application.grant is not None
    grant = application.grant
    name_company(grant.company_id)
    count_as_use(grant.session_id, grant.last_seen_at)
    response = Response(status=204)
    response.headers.update(identity.headers_of(grant))
    response.headers["Cookie"] = cookies.for_upstream()
    return response


def refused(client_id: str) -> ResponseReturnValue:
    """The response that the person gets where nginx keeps the one to its check for itself. It never passes anything."""
    application = queries.by_client_id(client_id, cookies.cookie_hash())
    found = verdict(application, now())
    is_page = responses.is_asked_by_page()
    if found is not Verdict.ALLOWED:
        return responses.refusal(found, application, is_asked_by_page=is_page)
    # Signed in since the check, in another tab.
    assert application is not None
    if not is_page:
        return responses.refusal(Verdict.SIGN_IN, application, is_asked_by_page=False)
    return redirect(application.origin + _return_to(application, request.headers.get(URI)), 303)


def start(client_id: str) -> ResponseReturnValue:
    """Begins a sign-in: this browser gets a state, without which no ticket opens anything."""
    application, moment = _enabled(client_id), now()
    return_to = _return_to(application, request.args.get("next"))
    prompt = PROMPT if request.args.get("prompt") == PROMPT else None
    grant = application.grant if verdict(application, moment) is Verdict.ALLOWED else None
    if grant and prompt is None and moment - grant.created_at < LOOP:
        return responses.signed_in(application, return_to)
    verifier = new_secret()
    response = redirect("")
    state = cookies.keep_state(response, client_id, cookies.SignInState(verifier, return_to))
    authorize = url_for(
        "applications.provider.authorize.show",
        client_id=client_id,
        redirect_uri=addresses.callback_url(application.start_url, client_id),
        response_type="code",
        scope=identity.SCOPE,
        state=state,
        code_challenge=challenge_of(verifier),
        code_challenge_method="S256",
        prompt=prompt,
    )
    response.headers["Location"] = issuer() + authorize
    response.status_code = 303
    return response


def callback(client_id: str) -> ResponseReturnValue:
    """Takes the ticket, an authorization code, which only the browser that began can exchange for the cookie."""
    application = _enabled(client_id)
    try:
        given = parameters()
    except RepeatedParameter:
        return responses.expired(application)
    name = given.get("state", "")
    state = cookies.state_of(client_id, name)
    if state is None:
        return responses.expired(application)
    if "error" in given:
        response = _not_signed_in(application, given)
    else:
        response = _signed_in(application, state, given.get("code", ""))
    cookies.forget_state(response, name)
    return response


def sign_out(client_id: str) -> ResponseReturnValue:
    """Ends the session that the cookie belongs to. Only a page of the application can ask for it."""
    application = queries.by_client_id(client_id, cookies.cookie_hash())
    if application is None:
        abort(404)
    if request.headers.get("Sec-Fetch-Site") != "same-origin" and request.headers.get("Origin") != application.origin:
        raise Forbidden
    grant = application.grant
    if grant is not None and verdict(application, now()) is not Verdict.SIGN_IN:
        actions.end_session(grant.company_id, grant.person_id, grant.session_id)
    response = responses.signed_out(application)
    cookies.forget_token(response)
    return response


def _signed_in(application: ProtectedApplication, state: cookies.SignInState, code: str) -> Response:
    grant, moment = grants.by_code(secret_hash(code)), now()
    expected = addresses.callback_url(application.start_url, application.client_id)
    if (
        grant is None
        or grant.application_id != application.id
        or grant.redirect_uri != expected
        or not hmac.compare_digest(grant.code_challenge or "", challenge_of(state.verifier))
    ):
        return responses.expired(application)
    with unit_of_work():
        token = actions.redeem(grant, moment)
    if token is None:
        return responses.expired(application)
    name_company(grant.company_id)
    response = redirect(application.origin + state.return_to, 303)
    cookies.keep_token(response, token, remembered=grant.remembered_days is not None)
    return response


def _not_signed_in(application: ProtectedApplication, given: dict[str, str]) -> Response:
    if given["error"] == "access_denied":
        return responses.no_access(application)
    return responses.page(
        400,
        _("The sign-in didn’t work"),
        given.get("error_description", ""),
        links=[(addresses.start_path(application.client_id), _("Sign in again"))],
    )


def _enabled(client_id: str) -> ProtectedApplication:
    application = queries.by_client_id(client_id, cookies.cookie_hash())
    if application is None or not application.is_enabled:
        abort(404)
    return application


def _return_to(application: ProtectedApplication, given: str | None) -> str:
    return addresses.path_to_return_to(given) or addresses.start_page(application.start_url)
