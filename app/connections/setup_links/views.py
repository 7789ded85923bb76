"""Setup links for a person in IT who has no account here: the admin's actions, and the page behind the link."""

from uuid import UUID

from flask import Response, abort, current_app, flash, make_response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.connections import actions, queries
from app.connections.forms import SetupForm, SetupLinkForm
from app.connections.models import Draft, SetupLink
from app.connections.registration_spec import registration_spec
from app.connections.views import draft_or_404, tenant_id
from app.core.text import isolate
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.entra_apps.app_registration import registration_guide
from app.http import one_time_links
from app.http.current import current
from app.http.rate_limits import UNKNOWN_LOGIN_CODE_LIMIT, limiter
from app.microsoft_clients import microsoft
from app.people.one_time_tokens.ended_page import ended_page
from app.people.one_time_tokens.rules import KeyState

LINK = "setup"


def create(draft_id: UUID) -> ResponseReturnValue:
    """The only response that shows the token."""
    draft = draft_or_404(draft_id)
    days = int(SetupLinkForm().or_400().days.data)
    token = actions.make_setup_link(draft, days, actor_id=current().person_id)
    address = current_app.config["BASE_URL"] + url_for("connections.setup_links.show", key=token)
    return render_template("connections/setup_link_made.html", draft=draft, address=address, days=days)


def revoke(draft_id: UUID, link_id: UUID) -> ResponseReturnValue:
    draft = draft_or_404(draft_id)
    link = queries.setup_link(draft.id, link_id)
    if link is None:
        abort(404)
    actions.revoke_setup_link(draft, link, actor_id=current().person_id)
    flash(_("Link revoked."), "success")
    return redirect(url_for("connections.edit", draft_id=draft.id), 303)


@limiter.limit(UNKNOWN_LOGIN_CODE_LIMIT, deduct_when=lambda response: response.status_code == 404)
def show() -> ResponseReturnValue:
    link = opened_setup_link()
    if request.method == "GET":
        with unit_of_work():
            actions.note_opened(link)
    draft = link.draft
    return _page(link, _form(draft, SetupForm(formdata=None, obj=draft, version=str(draft.version))))


@limiter.limit(UNKNOWN_LOGIN_CODE_LIMIT, deduct_when=lambda response: response.status_code == 404)
def save() -> ResponseReturnValue:
    """Saves the draft; nothing is activated from here."""
    link = opened_setup_link()
    draft, form = link.draft, _form(link.draft, SetupForm(place=f"{link.draft_id}:{link.id}"))
    valid = form.validate()
    tenant = tenant_id(form) if not form.tenant.errors else None
    if not valid or tenant is None:
        return _page(link, form, 422)
    if form.version.data != str(draft.version):
        form.version.data = str(draft.version)
        return _page(link, form, 409, saved_meanwhile=True)
    with unit_of_work():
        actions.note_opened(link)
        actions.change(draft, link=link, tenant=tenant, **form.settings())
        if form.secret.data:
            actions.add_secret(draft, form.secret.data, form.secret_expires.data, link=link)
    flash(
        _("Saved. An admin of %(company_name)s will test and activate it.", company_name=isolate(draft.company.name)),
        "success",
    )
    return redirect(url_for("connections.setup_links.show", link=one_time_links.name()), 303)


def _form(draft: Draft, form: SetupForm) -> SetupForm:
    """The link can't change the flow, but validating the secret depends on it."""
    form.flow.data = draft.flow
    return form


def _page(link: SetupLink, form: SetupForm, status: int = 200, *, saved_meanwhile: bool = False) -> Response:
    draft, cloud = link.draft, microsoft().cloud
    page = render_template(
        "connections/setup.html",
        draft=draft,
        company_name=draft.company.name,
        asked_by=link.maker.name,
        expires_at=link.expires_at,
        form=form,
        saved_meanwhile=saved_meanwhile,
        has_credential=bool(draft.credentials),
        registration=registration_guide(registration_spec(draft, current_app.config["BASE_URL"], cloud), cloud),
        save_action=url_for("connections.setup_links.save", link=one_time_links.name()),
        consent_action=url_for("login.admin_consent.start_by_link", link=one_time_links.name()),
    )
    response = make_response(page, status)
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def opened_setup_link() -> SetupLink:
    """The link that this browser opened; aborts with a page that gives the reason if none works."""
    token = one_time_links.presented(LINK)
    if token is None:
        abort(ended_page(LINK, KeyState.NOT_HERE))
    link = queries.setup_link_by_token(token)
    state = link.state if link else KeyState.UNKNOWN
    if link is None or state is not KeyState.GOOD:
        abort(ended_page(LINK, state))
    return link
