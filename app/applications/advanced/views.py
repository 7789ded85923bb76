"""Advanced options, Applications: those that sign the company's people in through Portico."""

from typing import Any
from uuid import UUID

from flask import abort, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.applications import actions as applications
from app.applications import company_queries as queries
from app.applications.advanced import actions, snippets
from app.applications.advanced.forms import (
    KIND_HINTS,
    AccessForm,
    ApplicationForm,
    ConfirmForm,
    EnabledForm,
    IconForm,
    NewApplicationForm,
)
from app.applications.advanced.page import (
    forget_secret,
    icon_url,
    keep_secret,
    kept_secret,
    own_or_404,
    usable_or_404,
)
from app.applications.models import Application, UriUse
from app.applications.roles.forms import RoleForm
from app.core.database import now
from app.core.text import gettext_noop as N_
from app.core.text import isolate
from app.core.translation import gettext as _
from app.http.current import current
from app.people import queries as people
from app.people.presentation import avatar_url

MOST_APPLICATIONS = 100
"""Of one company's own."""
TOO_MANY = N_("A company can have up to 100 applications. Delete one that you no longer use.")


def index() -> ResponseReturnValue:
    company_id = current().company_id
    lines = [
        {**vars(one), "icon_url": icon_url(one.id, one.name, one.icon), "is_own": one.company_id is not None}
        for one in queries.all_for(company_id)
    ]
    return render_template("applications/index.html", lines=lines)


def new() -> ResponseReturnValue:
    return _new_page(NewApplicationForm(formdata=None))


def create() -> ResponseReturnValue:
    """Registers an application; the page that follows shows its client secret."""
    visitor, form = current(), NewApplicationForm()
    if not form.validate():
        return _new_page(form), 422
    if queries.number_of_own(visitor.company_id) >= MOST_APPLICATIONS:
        form.name.errors = [_(TOO_MANY)]
        return _new_page(form), 422
    application, secret = actions.create(
        visitor.company_id,
        name=form.name.data or "",
        redirect_uri=form.redirect_uri.data or "",
        kind=form.kind.data,
        actor_id=visitor.person_id,
    )
    response = redirect(url_for("applications.advanced.connect", application_id=application.id), 303)
    return keep_secret(response, application, secret) if secret else response


def connect(application_id: UUID) -> ResponseReturnValue:
    """The values to copy, and the code for a framework. A client secret is shown while it is new."""
    application, issuer = own_or_404(application_id), current_app.config["BASE_URL"]
    offered = snippets.frameworks(application.kind)
    wanted = request.args.get("framework", "")
    chosen = wanted if wanted in offered else next(iter(offered))
    secret = kept_secret(application)
    return render_template(
        "applications/connect.html",
        application=application,
        issuer=issuer,
        secret=secret,
        has_secrets=application.has_secrets,
        redirect_uris=application.uris_for(UriUse.REDIRECT),
        frameworks=offered,
        chosen=chosen,
        framework=offered[chosen],
        snippet=snippets.snippet(offered[chosen], application, issuer, secret),
        protocol=snippets.protocol(application),
    )


def show(application_id: UUID) -> ResponseReturnValue:
    """An application's page. A client secret that was shown before isn't shown again."""
    return forget_secret(make_response(application_page(usable_or_404(application_id))))


def settings(application_id: UUID) -> ResponseReturnValue:
    application = own_or_404(application_id)
    return _settings_page(application, ApplicationForm(application, formdata=None))


def save(application_id: UUID) -> ResponseReturnValue:
    application, actor_id = own_or_404(application_id), current().person_id
    form = ApplicationForm(application)
    if not form.validate():
        return _settings_page(application, form), 422
    applications.change(application, actor_id=actor_id, **form.values)
    for use, field in (
        (UriUse.REDIRECT, form.redirect_uris),
        (UriUse.POST_LOGOUT, form.post_logout_uris),
        (UriUse.CORS_ORIGIN, form.cors_origins),
    ):
        applications.set_uris(application, use, field.lines, actor_id=actor_id)
    flash(_("Changes saved."), "success")
    return redirect(_url(application), 303)


def set_icon(application_id: UUID) -> ResponseReturnValue:
    application, form = own_or_404(application_id), IconForm()
    if not form.validate():
        return _settings_page(application, ApplicationForm(application, formdata=None), form), 422
    actions.set_icon(application, form.encoded, actor_id=current().person_id)
    flash(_("Icon saved."), "success")
    return redirect(url_for("applications.advanced.settings", application_id=application.id), 303)


def remove_icon(application_id: UUID) -> ResponseReturnValue:
    application = own_or_404(application_id)
    actions.set_icon(application, None, actor_id=current().person_id)
    flash(_("Icon removed."), "success")
    return redirect(url_for("applications.advanced.settings", application_id=application.id), 303)


def set_access(application_id: UUID) -> ResponseReturnValue:
    application = own_or_404(application_id)
    form = AccessForm(application)
    if not form.validate():
        return application_page(application, access_form=form), 422
    applications.change(application, actor_id=current().person_id, allowed_roles=form.roles)
    flash(_("Changes saved."), "success")
    return redirect(_url(application), 303)


