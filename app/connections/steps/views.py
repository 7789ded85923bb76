"""The steps from a new connection to an active one; the test between them belongs to app/login/connection_test/."""

from uuid import UUID

from flask import current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.companies.models import PasswordSignIn
from app.connections import actions, queries
from app.connections.forms import MESSAGES, FlowForm, SetupLinkForm, ValuesForm, shown_messages
from app.connections.models import Draft
from app.connections.page import draft_or_404, next_url, registration_of, shown_credentials, tenant_id
from app.connections.steps.steps import Step, shown
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.http.current import current

NEW_TITLE = N_("Microsoft Entra ID")


def choose() -> ResponseReturnValue:
    """The first step, before the connection exists."""
    return new_page()


def create() -> ResponseReturnValue:
    """Creates the connection, so that its redirect URI is available before anything else is known."""
    visitor = current()
    form = FlowForm()
    if not form.validate() or _is_taken(form, None):
        return _flow_page(None, form), 422
    draft = actions.make(
        visitor.company_id,
        actor_id=visitor.person_id,
        title=form.title.data,
        flow=form.flow.data,
        tenant="",
        client_id="",
    )
    return redirect(next_url(draft), 303)


def show_flow(draft_id: UUID) -> ResponseReturnValue:
    draft = draft_or_404(draft_id)
    if draft.connection:
        return redirect(url_for("connections.settings", draft_id=draft.id))
    return _flow_page(draft, FlowForm(formdata=None, obj=draft))


def save_flow(draft_id: UUID) -> ResponseReturnValue:
    draft = draft_or_404(draft_id)
    form = FlowForm()
    if not form.validate() or _is_taken(form, draft):
        return _flow_page(draft, form), 422
    actions.change(draft, actor_id=current().person_id, title=form.title.data, flow=form.flow.data)
    return redirect(url_for("connections.steps.register", draft_id=draft.id), 303)


def register(draft_id: UUID) -> ResponseReturnValue:
    draft = draft_or_404(draft_id)
    if draft.connection:
        return redirect(url_for("connections.edit", draft_id=draft.id, _anchor="registration"))
    return render_template(
        "connections/register.html",
        draft=draft,
        steps=shown(draft, Step.REGISTER),
        registration=registration_of(draft),
        setup_links=queries.setup_links(draft.id),
        setup_link_form=SetupLinkForm(formdata=None),
    )


def show_values(draft_id: UUID) -> ResponseReturnValue:
    draft = draft_or_404(draft_id)
    if draft.connection:
        return redirect(url_for("connections.settings", draft_id=draft.id))
    return _values_page(draft, ValuesForm(draft.flow, formdata=None, obj=draft, version=str(draft.version)))


def save_values(draft_id: UUID) -> ResponseReturnValue:
    """Saves the values that Microsoft shows. A secret can be left out if there is a credential already."""
    draft = draft_or_404(draft_id)
    actor_id = current().person_id
    form = ValuesForm(draft.flow, place=f"{draft.id}:{actor_id}")
    valid = form.validate()
    if draft.needs_credential and not form.secret.data and not form.secret.errors:
        form.secret.errors = [MESSAGES["secret_missing"]]
        valid = False
    tenant = tenant_id(form) if not form.tenant.errors else None
    if not valid or tenant is None:
        return _values_page(draft, form), 422
    if form.version.data != str(draft.version):
        form.version.data = form.version.raw_data = str(draft.version)
        return _values_page(draft, form, saved_meanwhile=True), 409
    with unit_of_work():
        actions.change(draft, actor_id=actor_id, tenant=tenant, **form.settings())
        if form.secret.data:
            actions.add_secret(draft, form.secret.data, form.secret_expires.data, actor_id=actor_id)
    return redirect(next_url(draft), 303)


def finish(draft_id: UUID) -> ResponseReturnValue:
    """The last step: activates what has passed its test, then says what to do next."""
    draft = draft_or_404(draft_id)
    if draft.connection is None and not draft.may_activate:
        flash(_("Run a successful test before activating."), "warning")
        return redirect(next_url(draft))
    code = draft.company.login_pages[0].code
    return render_template(
        "connections/finish.html",
        draft=draft,
        steps=shown(draft, Step.ACTIVATE),
        login_url=current_app.config["BASE_URL"] + url_for("login.page.show", code=code),
        passwords_url=url_for("login.password_policy.show"),
        passwords_allowed=draft.company.password_sign_in != PasswordSignIn.NO_ONE,
        email_is_confirmed=current().email_is_confirmed,
    )


def new_page() -> str:
    """The first step of a new connection, with a name that isn't taken."""
    taken = {draft.title for draft in queries.drafts(current().company_id)}
    name = _(NEW_TITLE)
    titles = (name if number == 1 else f"{name} {number}" for number in range(1, len(taken) + 2))
    title = next(title for title in titles if title not in taken)
    return _flow_page(None, FlowForm(formdata=None, title=title))


def _flow_page(draft: Draft | None, form: FlowForm) -> str:
    return render_template("connections/flow.html", draft=draft, form=form, steps=shown(draft, Step.FLOW))


def _is_taken(form: FlowForm, draft: Draft | None) -> bool:
    if not queries.title_is_taken(current().company_id, form.title.data or "", draft.id if draft else None):
        return False
    form.title.errors = [*form.title.errors, _("This name is already used.")]
    return True


def _values_page(draft: Draft, form: ValuesForm, *, saved_meanwhile: bool = False) -> str:
    return render_template(
        "connections/values.html",
        draft=draft,
        form=form,
        steps=shown(draft, Step.VALUES),
        saved_meanwhile=saved_meanwhile,
        credentials=shown_credentials(draft),
        registration=registration_of(draft),
        messages=shown_messages(),
    )
