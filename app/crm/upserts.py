"""Many contacts written at once: made, or brought up to date, in one statement of the database's own.

SQLAlchemy would build a dictionary, and look at it several times, for each row; with 50,000 of them that is most of
the work.
"""

from collections.abc import Callable, Iterable
from functools import cache
from typing import Any

import sqlalchemy as sa

from app.crm.models import CrmContact
from app.database import db

TABLE: Any = CrmContact.__table__
COLUMNS: tuple[sa.Column[Any], ...] = tuple(TABLE.columns)
NAMES = tuple(column.name for column in COLUMNS)
KEY = tuple(column.name for column in TABLE.primary_key)
Row = tuple[Any, ...]


def upsert(rows: Iterable[Row]) -> None:
    """Rows hold a value for each of `NAMES`; no two may be the same contact's."""
    connection = db.session.connection()
    prepared = [_prepared(row, _processors(connection.dialect)) for row in rows]
    if not prepared:
        return
    if connection.dialect.name == "postgresql":
        # One array a column: a single statement, however many rows.
        arrays = ", ".join(f"%s::{column.type.compile(connection.dialect)}[]" for column in COLUMNS)
        values = tuple([row[place] for row in prepared] for place in range(len(COLUMNS)))
        connection.exec_driver_sql(_insert("SELECT * FROM unnest", _without_collations(arrays)), values)
    else:
        connection.exec_driver_sql(_insert("VALUES ", ", ".join("?" * len(COLUMNS))), prepared)


def _insert(source: str, values: str) -> str:
    changed = ", ".join(f"{name} = excluded.{name}" for name in NAMES if name not in KEY)
    return (
        f"INSERT INTO {TABLE.name} ({', '.join(NAMES)}) {source}({values}) "
        f"ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {changed}"
    )


def _without_collations(types: str) -> str:
    return types.replace(' COLLATE "C"', "")


@cache
def _processors(dialect: sa.Dialect) -> tuple[Callable[[Any], Any] | None, ...]:
    """What each column's type makes of a value for this database."""
    return tuple(column.type.dialect_impl(dialect).bind_processor(dialect) for column in COLUMNS)


def _prepared(row: Row, processors: tuple[Callable[[Any], Any] | None, ...]) -> Row:
    return tuple(value if process is None else process(value) for value, process in zip(row, processors, strict=True))
