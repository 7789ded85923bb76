"""Advanced options, a connection's page Provisioning: set-up guide, credentials, and what the directory did lately."""

from uuid import UUID

from flask import abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.audit.reasons import in_words
from app.connections.models import Connection
from app.connections.page import draft_or_404
from app.core.database import now
from app.core.translation import gettext as _
from app.http.current import current
from app.http.forms import Form
from app.microsoft_clients import microsoft
from app.provisioning.roles import scim_queries as role_mappings
from app.provisioning.scim import actions as credentials
from app.provisioning.scim import queries, request_log
from app.provisioning.scim.admin import actions
from app.provisioning.scim.admin.forms import ConfirmForm, FederationForm, SecretForm, TokenForm
from app.provisioning.scim.models import Method, ScimCredential
from app.provisioning.scim.token.presented import SCOPE

FORMS: dict[str, type[TokenForm | SecretForm | FederationForm]] = {
    Method.FEDERATION: FederationForm,
    Method.SECRET: SecretForm,
    Method.TOKEN: TokenForm,
}


def show(draft_id: UUID) -> ResponseReturnValue:
    return _page(_connection_or_404(draft_id))


def choose_method(draft_id: UUID) -> ResponseReturnValue:
    """The first step to a new credential."""
    return render_template("provisioning/choose.html", connection=_connection_or_404(draft_id))


def set_up(draft_id: UUID, method: str) -> ResponseReturnValue:
    """The second step: what to do at Microsoft, and what is needed here."""
    connection, form = _connection_or_404(draft_id), _form_or_404(method)
    return _set_up_page(connection, Method(method), form(formdata=None))


def create_credential(draft_id: UUID, method: str) -> ResponseReturnValue:
    """The third step: what to enter at Microsoft. The only response that shows the token or client secret."""
    connection, form = _connection_or_404(draft_id), _form_or_404(method)()
    if not form.validate():
        return _set_up_page(connection, Method(method), form), 422
    common = connection.company_id, connection.id, connection.title
    secret, expires = None, None
    if isinstance(form, FederationForm):
        is_added = credentials.trust(*common, **form.values, actor_id=current().person_id)
    else:
        expires = form.expires(now().date())
        secret = credentials.create(*common, Method(method), expires, actor_id=current().person_id)
        is_added = secret is not None
    if not is_added:
        next(iter(form)).errors = [_("A connection can have two of a kind. Revoke one first.")]
        return _set_up_page(connection, Method(method), form), 422
    return render_template(
        "provisioning/created.html",
        connection=connection,
        method=method,
        secret=secret,
        expires=expires,
        **_addresses(connection),
    )


def revoke_credential(draft_id: UUID, scim_credential_id: UUID) -> ResponseReturnValue:
    """One that works isn't revoked without a question: without the last, nothing would reach us any more."""
    connection = _connection_or_404(draft_id)
    present = queries.credentials(connection.company_id, connection.id)
    credential = next((one for one in present if one.id == scim_credential_id), None)
    if credential is None:
        abort(404)
    if _works(credential) and not ConfirmForm().confirmed.data:
        page = render_template(
            "provisioning/revoke.html",
            connection=connection,
            credential=credential,
            is_last=not any(one is not credential and _works(one) for one in present),
            form=ConfirmForm(formdata=None, confirmed=True),
        )
        return page, 409
    credentials.revoke(credential, connection.title, actor_id=current().person_id)
    flash(_("Credential revoked."), "success")
    return redirect(url_for("provisioning.scim.admin.show", draft_id=connection.id), 303)


def confirm_stop(draft_id: UUID) -> ResponseReturnValue:
    connection = _connection_or_404(draft_id)
    return render_template(
        "provisioning/stop.html",
        connection=connection,
        counts=queries.counts(connection.company_id, connection.id),
        mapped=role_mappings.number_of_scim_mappings(connection.company_id, connection.id),
        deactivated=queries.number_deactivated(connection.company_id, connection.id),
    )


def stop(draft_id: UUID) -> ResponseReturnValue:
    connection = _connection_or_404(draft_id)
    actions.stop(connection, actor_id=current().person_id)
    flash(_("Provisioning stopped. People stay as they are now."), "success")
    return redirect(url_for("provisioning.scim.admin.show", draft_id=connection.id), 303)


def _page(connection: Connection) -> str:
    company_id, connection_id = connection.company_id, connection.id
    present = queries.credentials(company_id, connection_id)
    last_used = [one.last_used_at for one in present if one.last_used_at]
    return render_template(
        "provisioning/show.html",
        connection=connection,
        credentials=[
            {"row": one, "works": _works(one), "refused": _refused(one), "audience": f"api://{one.application}"}
            for one in present
        ],
        last_used_at=max(last_used, default=None),
        counts=queries.counts(company_id, connection_id),
        unlinked=queries.unlinked(company_id, connection_id),
        duplicates=queries.possible_duplicates(company_id, connection_id),
        requests=[
            {"when": one.created_at, "words": request_log.sentence(one), "is_refused": one.status >= 400}
            for one in queries.requests(company_id, connection_id)
        ],
        **_addresses(connection),
    )


def _set_up_page(connection: Connection, method: Method, form: Form) -> str:
    return render_template(
        "provisioning/set_up.html",
        connection=connection,
        method=method,
        form=form,
        issuer=f"{microsoft().cloud.authority}/{connection.tenant}/v2.0",
        **_addresses(connection),
    )


def _form_or_404(method: str) -> type[TokenForm | SecretForm | FederationForm]:
    found = FORMS.get(method)
    if found is None:
        abort(404)
    return found


def _connection_or_404(draft_id: UUID) -> Connection:
    """The current company's connection; 404 for another company's, and before it is activated."""
    connection = draft_or_404(draft_id).connection
    if connection is None:
        abort(404)
    return connection


def _works(credential: ScimCredential) -> bool:
    return credentials.works(credential, now())


def _refused(credential: ScimCredential) -> str:
    """Why a request was refused since the credential was last used."""
    refused_at, last_used_at = credential.refused_at, credential.last_used_at
    if refused_at is None or (last_used_at and last_used_at > refused_at):
        return ""
    return in_words(credential.refused_why or "")


def _addresses(connection: Connection) -> dict[str, str]:
    """What is entered at Microsoft or Okta. The tenant URL has Entra's flag for requests that follow the standard more
    closely.
    """
    base = f"{current_app.config['BASE_URL']}/scim/v2"
    public_id = connection.public_id
    return {
        "address": f"{base}/?aadOptscim062020",
        "okta_address": base,
        "token_address": f"{base}/{public_id}/token",
        "client_id": public_id,
        "scope": SCOPE,
    }
