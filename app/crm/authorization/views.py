"""Connecting Dynamics 365: the form, Microsoft's response, and reconnecting after a problem."""

from dataclasses import replace

from flask import Response, abort, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.core.text import gettext_noop as N_
from app.core.text import isolate
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.crm import actions, problems, queries
from app.crm.authorization import authorization, pending_connection
from app.crm.authorization.pending_connection import PendingConnection, UnknownRequest
from app.crm.authorization.tokens import federation
from app.crm.forms import KIND_HINTS, ConnectForm, CredentialForm
from app.crm.models import CrmConnection
from app.crm.sync.sync import enqueue_sync
from app.crm.views import WHY_SEPARATE, index_page
from app.entra.errors import MicrosoftError, OAuthError
from app.entra.oauth import refusal_of
from app.entra_apps.app_registration import admin_center
from app.entra_apps.certificates import key_set, metadata
from app.entra_apps.client_credential import generated_certificate, generated_federated
from app.entra_apps.models import CredentialKind
from app.http.current import current
from app.http.rate_limits import FAILED_CALLBACK_LIMIT, limiter
from app.microsoft_clients import microsoft


def connect() -> ResponseReturnValue:
    entered = _entered(queries.connection(current().company_id))
    return _connect_page(entered, _filled(entered))


def start() -> ResponseReturnValue:
    """Redirects to Microsoft with the entered settings."""
    form = ConnectForm(place=_place())
    known = _entered(queries.connection(current().company_id))
    if not form.validate():
        return _connect_page(known, form), 422
    settings = replace(known, **form.settings())
    entered = authorization.with_secret(settings, form.secret.data, form.secret_expires.data)
    if entered.credential is None:
        form.secret.errors = [
            *form.secret.errors,
            _("Paste the secret’s Value, or use a certificate or federated credential, above."),
        ]
        return _connect_page(known, form), 422
    return _begin(entered)


def reauthenticate() -> ResponseReturnValue:
    """Reconnects with the present settings and a new secret if one is needed."""
    connection = queries.connection(current().company_id)
    form = CredentialForm(place=_place())
    if connection is None or not connection.is_connected:
        return redirect(url_for("crm.index"), 303)
    if not form.validate():
        return index_page(form), 422
    settings = authorization.as_connected(connection)
    return _begin(authorization.with_secret(settings, form.secret.data, form.secret_expires.data))


@limiter.limit(FAILED_CALLBACK_LIMIT, deduct_when=lambda response: response.status_code >= 400)
def callback() -> ResponseReturnValue:
    """Microsoft's response."""
    visitor = current()
    connection = queries.connection(visitor.company_id)
    if connection is None or not request.args:
        return redirect(url_for("crm.index"))
    entered = pending_connection.read(connection.entered)
    try:
        auth_request = pending_connection.continued(entered, visitor.person_id, request.args.getlist("state"))
        with unit_of_work():
            if not actions.consume_request(connection):
                raise UnknownRequest
            connection.entered = entered.spent().as_text()
    except UnknownRequest as error:
        return _not_begun(entered, error)
    try:
        authorization.finish(connection, entered, auth_request, _code(), actor_id=visitor.person_id)
    except MicrosoftError as error:
        return _refuse(entered, error)
    return _connected()


def create_certificate() -> ResponseReturnValue:
    """Generates a certificate to upload instead of pasting a secret; its private key never leaves."""
    made = generated_certificate("Portico CRM")
    assert made.expires is not None, "certificates expire"
    entered = _entered(queries.connection(current().company_id)).spent().with_credential(made)
    actions.store_pending(current().company_id, entered)
    actions.record_certificate(current().company_id, made.expires, actor_id=current().person_id)
    flash(_("Certificate created. Download it and upload it in Entra."), "success")
    return redirect(url_for("crm.authorization.connect"), 303)


def certificate() -> ResponseReturnValue:
    """The public certificate as a file to upload."""
    entered = _entered(queries.connection(current().company_id))
    if entered.certificate is None:
        return redirect(url_for("crm.authorization.connect"))
    response = Response(entered.certificate, mimetype="application/x-x509-ca-cert")
    response.headers.set("Content-Disposition", "attachment", filename="portico-crm.cer")
    return response


