"""Advanced options, Roles: whether a connection notices people who leave."""

from uuid import UUID

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from app.connections import queries as connections
from app.connections.models import Flow
from app.core.translation import gettext as _
from app.http.current import current
from app.provisioning.leavers import actions
from app.provisioning.leavers.forms import ChecksForm


def set_checks(draft_id: UUID) -> ResponseReturnValue:
    """Only the redirect flow has refresh tokens: those of a pop-up stay in the browser."""
    visitor, form = current(), ChecksForm()
    draft = connections.draft(visitor.company_id, draft_id)
    if draft is None:
        abort(404)
    enabled = bool(form.enabled.data)
    if enabled and (draft.connection is None or draft.connection.flow != Flow.SERVER):
        abort(404)
    if actions.set_checks(draft, enabled=enabled, actor_id=visitor.person_id):
        on = _("Checks are on. They begin with each person’s next sign-in.")
        flash(on if enabled else _("Checks are off, and all refresh tokens are deleted."), "success")
    return redirect(url_for("provisioning.roles.index", _anchor="leavers"), 303)
