"""What tests check besides pages: rows, audit entries and queries."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from flask import Flask
from werkzeug.test import TestResponse

from app.audit.models import AuditEntry, AuditOpen
from app.core.database import Base, db


def holds_token(text: str) -> bool:
    """Whether the text contains a JWT. The first three letters alone occur by chance in encrypted or signed text."""
    return re.search(r"eyJ[\w-]{8,}\.eyJ", text) is not None


def json_of(response: TestResponse) -> Any:
    """The JSON body of a response."""
    assert response.is_json, response.mimetype
    return response.get_json()


def rows(app: Flask) -> dict[str, int]:
    """The number of rows of each table, without the queue of entries that get a place in the audit log's chain."""
    with app.app_context():
        return {
            table.name: db.session.scalar(sa.select(sa.func.count()).select_from(table)) or 0
            for table in Base.metadata.sorted_tables
            if table.name != AuditOpen.__tablename__
        }


def written(before: dict[str, int], after: dict[str, int]) -> dict[str, int]:
    """The number of new rows by table; only tables with new rows."""
    return {name: number - before[name] for name, number in after.items() if number != before[name]}


def audit_entries(app: Flask, event: str = "") -> list[AuditEntry]:
    """Audit entries, oldest first; all, or those of one event."""
    with app.app_context():
        entries = db.session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id)).all()
        return [entry for entry in entries if event in ("", entry.event)]


def last_failure_reason(app: Flask) -> str:
    """The reason for the last failed sign-in."""
    return str(audit_entries(app, "sign_in.refused")[-1].detail["reason"])


@contextmanager
def queries(app: Flask) -> Iterator[list[str]]:
    """The statements sent to the database inside the context."""
    with app.app_context():
        engine = db.engine
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)
