"""Advanced options, Roles: how a connection notices people who leave."""

from uuid import UUID

from flask import abort, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response

from app.connections import queries as connections
from app.connections.models import Draft, Flow
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.http.current import current
from app.provisioning.leavers import actions, queries, watch
from app.provisioning.leavers.forms import SwitchForm


def set_checks(draft_id: UUID) -> ResponseReturnValue:
    """Only the redirect flow has refresh tokens: those of a pop-up stay in the browser."""
    visitor, form = current(), SwitchForm()
    draft, enabled = _draft_or_404(draft_id), bool(form.enabled.data)
    if enabled and (draft.connection is None or draft.connection.flow != Flow.SERVER):
        abort(404)
    if actions.set_checks(draft, enabled=enabled, actor_id=visitor.person_id):
        on = _("Checks are on. They begin with each person’s next sign-in.")
        flash(on if enabled else _("Checks are off, and all refresh tokens are deleted."), "success")
    return _back()


def set_reading(draft_id: UUID) -> ResponseReturnValue:
    """Asks Microsoft at once, so that the page says whether the permission is there. To turn it on again asks again.
    The application authenticates itself, so the connection needs a credential.
    """
    visitor, enabled = current(), bool(SwitchForm().enabled.data)
    with unit_of_work():
        draft = _draft_or_404(draft_id)
        if enabled and not draft.active_credentials:
            abort(404)
        changed = actions.set_reading(draft, enabled=enabled, actor_id=visitor.person_id)
    if not enabled:
        if changed:
            flash(_("Changes of users are no longer read."), "success")
        return _back()
    watch.read(visitor.company_id, draft_id, within=watch.CHECK_SECONDS, most_pages=1)
    reading = queries.reading(visitor.company_id, draft_id)
    if reading and reading.problem:
        flash(_("Microsoft refused. See below what to do."), "danger")
    elif reading and reading.link:
        flash(_("On. Microsoft lets Portico read changes of users."), "success")
    else:
        flash(_("On, but Microsoft hasn’t answered yet. Portico keeps trying."), "warning")
    return _back()


def _draft_or_404(draft_id: UUID) -> Draft:
    return connections.draft(current().company_id, draft_id) or abort(404)


def _back() -> Response:
    return redirect(url_for("provisioning.roles.index", _anchor="leavers"), 303)
