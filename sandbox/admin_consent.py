"""Admin consent: an administrator consents for the whole company.

https://learn.microsoft.com/entra/identity-platform/v2-admin-consent
"""

from flask import Blueprint, Response, make_response, render_template, request

from sandbox.aadsts import Refused
from sandbox.authorization_request import Return, read_return
from sandbox.model import Application, Tenant
from sandbox.refusals import as_page, mention, redirect_parameters
from sandbox.scopes import GRAPH, SCOPES, parse
from sandbox.state import sandbox

blueprint = Blueprint("admin_consent", __name__)


@blueprint.route("/<tenant>/v2.0/adminconsent", methods=["GET", "POST"])
def adminconsent(tenant: str) -> Response:
    """The page, and its response: `consent=accept` or `consent=decline`. Errors have admin_consent=True as well."""
    mention(tenant=tenant)
    back: Return | None = None
    try:
        found, application, back = read_return(tenant, request.values)
        scopes = parse(request.values.get("scope", ".default"), sandbox().addresses.server)
        if request.method == "POST" and "consent" in request.form:
            return _answered(found, application, back, scopes)
        return _page(found, application, scopes)
    except Refused as refused:
        if back is None or not refused.redirected:
            return as_page(refused)
        return back.send({"admin_consent": "True", "tenant": tenant} | redirect_parameters(refused))


def _answered(tenant: Tenant, application: Application, back: Return, scopes: tuple[str, ...]) -> Response:
    if request.form["consent"] != "accept":
        raise Refused(65004)
    sandbox().directory.put_application(tenant.tid, application.client_id, {"consent": "granted"})
    scope = " ".join(name if name == "openid" else f"{GRAPH}/{name}" for name in scopes)
    return back.send({"admin_consent": "True", "tenant": tenant.tid, "scope": scope})


def _page(tenant: Tenant, application: Application, scopes: tuple[str, ...]) -> Response:
    admins = [person for person in tenant.people.values() if person.admin and not person.disabled]
    return make_response(
        render_template(
            "admin_consent.html",
            tenant=tenant,
            application=application,
            admin=admins[0] if admins else None,
            scopes=[SCOPES[name.lower()] for name in scopes],
            address=request.full_path,
        )
    )
