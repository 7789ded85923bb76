"""RP-initiated logout (OpenID Connect RP-Initiated Logout 1.0). In any doubt nothing ends and no one is redirected: a
page asks.
"""

from dataclasses import dataclass

from flask import redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.applications import application_config
from app.applications.application_config import ApplicationConfig
from app.applications.models import UriUse
from app.applications.provider import claims, stored_requests, tokens
from app.applications.provider.addresses import with_parameters
from app.applications.provider.errors import ProtocolError
from app.applications.provider.models import RequestKind
from app.applications.signing_keys.key_ring import InvalidToken
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.http.binding import forget_pending
from app.http.client_info import this_network
from app.http.current import current, is_signed_in
from app.http.protocol_parameters import RepeatedParameter, parameters
from app.http.rate_limits import STORED_REQUEST_LIMIT, Budget, Where, limiter
from app.sessions import browser_sessions
from app.sessions.browser_sessions import BrowserSession

UNKNOWN_ADDRESS = N_("The application asked us to send you to an address that isn’t registered for it, so we don’t.")
UNKNOWN_HINT = N_("The application’s request doesn’t fit your session here, so we ask.")
KEY = "request"
"""The parameter that names a stored request."""
STORED = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")


@dataclass(frozen=True)
class LogoutRequest:
    application: ApplicationConfig | None
    is_hinted: bool
    """Whether an ID token of ours names the application."""
    sid: str | None
    """The session that the ID token was issued in."""
    return_to: str | None
    """Where to go afterwards, if it is registered."""
    doubt: str | None = None
    """Why a page asks, as a text to translate."""


def show() -> ResponseReturnValue:
    try:
        given = parameters()
    except RepeatedParameter:
        return _page(UNKNOWN_HINT)
    if KEY in given:
        stored = stored_requests.find(RequestKind.LOGOUT, given[KEY])
        given = stored.parameters if stored else {}
    asked = _read(given)
    if asked.doubt:
        return _page(asked.doubt)
    sessions = browser_sessions.all_sessions()
    if not sessions:
        return _done(asked) if asked.is_hinted else _page()
    hinted = [one for one in sessions if asked.is_hinted and _is_of(one, asked)]
    if not hinted:
        return _page(UNKNOWN_HINT if asked.is_hinted else None)
    forget_pending()
    with unit_of_work():
        browser_sessions.end(hinted[0])
    return _done(asked)


def post() -> ResponseReturnValue:
    """A form of another site, which browsers send without our cookies: read by a GET."""
    try:
        given = parameters()
    except RepeatedParameter:
        return _page(UNKNOWN_HINT)
    limiter.count(Budget(STORED_REQUEST_LIMIT, Where.NETWORK, this_network()))
    kept = {name: given[name] for name in STORED if name in given}
    try:
        with unit_of_work():
            key = stored_requests.store(RequestKind.LOGOUT, None, kept)
    except ProtocolError:
        return _page(UNKNOWN_HINT)
    return redirect(url_for("applications.provider.logout.show", request=key), 303)


def _read(given: dict[str, str]) -> LogoutRequest:
    hint, client_id, sid = given.get("id_token_hint"), given.get("client_id"), None
    if hint is not None:
        try:
            hinted = tokens.read_id_token_hint(hint)
        except InvalidToken:
            return LogoutRequest(None, False, None, None, UNKNOWN_HINT)
        if client_id not in (None, hinted["aud"]):
            return LogoutRequest(None, False, None, None, UNKNOWN_HINT)
        client_id, sid = str(hinted["aud"]), hinted.get("sid")
    application = application_config.by_client_id(client_id) if client_id else None
    return_to = given.get("post_logout_redirect_uri")
    if return_to is not None:
        if application is None or return_to not in application.uris_for(UriUse.POST_LOGOUT):
            return LogoutRequest(application, hint is not None, sid, None, UNKNOWN_ADDRESS)
        return_to = with_parameters(return_to, state=given.get("state"))
    return LogoutRequest(application, hint is not None, sid, return_to)


def _is_of(session: BrowserSession, asked: LogoutRequest) -> bool:
    """Whether the ID token was issued in this session."""
    return asked.application is not None and asked.sid == claims.sid(session.session_id, asked.application.client_id)


def _done(asked: LogoutRequest) -> Response:
    if asked.return_to:
        return redirect(asked.return_to, 303)
    return Response(render_template("applications/signed_out.html"), mimetype="text/html")


def _page(doubt: str | None = None) -> Response:
    """Asks whether to sign out; if no one is signed in, says so."""
    if not is_signed_in():
        return Response(render_template("applications/signed_out.html"), mimetype="text/html")
    page = render_template(
        "applications/sign_out.html", doubt=_(doubt) if doubt else None, company_name=current().company_name
    )
    return Response(page, mimetype="text/html")
