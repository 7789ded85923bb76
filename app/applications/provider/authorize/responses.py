"""The responses of the authorization endpoint: a redirect to the application, or a page of ours."""

from uuid import UUID

import structlog
from flask import redirect, render_template
from werkzeug.urls import iri_to_uri
from werkzeug.wrappers import Response

from app.applications.application_config import ApplicationConfig
from app.applications.launchpad.queries import launch_url
from app.applications.provider.addresses import with_parameters
from app.applications.provider.errors import ProtocolError
from app.applications.provider.tokens import issuer
from app.applications.uris import origin_of
from app.audit.events.applications import AuthorizationFailed
from app.audit.log import record
from app.core.text import gettext_noop as N_
from app.core.unit_of_work import unit_of_work
from app.http.current import current, is_signed_in
from app.http.errors import ErrorText, error_page, new_reference
from app.sessions import browser_sessions

log = structlog.get_logger(__name__)

ROUTINE = ("login_required",)
"""Errors that applications expect, as the answer to prompt=none."""
UNKNOWN_CLIENT = ErrorText(
    N_("This application isn’t registered here"),
    N_("The link names an application that doesn’t exist or is disabled, so we can’t send you back to it."),
    N_("Tell the people who run the application: its client_id is wrong."),
)
UNKNOWN_REDIRECT_URI = ErrorText(
    N_("This application’s address isn’t registered"),
    N_("The application asked us to send you to an address that isn’t registered for it, so we don’t."),
    N_("Tell the people who run the application: its redirect_uri must be registered exactly as it is sent."),
)
INVALID_REQUEST = ErrorText(
    N_("The application’s request is invalid"),
    N_("It has a parameter twice, so we can’t tell which one counts."),
    N_("Go back to the application, or tell the people who run it."),
)


def response_url(redirect_uri: str, **parameters: str | None) -> str:
    """The address of a response to the application; every response names its issuer (RFC 9207)."""
    return iri_to_uri(with_parameters(redirect_uri, **parameters, iss=issuer()))


def redirect_with(redirect_uri: str, **parameters: str | None) -> Response:
    """Back to the application."""
    response = redirect(response_url(redirect_uri, **parameters), 303)
    response.headers["Cache-Control"] = "no-store"
    return response


def refuse(application: ApplicationConfig, redirect_uri: str, state: str | None, error: ProtocolError) -> Response:
    """The error at the redirect URI. Where anyone could have registered the application, a page asks first: otherwise
    Portico's address could be used to send people anywhere (RFC 9700, section 4.11.2).
    """
    description = error.description
    if error.error not in ROUTINE:
        reference = record_refusal(application, error)
        description = f"{description} (reference {reference})"
    response = redirect_with(redirect_uri, error=error.error, error_description=description, state=state)
    company_id = application.company_id
    if company_id is None or any(one.company_id == company_id for one in browser_sessions.all_sessions()):
        return response
    page = render_template(
        "applications/leaving.html",
        name=application.name,
        host=origin_of(redirect_uri).partition("://")[2],
        url=response.headers["Location"],
        description=description,
    )
    return Response(page, 400, mimetype="text/html")


def refusal_page(words: ErrorText, **logged: str) -> Response:
    """A page, when there is no address to which the error could go."""
    reference = new_reference()
    log.warning("authorization_refused", reference=reference, **logged)
    return error_page(400, words=words, reference=reference)


def expired(application: ApplicationConfig) -> Response:
    """A request that waited for too long can't continue; the person starts again at the application."""
    log.warning("authorization_refused", reference=new_reference(), client=application.client_id, expired=True)
    url = launch_url(application.start_url, application.initiate_login_uri)
    # With the host: anyone can create a company, and an application with any name.
    host = origin_of(url).partition("://")[2] if url else ""
    page = render_template("applications/expired.html", name=application.name, url=url, host=host)
    return Response(page, 400, mimetype="text/html")


def record_refusal(application: ApplicationConfig, error: ProtocolError) -> str:
    """In the log and in the audit log of the company concerned; returns the reference."""
    reference, company_id = new_reference(), _company_of(application)
    log.info("authorization_failed", client=application.client_id, error=error.error, reference=reference)
    if company_id:
        with unit_of_work():
            record(
                AuthorizationFailed(
                    company_id=company_id,
                    reference=reference,
                    client=application.client_id,
                    error=error.error,
                    description=error.description,
                )
            )
    return reference


def _company_of(application: ApplicationConfig) -> UUID | None:
    """Whose admins can look the reference up: the application's company, or the signed-in person's."""
    return application.company_id or (current().company_id if is_signed_in() else None)
