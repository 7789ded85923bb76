"""Sealing everything anew with the newest key, while people sign in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa

from app.core.database import db, encrypted_columns, encryptor
from app.core.encryption import key_name_of

BATCH = 200


@dataclass(frozen=True)
class Progress:
    """After a batch: how many were sealed anew so far, and how many somebody else had changed meanwhile."""

    column: str
    done: int
    passed_over: int


def rotate() -> Iterator[Progress]:
    """Seals every sealed column anew, batch by batch, each committed by itself; tells of each.

    It may be stopped and run again at any time: what has the newest key is passed over. A row that somebody changed
    between reading and writing keeps what they wrote, which has the newest key already. Raises DecryptionError when
    a key is missing that something needs.
    """
    for column in encrypted_columns():
        yield from _rotate_column(column)


def _rotate_column(column: sa.Column[Any]) -> Iterator[Progress]:
    table, what = column.table, str(column).removesuffix("_sealed")
    newest = encryptor().newest
    # Only if it still is what was read.
    swap = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("row"), column == sa.bindparam("was"))
        .values({column: sa.bindparam("fresh")})
        .returning(table.c.id)
    )
    done = passed_over = 0
    after: UUID | None = None
    while True:
        query = sa.select(table.c.id, column).where(column.is_not(None)).order_by(table.c.id).limit(BATCH)
        rows = db.session.execute(query if after is None else query.where(table.c.id > after)).all()
        if not rows:
            return
        after = rows[-1][0]
        for row, was in rows:
            if key_name_of(was) == newest:
                continue
            place = f"{what}:{row}"
            fresh = encryptor().encrypt(encryptor().decrypt(was, place), place)
            if db.session.execute(swap, {"row": row, "was": was, "fresh": fresh}).first():
                done += 1
            else:
                passed_over += 1
        db.session.commit()
        yield Progress(what, done, passed_over)