def add_secret(application_id: UUID) -> ResponseReturnValue:
    """A second client secret; the first one works for another week."""
    application = own_or_404(application_id)
    if not application.has_secrets:
        abort(404)
    if len(_valid_secrets(application)) > 1:
        flash(_("There are two client secrets already. Remove the old one first."), "danger")
        return redirect(_url(application), 303)
    secret = applications.add_secret(application, actor_id=current().person_id)
    response = redirect(url_for("applications.advanced.connect", application_id=application.id), 303)
    return keep_secret(response, application, secret)


def remove_secret(application_id: UUID, secret_id: UUID) -> ResponseReturnValue:
    """Asks for confirmation. The only client secret can't be removed, only replaced."""
    application = own_or_404(application_id)
    secret = next((one for one in application.secrets if one.id == secret_id), None)
    if secret is None:
        abort(404)
    if not [one for one in _valid_secrets(application) if one is not secret]:
        flash(_("This is the only client secret. Create another one first."), "danger")
        return redirect(_url(application), 303)
    if not ConfirmForm().confirmed.data:
        asks = ConfirmForm(formdata=None, confirmed=True)
        page = render_template("applications/remove_secret.html", application=application, secret=secret, form=asks)
        return page, 409
    actions.remove_secret(application, secret, actor_id=current().person_id)
    flash(_("Client secret removed."), "success")
    return redirect(_url(application), 303)


def set_enabled(application_id: UUID) -> ResponseReturnValue:
    """Disabling asks for confirmation, and says how many people are signed in."""
    application, form = own_or_404(application_id), EnabledForm()
    wanted = form.enabled.data
    if not wanted and not form.confirmed.data:
        return _question("applications/disable.html", application, EnabledForm(formdata=None, confirmed=True)), 409
    applications.change(application, actor_id=current().person_id, is_enabled=wanted)
    flash(_("Application enabled.") if wanted else _("Application disabled."), "success")
    return redirect(_url(application), 303)


def confirm_delete(application_id: UUID) -> ResponseReturnValue:
    application = own_or_404(application_id)
    return _question("applications/delete.html", application, ConfirmForm(formdata=None, confirmed=True))


def delete(application_id: UUID) -> ResponseReturnValue:
    application = own_or_404(application_id)
    if not ConfirmForm().confirmed.data:
        return redirect(url_for("applications.advanced.confirm_delete", application_id=application.id), 303)
    name = application.name
    actions.delete(application, actor_id=current().person_id)
    flash(_("%(name)s deleted.", name=isolate(name)), "success")
    return redirect(url_for("applications.advanced.index"), 303)


def sign_out(application_id: UUID, person_id: UUID) -> ResponseReturnValue:
    """Ends a person's sign-in to the application."""
    visitor, application = current(), usable_or_404(application_id)
    person = people.person(visitor.company_id, person_id)
    if person is None:
        abort(404)
    if actions.sign_out(visitor.company_id, application, person.id, actor_id=visitor.person_id):
        flash(_("%(name)s is signed out of this application.", name=isolate(person.name)), "success")
    return redirect(_url(application), 303)


def application_page(
    application: Application, *, access_form: AccessForm | None = None, role_form: RoleForm | None = None
) -> str:
    """An application's page, with the forms whose input was invalid."""
    company_id = current().company_id
    return render_template(
        "applications/application.html",
        application=application,
        is_own=application.company_id is not None,
        icon_url=icon_url(application.id, application.name, queries.icon_hash(application.id)),
        usage=queries.usage(company_id, application.id),
        has_secrets=application.company_id is not None and application.has_secrets,
        secrets=_secret_lines(application),
        roles=queries.roles(company_id, application.id),
        signed_in=[
            {**vars(one), "avatar_url": avatar_url(one)} for one in queries.signed_in_people(company_id, application.id)
        ],
        asking=queries.access_requests(company_id, application.id),
        access_form=access_form or AccessForm(application, formdata=None),
        role_form=role_form or RoleForm(formdata=None),
        enabled_form=EnabledForm(formdata=None, enabled=not application.is_enabled),
    )


def _new_page(form: NewApplicationForm) -> str:
    return render_template("applications/new.html", form=form, kind_hints=KIND_HINTS)


def _settings_page(application: Application, form: ApplicationForm, icon_form: IconForm | None = None) -> str:
    icon_hash = queries.icon_hash(application.id)
    return render_template(
        "applications/settings.html",
        application=application,
        form=form,
        icon_form=icon_form or IconForm(formdata=None),
        has_icon=icon_hash is not None,
        icon_url=icon_url(application.id, application.name, icon_hash),
    )


def _question(template: str, application: Application, form: EnabledForm | ConfirmForm) -> str:
    usage = queries.usage(current().company_id, application.id)
    return render_template(template, application=application, signed_in=usage.signed_in, form=form)


def _valid_secrets(application: Application) -> list[Any]:
    moment = now()
    return [one for one in application.secrets if one.expires_at is None or one.expires_at > moment]


def _secret_lines(application: Application) -> list[dict[str, Any]]:
    """Only the company's own applications show any."""
    if application.company_id is None:
        return []
    valid = _valid_secrets(application)
    return [
        {
            "id": one.id,
            "ending": one.ending,
            "created_at": one.created_at,
            "expires_at": one.expires_at,
            "is_removable": len(valid) > 1,
        }
        for one in valid
    ]


def _url(application: Application) -> str:
    return url_for("applications.advanced.show", application_id=application.id)
