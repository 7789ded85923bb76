"""Re-encrypts everything with the newest key, while people sign in."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from app.core.database import db, encrypted_columns, encryptor
from app.core.encryption import key_name_of
from app.core.keyset import pages
from app.core.unit_of_work import unit_of_work

BATCH = 200


@dataclass(frozen=True)
class Progress:
    """After a batch: how many values were re-encrypted so far, and how many had been changed concurrently."""

    column: str
    done: int
    passed_over: int


def rotate() -> Iterator[Progress]:
    """Re-encrypts every encrypted column in batches, each committed separately; yields the progress after each.

    Can be stopped and run again at any time: values with the newest key are skipped. A row that was changed between
    reading and writing keeps its new value, which has the newest key already. Raises DecryptionError if a needed key is
    missing.
    """
    for column in encrypted_columns():
        yield from _rotate_column(column)


def _rotate_column(column: sa.Column[Any]) -> Iterator[Progress]:
    table, what = column.table, str(column).removesuffix("_sealed")
    newest = encryptor().newest
    # Only if it is still what was read.
    swap = (
        sa.update(table)
        .where(table.c.id == sa.bindparam("row"), column == sa.bindparam("was"))
        .values({column: sa.bindparam("fresh")})
        .returning(table.c.id)
    )
    done = passed_over = 0
    for rows in pages(sa.select(table.c.id, column).where(column.is_not(None)), table.c.id, BATCH):
        with unit_of_work():
            for row, was in rows:
                if key_name_of(was) == newest:
                    continue
                place = f"{what}:{row}"
                fresh = encryptor().encrypt(encryptor().decrypt(was, place), place)
                if db.session.execute(swap, {"row": row, "was": was, "fresh": fresh}).first():
                    done += 1
                else:
                    passed_over += 1
        yield Progress(what, done, passed_over)
