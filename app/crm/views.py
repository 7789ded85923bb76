"""The CRM: its connection, problems, and contacts."""

from datetime import datetime
from typing import Any
from uuid import UUID

from flask import Response, abort, flash, jsonify, redirect, render_template, request, stream_with_context, url_for
from flask.typing import ResponseReturnValue

from app.core.database import now
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.crm import actions, queries
from app.crm.contacts.spreadsheets import lines
from app.crm.forms import CredentialForm, DisconnectForm
from app.crm.models import CrmConnection, SyncState
from app.crm.problems import PROBLEMS
from app.crm.sync.sync import enqueue_sync
from app.http.current import current
from app.http.template_filters import show_wait
from app.people import queries as people

WHY_SEPARATE = N_(
    "Use a separate app registration from the one for sign-in, so CRM access can be granted and revoked on its own."
)


def index() -> ResponseReturnValue:
    return index_page(CredentialForm(formdata=None))


def index_page(form: CredentialForm) -> str:
    """The page; also the response to an invalid form on it."""
    company_id = current().company_id
    search = _search()
    connection = queries.connection(company_id) or CrmConnection(company_id=company_id, sync_state=SyncState(done=0))
    page = queries.page(company_id, search=search, after=request.args.get("after"), before=request.args.get("before"))

    def turn(direction: str, cursor: str | None) -> str | None:
        query: dict[str, Any] = {"q": search or None, direction: cursor}
        return url_for("crm.index", **query) if cursor else None

    ours = queries.colleagues(company_id, {one.folded_email for one in page.contacts if one.folded_email})
    trouble = PROBLEMS.get(connection.trouble or "")
    return render_template(
        "crm/index.html",
        connection=connection,
        may_bring=connection.is_connected and not (trouble and trouble.needs_person),
        trouble=trouble,
        form=form,
        progress=_progress(connection),
        next_at=connection.sync_state.next_at,
        total=connection.sync_state.total,
        connected_by=_name_of(connection),
        why_separate=WHY_SEPARATE,
        contacts=[{**vars(one), "person_id": ours.get(one.folded_email or "")} for one in page.contacts],
        search=search,
        previous_url=turn("before", page.before),
        next_url=turn("after", page.after),
    )


def progress() -> ResponseReturnValue:
    """For the progress bar, which polls while a run is under way."""
    connection = queries.connection(current().company_id)
    under_way = _progress(connection) if connection else None
    return jsonify(under_way or {"finished": True})


def show_contact(contact_id: UUID) -> ResponseReturnValue:
    company_id = current().company_id
    contact = queries.contact(company_id, contact_id) or abort(404)
    ours = queries.colleagues(company_id, {contact.folded_email} if contact.folded_email else set())
    connection = queries.connection(company_id)
    return render_template(
        "crm/contact.html",
        contact=contact,
        person_id=ours.get(contact.folded_email or ""),
        dynamics_url=_record_url(connection, contact_id) if connection and connection.is_connected else None,
        synced_at=connection.last_success_at if connection else None,
    )


def sync_now() -> ResponseReturnValue:
    connection = queries.connection(current().company_id)
    if connection is not None and connection.is_connected:
        _start_sync(connection)
    return redirect(url_for("crm.index"), 303)


def _start_sync(connection: CrmConnection) -> None:
    """Starts a sync if it can start now, and tells what happens next in any case."""
    state = connection.sync_state
    if state.next_at is None:
        flash(_("Contacts can’t sync until you re-authenticate."), "warning")
    elif state.not_before and state.not_before > now():
        wait = show_wait(max(1, int((state.not_before - now()).total_seconds())))
        flash(_("Dynamics 365 asked us to wait. The sync starts by itself %(in_minutes)s.", in_minutes=wait), "warning")
    else:
        was_running = state.started_at is not None
        actions.request_sync(connection, actor_id=current().person_id)
        enqueue_sync(connection)
        started = _("Sync started. Changes appear here as they arrive; you can leave this page.")
        running = _("A sync is already running. Changes appear here as they arrive; you can leave this page.")
        flash(running if was_running else started, "success")


def confirm_disconnect() -> ResponseReturnValue:
    connection = queries.connection(current().company_id)
    if connection is None or not connection.is_connected:
        return redirect(url_for("crm.index"))
    return render_template(
        "crm/disconnect.html",
        form=DisconnectForm(formdata=None),
        name=connection.organization_name or connection.environment,
    )


def disconnect() -> ResponseReturnValue:
    connection = queries.connection(current().company_id)
    if connection is not None:
        erase = DisconnectForm().or_400().contacts.data == "delete"
        actions.disconnect(connection, erase_contacts=erase, actor_id=current().person_id)
        flash(_("Disconnected. Contacts were deleted.") if erase else _("Disconnected. Contacts were kept."), "success")
    return redirect(url_for("crm.index"), 303)


def export() -> ResponseReturnValue:
    """All contacts that match the page's search, as CSV, streamed; recorded, since it may contain all of a company's
    customers.
    """
    visitor, search = current(), _search()
    with unit_of_work():
        actions.record_export(visitor.company_id, search, actor_id=visitor.person_id)
    contacts = queries.all_contacts(visitor.company_id, search)
    response = Response(stream_with_context(lines(contacts)), mimetype="text/csv")
    response.headers.set("Content-Disposition", "attachment", filename="contacts.csv")
    return response


def _record_url(connection: CrmConnection, contact_id: UUID) -> str:
    """The contact in Dynamics 365, for people who may read it there."""
    return f"{connection.environment}/main.aspx?pagetype=entityrecord&etn=contact&id={contact_id}"


def _search() -> str:
    return request.args.get("q", "").strip()[:100]


def _progress(connection: CrmConnection) -> dict[str, Any] | None:
    """None between two runs, and while a problem needs a person."""
    sync_state = connection.sync_state
    if sync_state.next_at is None or (sync_state.started_at is None and not _is_due(sync_state.next_at)):
        return None
    return {
        "is_whole": sync_state.is_whole or sync_state.delta_link is None,
        "words": _words(sync_state),
        "done": sync_state.done,
        # The expected number is a day old, so there may be more.
        "total": max(sync_state.expected, sync_state.done + 1) if sync_state.expected else None,
    }


def _is_due(next_at: datetime) -> bool:
    return next_at <= now()


def _words(sync_state: SyncState) -> str:
    if sync_state.started_at is None:
        return _("Starting…")
    done = f"{sync_state.done:,}"
    if not sync_state.expected:
        return _("%(done)s so far. You can leave this page.", done=done)
    return _("%(done)s of about %(all)s. You can leave this page.", done=done, all=f"{sync_state.expected:,}")


def _name_of(connection: CrmConnection) -> str | None:
    if connection.connected_by is None:
        return None
    person = people.person(connection.company_id, connection.connected_by)
    return person.name if person else None
