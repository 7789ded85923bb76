"""Reads a long list page by page: each page begins after the key of the last row, so that the last is as fast as the
first.
"""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVarTuple

import sqlalchemy as sa

from app.core.database import db

Columns = TypeVarTuple("Columns")


def pages(
    query: sa.Select[*Columns], key: Any, size: int, *, locks: bool = False
) -> Iterator[Sequence[sa.Row[*Columns]]]:
    """The query's rows in the order of `key`, a selected column that no two rows have in common; up to `size` at a
    time, and no empty page. With `locks`, for a query that locks its rows, which on PostgreSQL leaves out those that
    were deleted while it waited: a short page isn't the last one then.
    """
    query = query.order_by(key).limit(size)
    page = db.session.execute(query).all()
    while page:
        last, is_short = page[-1]._mapping[key], len(page) < size
        yield page
        if is_short and not locks:
            return
        page = db.session.execute(query.where(key > last)).all()
