"""Advanced options, a connection's page Provisioning: set-up guide, tokens, and what the directory did lately."""

from uuid import UUID

from flask import abort, current_app, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from app.connections.models import Connection
from app.connections.page import draft_or_404
from app.core.database import now
from app.core.translation import gettext as _
from app.http.current import current
from app.provisioning.roles import scim_queries as role_mappings
from app.provisioning.scim import queries, request_log, tokens
from app.provisioning.scim.admin import actions
from app.provisioning.scim.admin.forms import ConfirmForm, TokenForm
from app.provisioning.scim.models import ScimToken
from app.provisioning.scim.tokens import MOST_TOKENS


def show(draft_id: UUID) -> ResponseReturnValue:
    return _page(_connection_or_404(draft_id))


def create_token(draft_id: UUID) -> ResponseReturnValue:
    """The only response that shows the token."""
    connection, form = _connection_or_404(draft_id), TokenForm()
    if not form.validate():
        return _page(connection, form), 422
    expires = form.expires(now().date())
    token = tokens.create(connection.company_id, connection.id, connection.title, expires, actor_id=current().person_id)
    if token is None:
        form.days.errors = [_("A connection can have two tokens. Revoke one first.")]
        return _page(connection, form), 422
    return render_template(
        "provisioning/token.html", connection=connection, token=token, expires=expires, address=_tenant_url()
    )


def revoke_token(draft_id: UUID, token_id: UUID) -> ResponseReturnValue:
    """The last token that works isn't revoked without a question: nothing would reach us any more."""
    connection = _connection_or_404(draft_id)
    present = queries.tokens(connection.company_id, connection.id)
    token = next((one for one in present if one.id == token_id), None)
    if token is None:
        abort(404)
    others = [one for one in present if one is not token and _works(one)]
    if _works(token) and not others and not ConfirmForm().confirmed.data:
        form = ConfirmForm(formdata=None, confirmed=True)
        page = render_template("provisioning/revoke_token.html", connection=connection, token=token, form=form)
        return page, 409
    tokens.revoke(token, connection.title, actor_id=current().person_id)
    flash(_("Token revoked."), "success")
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


def _page(connection: Connection, form: TokenForm | None = None) -> str:
    company_id, connection_id = connection.company_id, connection.id
    present = queries.tokens(company_id, connection_id)
    last_used = [token.last_used_at for token in present if token.last_used_at]
    return render_template(
        "provisioning/show.html",
        connection=connection,
        address=_tenant_url(),
        okta_address=_base_url(),
        form=form or TokenForm(formdata=None),
        tokens=[{"row": token, "works": _works(token)} for token in present],
        may_create=len(present) < MOST_TOKENS,
        last_used_at=max(last_used, default=None),
        counts=queries.counts(company_id, connection_id),
        unlinked=queries.unlinked(company_id, connection_id),
        duplicates=queries.possible_duplicates(company_id, connection_id),
        requests=[
            {"when": one.created_at, "words": request_log.sentence(one), "is_refused": one.status >= 400}
            for one in queries.requests(company_id, connection_id)
        ],
    )


def _connection_or_404(draft_id: UUID) -> Connection:
    """The current company's connection; 404 for another company's, and before it is activated."""
    connection = draft_or_404(draft_id).connection
    if connection is None:
        abort(404)
    return connection


def _works(token: ScimToken) -> bool:
    return token.expires >= now().date()


def _base_url() -> str:
    return f"{current_app.config['BASE_URL']}/scim/v2"


def _tenant_url() -> str:
    """With Entra's flag for requests that follow the standard more closely."""
    return f"{_base_url()}/?aadOptscim062020"
