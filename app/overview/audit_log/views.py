"""The company's audit log, for owners and admins."""

from collections.abc import Iterator
from datetime import date
from itertools import groupby
from typing import Any
from uuid import UUID

from flask import Response, current_app, render_template, request, url_for
from flask.typing import ResponseReturnValue

from app.audit.catalog import EVENTS
from app.audit.events.security import AuditLogDownloaded
from app.audit.log import record
from app.core.database import now
from app.core.translation import gettext as _
from app.core.unit_of_work import unit_of_work
from app.http.client_info import current_client
from app.http.current import current
from app.overview.audit_log import queries
from app.overview.audit_log.export import MIME_TYPES, export
from app.overview.audit_log.filters import EVENT_TYPES, FilterForm, as_id, parse_filters
from app.overview.audit_log.queries import Entry
from app.overview.audit_log.rendering import AuditEvent, Subject, details, sentence
from app.people.avatars import version
from app.people.people_list import queries as people
from app.people.people_list.filters import PeopleFilter

CHOICES = 10
"""People offered if several match what was typed."""


def index() -> ResponseReturnValue:
    company_id = current().company_id
    wish, choices = _asked()
    if wish.is_open:
        page = queries.Page([], None, None)
    else:
        older, newer = (as_id(request.args.get(way, "")) for way in ("older", "newer"))
        page = queries.page(company_id, wish.wanted, older=older, newer=newer)
    names = queries.names(company_id, queries.ids_in(page.entries) | ({wish.person_id} if wish.person_id else set()))

    def turn(way: str, cursor: UUID | None) -> str | None:
        query: dict[str, Any] = {**wish.query, way: cursor}
        return url_for("overview.audit_log.index", **query) if cursor else None

    return render_template(
        "overview/audit_log.html",
        days=_by_day(page.entries, names),
        asked=wish,
        groups=EVENT_TYPES,
        chosen=_chosen(wish, names),
        choices=[{"name": one.name, "email": one.email, "url": _of(wish, one.id)} for one in choices[:CHOICES]],
        drop_reason_url=_of(wish.for_any_reason, wish.person_id) if wish.reason else None,
        more_choices=len(choices) > CHOICES,
        previous_url=turn("newer", page.newer),
        next_url=turn("older", page.older),
    )


def download_csv() -> ResponseReturnValue:
    return _download("csv")


def download_jsonl() -> ResponseReturnValue:
    return _download("jsonl")


def _download(form: str) -> ResponseReturnValue:
    """Exactly what the page shows with the same filters. The download itself is recorded."""
    visitor = current()
    wish, _ = _asked()
    named = queries.names(visitor.company_id, {wish.person_id} if wish.person_id else set())
    person = named[wish.person_id].name if wish.person_id in named else None
    client = current_client()
    with unit_of_work():
        record(
            AuditLogDownloaded(
                company_id=visitor.company_id,
                actor_id=visitor.person_id,
                ip_address=client.ip_address,
                form=form,
                filters=wish.query,
                filtered=wish.in_words(person),
            )
        )
    wanted = None if wish.is_open else wish.wanted
    return _streamed(
        export(visitor.company_id, wanted, form), MIME_TYPES[form], f"portico-history-{now():%Y-%m-%d}.{form}"
    )


def _asked() -> tuple[FilterForm, list[people.PersonRow]]:
    """The filters, for the page and its downloads; and the possible people if the person is ambiguous."""
    wish = parse_filters(request.args)
    choices = people.page(current().company_id, PeopleFilter(search=wish.person)).people if wish.person else []
    return (wish.about(choices[0].id), []) if len(choices) == 1 else (wish, choices)


def _streamed(pieces: Iterator[str], mime_type: str, file_name: str) -> Response:
    app = current_app._get_current_object()  # type: ignore[attr-defined]

    def piece_by_piece() -> Iterator[str]:
        # An application context per batch, so that nothing is held while a slow client reads, or after it disconnects.
        while True:
            with app.app_context():
                piece = next(pieces, None)
            if piece is None:
                return
            yield piece

    disposition = f'attachment; filename="{file_name}"'
    return Response(piece_by_piece(), mimetype=mime_type, headers={"Content-Disposition": disposition})


def _by_day(entries: list[Entry], names: dict[UUID, Subject]) -> list[tuple[date, list[dict[str, Any]]]]:
    days = groupby(entries, lambda entry: entry["created_at"].date())
    return [(day, [_shown(entry, names) for entry in theirs]) for day, theirs in days]


def _shown(entry: Entry, names: dict[UUID, Subject]) -> dict[str, Any]:
    face = next((names[some_id] for some_id in (entry["actor_id"], entry["subject_id"]) if some_id in names), None)
    return {
        **entry,
        "sentence": sentence(
            AuditEvent(entry["event"], entry["actor_id"], entry["subject_id"], entry["detail"]), names
        ),
        "details": details(entry["detail"]),
        "group": EVENTS.get(entry["event"], ("",))[0],
        "avatar_url": (
            url_for("people.avatar", person_id=face.id, v=version(face.avatar_hash, face.name))
            if face and face.has_face
            else None
        ),
    }


def _chosen(wish: FilterForm, names: dict[UUID, Subject]) -> dict[str, str] | None:
    """The person whom the page is about, and the URL of the same page about everyone."""
    if wish.person_id is None:
        return None
    named = names.get(wish.person_id)
    return {"name": named.name if named else _("Deleted person"), "drop_url": _of(wish, None)}


def _of(wish: FilterForm, person_id: UUID | None) -> str:
    query: dict[str, Any] = wish.about(person_id).query
    return url_for("overview.audit_log.index", **query)
