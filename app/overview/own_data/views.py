"""What is stored about a person, for that person."""

from flask import render_template
from flask.typing import ResponseReturnValue

from app.audit.events.security import OwnDataDownloaded
from app.audit.log import record
from app.core.database import now
from app.core.unit_of_work import unit_of_work
from app.http.client_info import current_client
from app.http.current import current
from app.overview.audit_log import queries
from app.overview.audit_log.views import _by_day, _streamed
from app.overview.own_data import data_export


def show() -> ResponseReturnValue:
    visitor = current()
    page = queries.page(visitor.company_id, queries.AuditFilter(person_id=visitor.person_id))
    names = queries.names(visitor.company_id, queries.ids_in(page.entries))
    return render_template(
        "overview/own_data.html",
        stored=data_export.about(visitor.company_id, visitor.person_id),
        days=_by_day(page.entries, names),
        there_is_more=page.older is not None,
    )


def download() -> ResponseReturnValue:
    visitor = current()
    with unit_of_work():
        record(
            OwnDataDownloaded(
                company_id=visitor.company_id,
                actor_id=visitor.person_id,
                subject_id=visitor.person_id,
                ip_address=current_client().ip_address,
            )
        )
    text = data_export.as_json(visitor.company_id, visitor.person_id)
    return _streamed(text, "application/json", f"portico-my-data-{now():%Y-%m-%d}.json")
