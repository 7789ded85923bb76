"""The cursors of connections to PostgreSQL. Imported with psycopg, so only where it is used."""

from collections.abc import Sequence
from typing import Any

import psycopg
from psycopg import pq


class PlainCursor(psycopg.Cursor[Any]):
    """Describes the columns of a result when asked. psycopg makes an object of each column of each result, while
    SQLAlchemy reads them at a statement's first execution alone: it took a fifth of a short query.
    """

    @property
    def description(self) -> Any:
        """As in PEP 249: name and type of each column; None if the statement returned no rows."""
        result = self.pgresult
        return _Columns(result, self._encoding) if result and result.status == pq.ExecStatus.TUPLES_OK else None


class _Columns(Sequence[tuple[Any, ...]]):
    def __init__(self, result: Any, encoding: str) -> None:
        self._result = result
        self._encoding = encoding

    def __len__(self) -> int:
        fields: int = self._result.nfields
        return fields

    def __getitem__(self, place: Any) -> Any:
        if not -len(self) <= place < len(self):
            raise IndexError(place)
        name = self._result.fname(place) or b""
        return (name.decode(self._encoding), self._result.ftype(place), None, None, None, None, None)
