"""Advanced options, Microsoft Entra ID: the company's connections, and one connection's page and settings."""

from typing import Any
from uuid import UUID

from flask import abort, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.connections import actions, activity, queries
from app.connections.forms import ConnectionForm, EnabledForm, SetupLinkForm
from app.connections.models import Draft
from app.connections.page import draft_or_404, next_url, registration_of, shown_credentials, tenant_id
from app.connections.state import is_only_sign_in_method, last_day, state_of
from app.connections.steps.views import new_page
from app.core.database import now
from app.core.text import gettext_noop as N_
from app.core.text import isolate
from app.core.translation import LANGUAGES
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.http.current import current
from app.sessions import queries as sessions

ONLY_SIGN_IN_METHOD = N_("This is the only sign-in method. Allow passwords first.")


def index() -> ResponseReturnValue:
    """The connections; the first step of a new one while there is none."""
    drafts = queries.drafts(current().company_id)
    if not drafts:
        return new_page()
    return render_template("connections/index.html", connections=[_line(draft) for draft in drafts])


def advanced() -> ResponseReturnValue:
    return redirect(url_for("connections.index"))


def edit(draft_id: UUID) -> ResponseReturnValue:
    """The page of an active connection; a draft continues with its next step."""
    draft = draft_or_404(draft_id)
    connection = draft.connection
    if connection is None:
        return redirect(next_url(draft))
    today = now().date()
    return render_template(
        "connections/edit.html",
        draft=draft,
        connection=connection,
        state=state_of(draft, today),
        differs=not draft.is_published,
        last_sign_in=activity.last_sign_in(draft.company_id, draft.id),
        failures=activity.failures_of_day(draft.company_id, today),
        last_day=last_day(connection, today),
        credentials=shown_credentials(draft),
        registration=registration_of(draft),
        setup_links=queries.setup_links(draft.id),
        setup_link_form=SetupLinkForm(formdata=None),
        enabled_form=EnabledForm(formdata=None, enabled=not connection.is_enabled),
    )


def settings(draft_id: UUID) -> ResponseReturnValue:
    draft = draft_or_404(draft_id)
    form = ConnectionForm(
        formdata=None,
        obj=draft,
        version=str(draft.version),
        default_language=draft.company.language,
        translations=draft.button_label_translations,
    )
    return _settings_page(draft, form)


def save(draft_id: UUID) -> ResponseReturnValue:
    """Saves the draft; the active connection is unchanged. Or shows the form again with a field for the button's label
    in one more language.
    """
    draft = draft_or_404(draft_id)
    form = ConnectionForm(place=f"{draft.id}:{current().person_id}", default_language=draft.company.language)
    if form.adds_language:
        return _settings_page(draft, form)
    valid = form.validate()
    tenant = tenant_id(form) if not form.tenant.errors else None
    if not valid or tenant is None:
        return _settings_page(draft, form), 422
    values = {**form.settings(), "tenant": tenant}
    if queries.title_is_taken(draft.company_id, values["title"], draft.id):
        form.title.errors = [*form.title.errors, _("This name is already used.")]
        return _settings_page(draft, form), 422
    if form.version.data != str(draft.version):
        # Another admin saved meanwhile: show what changed and let this one decide.
        conflicts = _conflicts(draft, values)
        form.version.data = form.version.raw_data = str(draft.version)
        return _settings_page(draft, form, conflicts=conflicts), 409
    actor_id = current().person_id
    with unit_of_work():
        actions.change(draft, actor_id=actor_id, **values)
        if form.secret.data:
            actions.add_secret(draft, form.secret.data, form.secret_expires.data, actor_id=actor_id)
    flash(_("Changes saved."), "success")
    return redirect(next_url(draft), 303)


def activate(draft_id: UUID) -> ResponseReturnValue:
    """Activates a draft that has passed its test, or publishes its changes."""
    draft = draft_or_404(draft_id)
    if not draft.may_activate:
        flash(_("Run a successful test before activating."), "danger")
        return redirect(next_url(draft), 303)
    is_first = draft.connection is None
    actions.activate(draft, actor_id=current().person_id)
    if is_first:
        return redirect(url_for("connections.steps.finish", draft_id=draft.id), 303)
    flash(_("Changes published."), "success")
    return redirect(next_url(draft), 303)


def set_enabled(draft_id: UUID) -> ResponseReturnValue:
    """Deactivating asks for confirmation."""
    draft = draft_or_404(draft_id)
    connection = draft.connection
    if connection is None:
        abort(404)
    form = EnabledForm()
    wanted = form.enabled.data
    if not wanted and is_only_sign_in_method(connection, now().date()):
        flash(_(ONLY_SIGN_IN_METHOD), "danger")
        return redirect(url_for("connections.edit", draft_id=draft.id), 303)
    if not wanted and not form.confirmed.data:
        asks = EnabledForm(formdata=None, enabled=False, confirmed=True)
        others = sessions.number_through(draft.company_id, draft.id, except_session=current().session_id)
        return render_template(
            "connections/deactivate.html", draft=draft, connection=connection, form=asks, others=others
        ), 409
    actions.set_enabled(connection, wanted, actor_id=current().person_id, kept_session=current().session_id)
    flash(_("Connection activated.") if connection.is_enabled else _("Connection deactivated."), "success")
    return redirect(url_for("connections.edit", draft_id=draft.id), 303)


def move_up(draft_id: UUID) -> ResponseReturnValue:
    drafts = queries.drafts(current().company_id)
    draft = next((one for one in drafts if one.id == draft_id), None)
    if draft is None:
        abort(404)
    actions.move_up(drafts, draft, actor_id=current().person_id)
    return redirect(url_for("connections.index"), 303)


def _settings_page(draft: Draft, form: ConnectionForm, conflicts: list[dict[str, Any]] | None = None) -> str:
    return render_template(
        "connections/settings.html",
        draft=draft,
        form=form,
        conflicts=conflicts,
        has_credential=bool(draft.credentials),
        back=next_url(draft),
    )


def _conflicts(draft: Draft, values: dict[str, Any]) -> list[dict[str, Any]]:
    labels = {field.name: field.label.text for field in ConnectionForm(formdata=None)}
    labels["button_label_translations"] = _("Button label in other languages")
    return [
        {"label": labels[name], "theirs": _in_words(getattr(draft, name)), "yours": _in_words(value)}
        for name, value in values.items()
        if getattr(draft, name) != value
    ]


def _in_words(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    return ", ".join(f"{LANGUAGES[language]}: {isolate(text)}" for language, text in value.items())


def _line(draft: Draft) -> dict[str, Any]:
    state = state_of(draft, now().date())
    return {"id": draft.id, "title": draft.title, "flow": draft.flow, "tenant": draft.tenant, "state": state}
