"""Applies the applications of a companies file, and the roles that it gives to people."""

import os
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from app.applications import actions, queries
from app.applications.actions import Role
from app.applications.forward_auth import actions as forward_auth
from app.applications.forward_auth.addresses import callback_url
from app.applications.models import Application, UriUse
from app.cli.companies_file.application_schema import SHORTEST_SECRET, ApplicationPart
from app.cli.companies_file.schema import CompaniesFile, FileError
from app.companies import queries as companies
from app.core.database import db
from app.core.translation import gettext as _
from app.people import queries as people


def apply(file: CompaniesFile) -> list[str]:
    """Returns the changes, one line each; the caller's unit of work commits. Raises FileError."""
    lines = [line for part in file.applications for line in _apply_application(part)]
    for company in file.companies:
        for person in company.people:
            for client_id, values in person.application_roles.items():
                lines += _apply_roles(company.code, person.email, client_id, values)
    return lines


def _apply_application(part: ApplicationPart) -> list[str]:
    application = queries.by_client_id(part.client_id)
    if application and application.company_id:
        raise FileError(
            _("%(client)s: this application belongs to a company, whose admins manage it", client=part.client_id)
        )
    is_new = application is None
    if application is None:
        application = actions.create(name=part.name, client_id=part.client_id)
    changed = actions.change(
        application,
        origin=_origin(part, application),
        name=part.name,
        kind=part.kind,
        authentication=part.method,
        jwks=part.jwks,
        jwks_uri=part.jwks_uri,
        require_pkce=part.require_pkce,
        subject_type=part.subject_type,
        id_token_signed_response_alg=part.id_token_signed_response_alg,
        allow_offline_access=part.offline_access,
        is_enabled=part.enabled,
        allowed_roles=part.allowed_roles,
        start_url=part.start_url,
        initiate_login_uri=part.initiate_login_uri,
        backchannel_logout_uri=part.backchannel_logout_uri,
    )
    changed += _apply_lists(part, application)
    if _apply_secret(part, application):
        changed.append("client_secret")
    if is_new:
        return [_("%(name)s: created", name=part.client_id)]
    return [_("%(name)s: updated %(changes)s", name=part.client_id, changes=", ".join(changed))] if changed else []


def _apply_lists(part: ApplicationPart, application: Application) -> list[str]:
    """The names of the lists that changed."""
    roles = [Role(role.value, role.name, role.assigned_by) for role in part.roles]
    try:
        results = {
            "redirect_uris": actions.set_uris(application, UriUse.REDIRECT, _redirect_uris(part)),
            "post_logout_redirect_uris": actions.set_uris(
                application, UriUse.POST_LOGOUT, part.post_logout_redirect_uris
            ),
            "cors_origins": actions.set_uris(application, UriUse.CORS_ORIGIN, part.cors_origins),
            "roles": actions.set_roles(application, roles),
            "companies": actions.set_companies(application, _company_ids(part)),
            "resources": actions.set_resources(application, {one.uri: one.clients for one in part.resources}),
        }
    except IntegrityError:
        db.session.rollback()
        raise FileError(_("%(client)s: a resource belongs to another application", client=part.client_id)) from None
    return [name for name, is_changed in results.items() if is_changed]


def _origin(part: ApplicationPart, application: Application) -> str | None:
    """Of a forward-auth application, the host that is its own."""
    if part.kind != "forward-auth" or part.start_url is None:
        return None
    try:
        return forward_auth.origin_for(application, part.start_url)
    except forward_auth.OriginTaken as other:
        raise FileError(
            _("%(client)s: start_url: %(other)s has this host already", client=part.client_id, other=other)
        ) from None


def _redirect_uris(part: ApplicationPart) -> list[str]:
    if part.kind == "forward-auth" and part.start_url:
        return [callback_url(part.start_url, part.client_id)]
    return part.redirect_uris


def _company_ids(part: ApplicationPart) -> list[UUID] | None:
    if part.companies == "all":
        return None
    found = {code: companies.by_code(code) for code in part.companies}
    if unknown := [code for code, company in found.items() if company is None]:
        raise FileError(_("%(client)s: no company has the login code %(code)s", client=part.client_id, code=unknown[0]))
    return [company.id for company in found.values() if company]


def _apply_secret(part: ApplicationPart, application: Application) -> bool:
    if part.client_secret_env is None:
        return False
    secret = os.environ.get(part.client_secret_env, "")
    if len(secret) < SHORTEST_SECRET:
        raise FileError(
            _(
                "%(client)s: the environment variable %(name)s needs a secret of %(number)s random characters or more",
                client=part.client_id,
                name=part.client_secret_env,
                number=SHORTEST_SECRET,
            )
        )
    if actions.has_secret(application, secret):
        return False
    actions.add_secret(application, secret)
    return True


def _apply_roles(code: str, email: str, client_id: str, values: list[str]) -> list[str]:
    company = companies.by_code(code)
    person = people.by_sign_in_email(company.id, email) if company else None
    application = queries.by_client_id(client_id)
    if application is None:
        raise FileError(
            _(
                "%(code)s: %(email)s: no application has the client_id %(client)s",
                code=code,
                email=email,
                client=client_id,
            )
        )
    if unknown := {*values} - {role.value for role in application.roles}:
        raise FileError(
            _(
                "%(code)s: %(email)s: %(client)s has no role %(role)s",
                code=code,
                email=email,
                client=client_id,
                role=min(unknown),
            )
        )
    assert person is not None
    is_changed = actions.assign_roles(person, application, values)
    return (
        [_("%(code)s: %(email)s: set the roles in %(client)s", code=code, email=email, client=client_id)]
        if is_changed
        else []
    )
