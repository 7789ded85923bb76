"""All that is stored about one person: read for a page, and written out as one JSON document."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.database import Base, db, now, release_connection
from app.history import queries
from app.history.export import told
from app.people.avatars import MIME_TYPE
from app.people.models import Avatar, Person, Session

WITHHELD: dict[type[Base], dict[str, str]] = {
    Person: {
        "password_hash": "a secret; told is whether there is one",
        "sort_name": "the name again, folded for sorting",
        "avatar_hash": "told by the picture itself",
    },
    Session: {
        "token_hash": "a secret",
        "attempt_id": "a secret of the sign-in",
        "company_id": "the person's",
        "person_id": "the person's",
    },
}
"""Columns that are not handed out, and why; every other one is."""


def about(company_id: UUID, person_id: UUID) -> dict[str, Any]:
    """The person's row without secrets, and the numbers of the rest."""
    person = db.session.scalars(sa.select(Person).where(Person.company_id == company_id, Person.id == person_id)).one()
    sessions = sa.select(sa.func.count()).where(Session.company_id == company_id, Session.person_id == person_id)
    return {
        **_handed_out(person),
        "has_password": person.password_hash is not None,
        "has_picture": person.avatar_hash is not None,
        "sessions": db.session.scalar(sessions),
    }


def as_json(company_id: UUID, person_id: UUID) -> Iterator[str]:
    """The document in pieces, so that a long history is never held whole."""
    person = db.session.scalars(sa.select(Person).where(Person.company_id == company_id, Person.id == person_id)).one()
    picture = db.session.scalar(sa.select(Avatar.content).where(Avatar.hash == person.avatar_hash))
    first = {
        "written_at": _plain(now()),
        "person": {**_handed_out(person), "has_password": person.password_hash is not None},
        "read_from_microsoft": _read_from_microsoft(person),
        "picture": f"data:{MIME_TYPE};base64,{base64.b64encode(picture).decode()}" if picture else None,
        "sessions": [_handed_out(session) for session in _sessions(company_id, person_id)],
    }
    release_connection()
    yield json.dumps(first, ensure_ascii=False, indent=2, default=_plain)[:-2]
    yield ',\n  "history": ['
    between = "\n"
    for entries in queries.batches(company_id, queries.Wanted(person_id=person_id)):
        for one in told(company_id, entries):
            yield f"{between}    {json.dumps(one, ensure_ascii=False)}"
            between = ",\n"
    yield "\n  ]\n}\n"


def _sessions(company_id: UUID, person_id: UUID) -> list[Session]:
    return list(
        db.session.scalars(
            sa.select(Session)
            .where(Session.company_id == company_id, Session.person_id == person_id)
            .order_by(Session.id.desc())
        )
    )


def _handed_out(row: Base) -> dict[str, Any]:
    withheld = WITHHELD[type(row)]
    return {
        column.key: getattr(row, column.key)
        for column in sa.inspect(type(row)).column_attrs
        if column.key not in withheld
    }


def _read_from_microsoft(person: Person) -> dict[str, Any] | None:
    if person.oid is None:
        return None
    return {
        "read_at": person.synced_at,
        "fields": {"full_name": person.name, "email_address": person.email, "title": person.title},
        "picture": person.avatar_hash is not None,
    }


def _plain(value: Any) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
