"""Signing out.

https://learn.microsoft.com/entra/identity-platform/v2-protocols-oidc#send-a-sign-out-request
"""

from urllib.parse import urlencode

from flask import Blueprint, Response, make_response, redirect, render_template, request

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
    """Ends the sandbox's session; redirects to `post_logout_redirect_uri` only if an application registered it."""
    mention(tenant=tenant)
    try:
        if tenant.lower() in ANY_TENANT:
            tenants = list(sandbox().directory.tenants.values())
        else:
            tenants = [sandbox().directory.tenant(tenant)]
            note(tid=tenants[0].tid)
    except Refused as refused:
        return as_page(refused)
    names = [name for found in tenants if (name := _sign_out(found))]
    target = request.values.get("post_logout_redirect_uri", "")
    if target and _registered(tenants, target):
        state = request.values.get("state")
        mark = "&" if "?" in target else "?"
        return redirect(target + (mark + urlencode({"state": state}) if state else ""))  # type: ignore[return-value]
    return make_response(render_template("signed_out.html", names=names, unregistered=target))


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
