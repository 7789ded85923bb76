"""The audit log as CSV and JSON Lines, one batch of entries at a time, oldest first."""

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC
from typing import Any
from uuid import UUID

from app.core.database import release_connection
from app.http.spreadsheets import csv_text
from app.overview.audit_log import queries
from app.overview.audit_log.queries import AuditFilter, Entry
from app.overview.audit_log.rendering import AuditEvent, Subject, plain_text, sentence

FORMATS = ("jsonl", "csv")
MIME_TYPES = {"jsonl": "application/jsonl", "csv": "text/csv"}

COLUMNS = (
    *("number", "time", "event", "what", "actor", "actor_id", "subject", "subject_id"),
    *("ip_address", "reference", "detail", "id", "previous_hash", "hash"),
)


def export(company_id: UUID, wanted: AuditFilter | None, form: str) -> Iterator[str]:
    """The entries as text, in pieces; none if `wanted` is None."""
    if form == "csv":
        yield csv_text([COLUMNS])
    if wanted is None:
        return
    for entries in queries.batches(company_id, wanted):
        shown = list(event_of(company_id, entries))
        yield _as_csv(shown) if form == "csv" else _as_jsonl(shown)


def event_of(company_id: UUID, entries: list[Entry]) -> Iterator[dict[str, Any]]:
    """Each entry as plain values, with its names and its sentence."""
    names = queries.names(company_id, queries.ids_in(entries))
    release_connection()
    for entry in entries:
        words = sentence(AuditEvent(entry["event"], entry["actor_id"], entry["subject_id"], entry["detail"]), names)
        yield {
            "number": entry["number"],
            "time": entry["created_at"].astimezone(UTC).isoformat(timespec="microseconds"),
            "event": entry["event"],
            "what": plain_text(words),
            "actor": _name(names, entry["actor_id"]),
            "actor_id": _id(entry["actor_id"]),
            "subject": _name(names, entry["subject_id"]),
            "subject_id": _id(entry["subject_id"]),
            "ip_address": entry["ip_address"],
            "reference": entry["reference"],
            "detail": entry["detail"],
            "id": _id(entry["id"]),
            "previous_hash": entry["previous_hash"],
            "hash": entry["hash"],
        }


def _as_csv(shown: Iterable[Mapping[str, Any]]) -> str:
    return csv_text([_plain(one[column]) for column in COLUMNS] for one in shown)


def _plain(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _as_jsonl(shown: Iterable[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(one, ensure_ascii=False) + "\n" for one in shown)


def _name(names: Mapping[UUID, Subject], some_id: UUID | None) -> str | None:
    named = names.get(some_id) if some_id else None
    return named.name if named else None


def _id(value: UUID | None) -> str | None:
    return str(value) if value else None
