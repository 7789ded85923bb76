"""Advanced options, Active Directory: the company's connections, and one connection with all its actions."""

from typing import Any
from uuid import UUID

from flask import Response, abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.companies.actions import lock_company
from app.connections import actions, queries
from app.connections.forms import (
    CREDENTIAL_WORDS,
    ConnectionForm,
    EnabledForm,
    RemoveCredentialForm,
    SetupLinkForm,
    days_left,
    guid,
)
from app.connections.models import Connection, Draft
from app.connections.registration_spec import federation, registration_spec
from app.connections.standing import Removal, is_only_way_in, removal, state_of
from app.core.database import now
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.entra.errors import MicrosoftError, OAuthError
from app.entra_apps.app_registration import registration_guide
from app.entra_apps.certificates import key_set, metadata, thumbprint
from app.entra_apps.models import ClientCredential, CredentialKind
from app.http.current import current
from app.microsoft_clients import microsoft

NEW_TITLE = N_("Microsoft Entra ID")
ONLY_SIGN_IN_METHOD = N_("This is the only sign-in method. Allow passwords first.")


def index() -> ResponseReturnValue:
    return render_template(
        "connections/index.html", connections=[_line(draft) for draft in queries.drafts(current().company_id)]
    )


def advanced() -> ResponseReturnValue:
    return redirect(url_for("connections.index"))


def create() -> ResponseReturnValue:
    """Creates an empty connection, so that its redirect URI is available before anything else is known."""
    visitor = current()
    taken = {draft.title for draft in queries.drafts(visitor.company_id)}
    title = next(
        title
        for number in range(1, len(taken) + 2)
        if (title := NEW_TITLE if number == 1 else f"{NEW_TITLE} {number}") not in taken
    )
    draft = actions.make(visitor.company_id, actor_id=visitor.person_id, title=title, tenant="", client_id="")
    return redirect(url_for("connections.edit", draft_id=draft.id), 303)


def edit(draft_id: UUID) -> ResponseReturnValue:
    draft = draft_or_404(draft_id)
    return _edit_page(draft, ConnectionForm(formdata=None, obj=draft, version=str(draft.version)))


def save(draft_id: UUID) -> ResponseReturnValue:
    """Saves the draft; the live connection is unchanged."""
    draft = draft_or_404(draft_id)
    form = ConnectionForm(place=f"{draft.id}:{current().person_id}")
    valid = form.validate()
    tenant = tenant_id(form) if not form.tenant.errors else None
    if not valid or tenant is None:
        return _edit_page(draft, form), 422
    values = {**form.settings(), "tenant": tenant}
    if queries.title_is_taken(draft.company_id, values["title"], draft.id):
        form.title.errors = [*form.title.errors, _("This name is already used.")]
        return _edit_page(draft, form), 422
    if form.version.data != str(draft.version):
        # Another admin saved meanwhile: show what changed and let this one decide.
        conflicts = _conflicts(draft, values)
        form.version.data = form.version.raw_data = str(draft.version)
        return _edit_page(draft, form, conflicts=conflicts), 409
    actor_id = current().person_id
    with unit_of_work():
        actions.change(draft, actor_id=actor_id, **values)
        if form.secret.data:
            actions.add_secret(draft, form.secret.data, form.secret_expires.data, actor_id=actor_id)
    flash(_("Draft saved. Next, test sign-in."), "success")
    return redirect(url_for("connections.edit", draft_id=draft.id), 303)


def add_certificate(draft_id: UUID) -> ResponseReturnValue:
    draft = draft_or_404(draft_id)
    actions.add_certificate(draft, actor_id=current().person_id)
    flash(_("Certificate created. Download it and upload it in Entra."), "success")
    return redirect(url_for("connections.edit", draft_id=draft.id, _anchor="credentials"), 303)


def certificate(draft_id: UUID, credential_id: UUID) -> ResponseReturnValue:
    """The public certificate as a file to upload."""
    draft = draft_or_404(draft_id)
    credential = _credential_or_404(draft, credential_id)
    if credential.certificate is None:
        abort(404)
    response = Response(credential.certificate, mimetype="application/x-x509-ca-cert")
    response.headers.set("Content-Disposition", "attachment", filename=f"portico-{draft.public_id}.cer")
    return response


def add_federated(draft_id: UUID) -> ResponseReturnValue:
    draft = draft_or_404(draft_id)
    actions.add_federated(draft, actor_id=current().person_id)
    flash(_("Enter these values in Entra."), "success")
    return redirect(url_for("connections.edit", draft_id=draft.id, _anchor="credentials"), 303)


def remove_credential(draft_id: UUID, credential_id: UUID) -> ResponseReturnValue:
    """Asks for confirmation if no other credential of the connection works."""
    # Two admins who each remove one would otherwise both see the other credential as the one that remains.
    lock_company(current().company_id)
    draft = draft_or_404(draft_id)
    credential = _credential_or_404(draft, credential_id)
    effect = removal(draft, credential, now().date())
    if effect not in (Removal.HARMLESS, Removal.LOCKS_OUT) and not RemoveCredentialForm().confirmed.data:
        shown = _shown_credential(draft, credential)
        form = RemoveCredentialForm(formdata=None, confirmed=True)
        return (
            render_template("connections/remove_credential.html", draft=draft, one=shown, effect=effect, form=form),
            409,
        )
    if effect == Removal.LOCKS_OUT:
        flash(_("Not removed. This is the only working credential. Add and activate another first."), "danger")
    else:
        actions.remove_credential(draft, credential, actor_id=current().person_id)
        flash(_("Credential deleted."), "success")
    return redirect(url_for("connections.edit", draft_id=draft.id, _anchor="credentials"), 303)


