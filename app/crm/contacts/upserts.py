"""Inserts or updates many contacts with one statement in the database's own dialect.

SQLAlchemy would build and process a dictionary for each row, which for 50,000 rows is most of the work.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple
from uuid import UUID

import sqlalchemy as sa

from app.core.database import db
from app.crm.models import CrmContact

TABLE: Any = CrmContact.__table__
KEY = tuple(column.name for column in TABLE.primary_key)


class Row(NamedTuple):
    """A contact as it is written, column by column."""

    company_id: UUID
    external_id: UUID
    generation: int
    full_name: str
    job_title: str | None
    email: str | None
    phone: str | None
    company_name: str | None
    modified_at: datetime | None
    sort_name: str
    name_suffix_2: str | None
    name_suffix_3: str | None
    name_suffix_last: str | None
    folded_email: str | None


def upsert(rows: Iterable[Row]) -> None:
    """No two rows may be the same contact."""
    connection = db.session.connection()
    prepared = [_prepared(row, _processors(connection.dialect)) for row in rows]
    if not prepared:
        return
    if connection.dialect.name == "postgresql":
        # One array per column: a single statement, however many rows.
        values = tuple(list(column) for column in zip(*prepared, strict=True))
        connection.exec_driver_sql(_insert("SELECT * FROM unnest", _arrays(connection.dialect)), values)
    else:
        connection.exec_driver_sql(_insert("VALUES ", ", ".join("?" * len(Row._fields))), prepared)


def _insert(source: str, values: str) -> str:
    changed = ", ".join(f"{name} = excluded.{name}" for name in Row._fields if name not in KEY)
    return (
        f"INSERT INTO {TABLE.name} ({', '.join(Row._fields)}) {source}({values}) "
        f"ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {changed}"
    )


@cache
def _arrays(dialect: sa.Dialect) -> str:
    types = (TABLE.c[name].type.compile(dialect).partition(" COLLATE")[0] for name in Row._fields)
    return ", ".join(f"%s::{kind}[]" for kind in types)


@cache
def _processors(dialect: sa.Dialect) -> tuple[tuple[int, Callable[[Any], Any]], ...]:
    """The bind processors this database needs, by column position; most columns need none."""
    made = (TABLE.c[name].type.dialect_impl(dialect).bind_processor(dialect) for name in Row._fields)
    return tuple((place, process) for place, process in enumerate(made) if process is not None)


def _prepared(row: Row, processors: tuple[tuple[int, Callable[[Any], Any]], ...]) -> tuple[Any, ...]:
    values = list(row)
    for place, process in processors:
        values[place] = process(values[place])
    return tuple(values)
