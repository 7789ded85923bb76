"""A connection's client credentials: certificates, federated credentials, a new secret, and their removal."""

from uuid import UUID

from flask import Response, abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.companies.actions import lock_company
from app.connections import actions, queries
from app.connections.forms import RemoveCredentialForm, SecretForm, shown_messages
from app.connections.models import Draft
from app.connections.page import credentials_url, draft_or_404, registration_of, shown_credential
from app.connections.registration_spec import federation
from app.connections.state import Removal, removal
from app.core.database import now
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.entra_apps.certificates import key_set, metadata
from app.entra_apps.models import ClientCredential, CredentialKind
from app.http.current import current
from app.microsoft_clients import microsoft


def show_secret(draft_id: UUID) -> ResponseReturnValue:
    """The first of the two steps in which a secret is replaced; the second is the test."""
    return _secret_page(draft_or_404(draft_id), SecretForm(formdata=None))


def save_secret(draft_id: UUID) -> ResponseReturnValue:
    """Adds a secret to the draft; the active ones are used until it has passed its test and is activated."""
    draft = draft_or_404(draft_id)
    actor_id = current().person_id
    form = SecretForm(place=f"secret:{draft.id}:{actor_id}")
    if not form.validate():
        return _secret_page(draft, form), 422
    with unit_of_work():
        actions.add_secret(draft, form.secret.data or "", form.secret_expires.data, actor_id=actor_id)
    flash(_("Secret saved. Test it, then publish it."), "success")
    return redirect(url_for("login.connection_test.show", draft_id=draft.id), 303)


def _secret_page(draft: Draft, form: SecretForm) -> str:
    return render_template(
        "connections/secret.html",
        draft=draft,
        form=form,
        messages=shown_messages(),
        registration=registration_of(draft),
    )


def add_certificate(draft_id: UUID) -> ResponseReturnValue:
    draft = draft_or_404(draft_id)
    actions.add_certificate(draft, actor_id=current().person_id)
    flash(_("Certificate created. Download it and upload it in Entra."), "success")
    return redirect(credentials_url(draft), 303)


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
    return redirect(credentials_url(draft), 303)


def remove_credential(draft_id: UUID, credential_id: UUID) -> ResponseReturnValue:
    """Asks for confirmation: a secret that is erased can't be restored."""
    # Two admins who each remove one would otherwise both see the other credential as the one that remains.
    lock_company(current().company_id)
    draft = draft_or_404(draft_id)
    credential = _credential_or_404(draft, credential_id)
    effect = removal(draft, credential, now().date())
    if effect == Removal.LOCKS_OUT:
        flash(_("Not removed. This is the only working credential. Add and activate another first."), "danger")
        return redirect(credentials_url(draft), 303)
    if not RemoveCredentialForm().confirmed.data:
        shown = shown_credential(draft, credential)
        form = RemoveCredentialForm(formdata=None, confirmed=True)
        page = render_template(
            "connections/remove_credential.html",
            draft=draft,
            one=shown,
            effect=effect,
            form=form,
            back=credentials_url(draft),
        )
        return page, 409
    actions.remove_credential(draft, credential, actor_id=current().person_id)
    flash(_("Credential deleted."), "success")
    return redirect(credentials_url(draft), 303)


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


def _credential_or_404(draft: Draft, credential_id: UUID) -> ClientCredential:
    found = next((one for one in draft.credentials if one.id == credential_id), None)
    if found is None:
        abort(404)
    return found