def activate(draft_id: UUID) -> ResponseReturnValue:
    """Activates a draft that has passed its test."""
    draft = draft_or_404(draft_id)
    if not draft.may_go_live:
        flash(_("Run a successful test before activating."), "danger")
        return redirect(url_for("connections.edit", draft_id=draft.id), 303)
    actions.activate(draft, actor_id=current().person_id)
    flash(_("Connection activated."), "success")
    return redirect(url_for("connections.edit", draft_id=draft.id), 303)


def set_enabled(draft_id: UUID) -> ResponseReturnValue:
    draft = draft_or_404(draft_id)
    connection = draft.connection
    if connection is None:
        abort(404)
    wanted = EnabledForm().enabled.data
    if not wanted and is_only_way_in(connection, now().date()):
        flash(_(ONLY_SIGN_IN_METHOD), "danger")
        return redirect(url_for("connections.edit", draft_id=draft.id), 303)
    actions.set_enabled(connection, wanted, actor_id=current().person_id)
    flash(_("Connection activated.") if connection.is_enabled else _("Connection deactivated."), "success")
    return redirect(url_for("connections.edit", draft_id=draft.id), 303)


def move_up(draft_id: UUID) -> ResponseReturnValue:
    drafts = queries.drafts(current().company_id)
    draft = next((one for one in drafts if one.id == draft_id), None)
    if draft is None:
        abort(404)
    actions.move_up(drafts, draft, actor_id=current().person_id)
    return redirect(url_for("connections.index"), 303)


def federation_metadata(public_id: str) -> ResponseReturnValue:
    """The OpenID configuration that Microsoft reads to trust our assertions."""
    _federated_or_404(public_id)
    return metadata(federation(public_id, current_app.config["BASE_URL"], microsoft().cloud).issuer)


def federation_keys(public_id: str) -> ResponseReturnValue:
    return key_set(one.secret for one in _federated_or_404(public_id) if one.secret)


def _federated_or_404(public_id: str) -> list[ClientCredential]:
    """The connection's federated credentials."""
    draft = queries.draft_by_public_id(public_id)
    found = [one for one in draft.credentials if one.kind == CredentialKind.FEDERATED] if draft else []
    return found or abort(404)


def _edit_page(draft: Draft, form: ConnectionForm, conflicts: list[dict[str, Any]] | None = None) -> str:
    live, cloud = draft.connection, microsoft().cloud
    registration = registration_guide(registration_spec(draft, current_app.config["BASE_URL"], cloud), cloud)
    return render_template(
        "connections/edit.html",
        draft=draft,
        form=form,
        conflicts=conflicts,
        live=live,
        state=state_of(draft, now().date()),
        differs=live is None or _differences(draft, live) or bool(draft.new_credentials),
        credentials=[_shown_credential(draft, credential) for credential in draft.credentials],
        federation=registration.federation,
        registration=registration,
        setup_links=queries.setup_links(draft.id),
        setup_link_form=SetupLinkForm(formdata=None),
        enabled_form=EnabledForm(formdata=None, enabled=not (live and live.is_enabled)),
    )


def tenant_id(form: ConnectionForm) -> str | None:
    """The directory's id; a domain is looked up at Microsoft. None, with an error on the field, if that fails."""
    entered = form.tenant.data or ""
    known = guid(entered)
    if known:
        return known
    try:
        return microsoft().discovery.metadata(entered).tenant
    except OAuthError:
        text = _("We couldn’t find a directory for this domain. Check it, or enter the directory (tenant) ID.")
    except MicrosoftError:
        text = _("Microsoft isn’t responding, so we can’t look up the domain. Enter the directory (tenant) ID.")
    form.tenant.errors = [*form.tenant.errors, text]
    return None


def _conflicts(draft: Draft, values: dict[str, Any]) -> list[dict[str, Any]]:
    labels = {field.name: field.label.text for field in ConnectionForm(formdata=None)}
    return [
        {"label": labels[name], "theirs": getattr(draft, name), "yours": value}
        for name, value in values.items()
        if getattr(draft, name) != value
    ]


def _differences(draft: Draft, live: Connection) -> list[str]:
    return [name for name in Draft.NAMES if getattr(draft, name) != getattr(live, name)]


def _line(draft: Draft) -> dict[str, Any]:
    state = state_of(draft, now().date())
    return {"id": draft.id, "title": draft.title, "flow": draft.flow, "tenant": draft.tenant, "state": state}


def _shown_credential(draft: Draft, credential: ClientCredential) -> dict[str, Any]:
    return {
        "id": credential.id,
        "words": CREDENTIAL_WORDS[CredentialKind(credential.kind)],
        "kind": credential.kind,
        "is_live": credential in draft.live_credentials,
        "refused_at": credential.refused_at,
        "unreadable_at": credential.unreadable_at,
        "expires": credential.expires,
        "days_left": days_left(credential.expires),
        "added_at": credential.created_at,
        "thumbprint": thumbprint(credential.certificate) if credential.certificate else None,
    }


def draft_or_404(draft_id: UUID) -> Draft:
    """The current company's draft with this id; 404 for another company's."""
    draft = queries.draft(current().company_id, draft_id)
    if draft is None:
        abort(404)
    return draft


def _credential_or_404(draft: Draft, credential_id: UUID) -> ClientCredential:
    found = next((one for one in draft.credentials if one.id == credential_id), None)
    if found is None:
        abort(404)
    return found
