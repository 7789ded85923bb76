"""Signing out.

https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#send-a-sign-out-request
"""

from urllib.parse import urlencode, urlsplit

from flask import Blueprint, Response, g, make_response, redirect, render_template, request

from sandbox.aadsts import Refused
from sandbox.authorization_request import ANY_TENANT, redirect_platform
from sandbox.journal import note
from sandbox.model import Tenant
from sandbox.refusals import as_page, mention
from sandbox.sessions import current_session, end_session
from sandbox.state import sandbox

blueprint = Blueprint("leaving", __name__)


@blueprint.route("/<tenant>/oauth2/v2.0/logout", methods=["GET", "POST"])
def logout(tenant: str) -> Response:
    """Ends the sandbox's session and calls the logout URLs of its applications, each in a frame; then redirects to
    `post_logout_redirect_uri`, but only if an application registered it.
    """
    mention(tenant=tenant)
    try:
        if tenant.lower() in ANY_TENANT:
            tenants = list(sandbox().directory.tenants.values())
        else:
            tenants = [sandbox().directory.tenant(tenant)]
            note(tid=tenants[0].tid)
    except Refused as refused:
        return as_page(refused)
    frames = [url for found in tenants for url in _logout_urls(found)]
    names = [name for found in tenants if (name := _sign_out(found))]
    target = request.values.get("post_logout_redirect_uri", "")
    registered = _with_state(target) if target and _registered(tenants, target) else None
    if registered and not frames:
        return redirect(registered)  # type: ignore[return-value]
    g.framed_origins = sorted({_origin(url) for url in frames})
    unregistered = "" if registered else target
    return make_response(
        render_template("signed_out.html", names=names, unregistered=unregistered, frames=frames, target=registered)
    )


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _with_state(target: str) -> str:
    state = request.values.get("state")
    mark = "&" if "?" in target else "?"
    return target + (mark + urlencode({"state": state}) if state else "")


def _logout_urls(tenant: Tenant) -> list[str]:
    """The front-channel logout URLs of the applications of this browser's session."""
    session = current_session(tenant.tid)
    applications = [tenant.applications.get(client_id) for client_id in sorted(session.client_ids if session else ())]
    return [
        f"{one.logout_url}{'&' if '?' in one.logout_url else '?'}{urlencode({'sid': session.sid})}"
        for one in applications
        if session and one and one.logout_url
    ]


def _sign_out(tenant: Tenant) -> str | None:
    session = current_session(tenant.tid)
    end_session(tenant.tid)
    person = tenant.people.get(session.oid) if session else None
    return person.name if person else None


def _registered(tenants: list[Tenant], target: str) -> bool:
    return any(
        redirect_platform(application, target)
        for tenant in tenants
        for application in list(tenant.applications.values())
    )
