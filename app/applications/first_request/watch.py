"""Records what arrives during a test. The endpoints call this; it changes nothing of their answers."""

from flask import request

from app.applications import application_config
from app.applications.application_config import ApplicationConfig
from app.applications.first_request import actions, queries, verdicts
from app.applications.first_request.verdicts import TokenRequest
from app.applications.grants import queries as grants
from app.applications.grants.actions import secret_hash
from app.applications.models import UriUse
from app.applications.pkce import challenge_of
from app.applications.provider.errors import ProtocolError
from app.core.unit_of_work import unit_of_work
from app.http.cookies import read_cookie
from app.http.current import current, is_signed_in

AUTHORIZE, TOKEN = "authorize", "token"
COOKIE = "application_test"
"""The cookie, without its prefix, of a browser in which a test link was opened. The test itself is the session's."""


def authorization(application: ApplicationConfig | None, given: dict[str, str]) -> None:
    """An authorization request, of this application's by its client id. It costs a query only in a browser in which a
    test link was opened.

    One that continues, after the person signed in, say, was recorded when it began.
    """
    if "request_uri" in given or not read_cookie(COOKIE) or not is_signed_in():
        return
    test = queries.running(current().session_id)
    if test is None:
        return
    if application is None or application.id != test.application_id:
        found = ["client_unknown"]
    else:
        registered = application.uris_for(UriUse.REDIRECT)
        found = verdicts.of_authorization(given, registered, requires_pkce=application.require_pkce)
    with unit_of_work():
        actions.record_arrival(
            test,
            AUTHORIZE,
            verdicts.names_of(given),
            found,
            verdicts.shown_uri(given.get("redirect_uri")),
        )


def failed_token_request(given: dict[str, str], error: ProtocolError) -> None:
    """A request to the token endpoint that failed. Its code tells the session for which it was issued."""
    grant = grants.by_code(secret_hash(given["code"])) if "code" in given else None
    test = queries.running(grant.session_id) if grant else None
    if grant is None or test is None or test.application_id != grant.application_id:
        return
    application = application_config.by_client_id(grant.client_id)
    assert application is not None
    challenge, verifier = grant.code_challenge, given.get("code_verifier")
    failed = TokenRequest(
        error=error.error,
        authentication=application.authentication,
        has_basic=request.headers.get("Authorization", "").lower().startswith("basic "),
        has_posted="client_secret" in given,
        redirect_uri_differs=given.get("redirect_uri") != grant.redirect_uri,
        has_challenge=challenge is not None,
        has_verifier=verifier is not None,
        verifier_differs=challenge is not None and verifier is not None and challenge_of(verifier) != challenge,
    )
    with unit_of_work():
        actions.record_arrival(test, TOKEN, verdicts.names_of(given), verdicts.of_token_request(failed))