def create_federated() -> ResponseReturnValue:
    """Sets up a federated credential: no secret; Microsoft trusts what we sign."""
    visitor = current()
    entered = _entered(queries.connection(visitor.company_id)).spent().with_credential(generated_federated())
    actions.make_federated(actions.store_pending(visitor.company_id, entered), actor_id=visitor.person_id)
    flash(_("Enter these values in Entra."), "success")
    return redirect(url_for("crm.authorization.connect"), 303)


def federation_metadata(federation_id: str) -> ResponseReturnValue:
    return metadata(federation(_federated_or_404(federation_id)).issuer)


def federation_keys(federation_id: str) -> ResponseReturnValue:
    """The key in use and the one of the settings that are to replace it, which Microsoft reads to confirm them."""
    connection = _federated_or_404(federation_id)
    credentials = (connection.credential, pending_connection.read(connection.entered).credential)
    return key_set(one.secret for one in credentials if one and one.kind == CredentialKind.FEDERATED and one.secret)


def _federated_or_404(federation_id: str) -> CrmConnection:
    connection = queries.by_federation_id(federation_id)
    if connection is None:
        abort(404)
    return connection


def _begin(entered: PendingConnection) -> ResponseReturnValue:
    visitor = current()
    try:
        outcome = authorization.begin(visitor.company_id, entered, actor_id=visitor.person_id)
    except MicrosoftError as error:
        return _refuse(entered, error)
    return redirect(outcome.url, 303) if outcome.url else _connected()


def _connected() -> ResponseReturnValue:
    connection = queries.connection(current().company_id)
    assert connection is not None
    enqueue_sync(connection)
    flash(_("Connected to %(name)s.", name=isolate(connection.organization_name or connection.environment)), "success")
    return redirect(url_for("crm.index"), 303)


def _refuse(entered: PendingConnection, error: MicrosoftError) -> ResponseReturnValue:
    """Shows the error; the present connection stays as it is."""
    trouble, code = problems.problem_for(error), problems.code_of(error)
    visitor = current()
    with unit_of_work():
        actions.record_failed_connect(visitor.company_id, trouble, code, actor_id=visitor.person_id)
    page = _connect_page(entered, _filled(entered), trouble, code)
    return page, 422 if trouble.needs_person else 503


def _not_begun(entered: PendingConnection, error: UnknownRequest) -> ResponseReturnValue:
    trouble = problems.TOO_LATE if error.is_late else problems.UNKNOWN_REQUEST
    return _connect_page(entered, _filled(entered), trouble), 400


def _code() -> str:
    """The response's only authorization code. Raises OAuthError, with the directory's error if there is one."""
    if error := request.args.get("error"):
        answer = {"error": error, "error_description": request.args.get("error_description")}
        raise refusal_of(answer)
    found = request.args.getlist("code")
    if len(found) != 1 or not found[0]:
        raise OAuthError("no_code", "the answer has no code")
    return found[0]


def _entered(connection: CrmConnection | None) -> PendingConnection:
    """The form's initial values: what was entered last, otherwise the present connection."""
    if connection is None:
        return PendingConnection()
    if connection.entered_sealed:
        return pending_connection.read(connection.entered)
    return authorization.as_connected(connection)


def _place() -> str:
    """Identifies the record whose pasted secret the form keeps until it is valid."""
    return f"crm:{current().company_id}:{current().person_id}"


def _filled(entered: PendingConnection) -> ConnectForm:
    return ConnectForm(formdata=None, obj=entered, secret=None, secret_expires=None)


def _federation(connection: CrmConnection) -> dict[str, str]:
    """The values to enter at Microsoft under Federated credentials, other issuer."""
    asserted = federation(connection)
    return {
        N_("Issuer"): asserted.issuer,
        N_("Subject identifier"): asserted.subject,
        N_("Audience"): asserted.audience,
    }


def _connect_page(
    entered: PendingConnection,
    form: ConnectForm,
    trouble: problems.ConnectionProblem | None = None,
    code: int | None = None,
) -> str:
    connection = queries.connection(current().company_id)
    return render_template(
        "crm/connect.html",
        form=form,
        trouble=trouble,
        code=code,
        kind_hints=KIND_HINTS,
        why_separate=WHY_SEPARATE,
        redirect_uri=authorization.redirect_uri(),
        admin_center=admin_center(microsoft().cloud),
        certificate=entered.certificate,
        expires=entered.expires_on,
        has_credential=entered.credential is not None,
        federation=_federation(connection) if entered.is_federated and connection else None,
        is_connected=connection is not None and connection.is_connected,
    )
