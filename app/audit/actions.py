"""The one writer of history."""

from collections.abc import Iterable
from itertools import groupby
from operator import itemgetter
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session, SessionTransaction
from uuid_utils.compat import uuid7

from app.audit.chain import START, entry_hash
from app.audit.models import AuditEntry, AuditHead
from app.database import db, now
from app.statements import Statement

PENDING = "history"
"""Where a session keeps what was recorded and is to be written with its commit, with the transaction it came in."""

Entry = dict[str, Any]
"""A row of `AuditEntry` before it has its place. Plain values, not an object: every sign-in pays for this."""

ENTRIES, HEAD = cast(sa.Table, AuditEntry.__table__), cast(sa.Table, AuditHead.__table__)


def _lock_end(insert: Any) -> Statement:
    """Takes the next places of a chain; returns the last number taken and the hash that the first of them follows.

    Being a write, it waits for whoever holds the end: for its row in PostgreSQL, for the whole database in SQLite.
    """
    places = sa.bindparam("places", type_=sa.Integer())
    return Statement(
        insert(HEAD)
        .values(company_id=sa.bindparam("company_id"), number=places, hash=START)
        .on_conflict_do_update(index_elements=[HEAD.c.company_id], set_={"number": HEAD.c.number + places})
        .returning(HEAD.c.number, HEAD.c.hash)
    )


LOCK_END = {"postgresql": _lock_end(postgresql.insert), "sqlite": _lock_end(sqlite.insert)}
INSERT = sa.insert(ENTRIES).values({column.name: sa.bindparam(column.name) for column in ENTRIES.c})
# The type is said here: the column has it from the company's, which may not be known yet.
OF_COMPANY = sa.bindparam("of_company", type_=sa.Uuid())
MOVE_END = sa.update(HEAD).where(HEAD.c.company_id == OF_COMPANY).values(hash=sa.bindparam("last_hash"))
APPEND = Statement(MOVE_END, first=INSERT)


def record(
    company_id: UUID,
    event: str,
    *,
    actor_id: UUID | None = None,
    subject_id: UUID | None = None,
    ip_address: str | None = None,
    reference: str | None = None,
    **detail: Any,
) -> None:
    """Adds an entry to the company's history; the caller commits it together with what it tells of.

    `detail` holds plain JSON values and never a secret.
    """
    entry = {
        "id": uuid7(),
        "created_at": now(),
        "company_id": company_id,
        "event": event,
        "actor_id": actor_id,
        "subject_id": subject_id,
        "ip_address": ip_address,
        "reference": reference,
        "detail": detail,
    }
    session = db.session()
    transaction = session.get_nested_transaction() or session.get_transaction() or session.begin()
    session.info.setdefault(PENDING, []).append((transaction, entry))


@sa.event.listens_for(db.session, "before_commit")
def _write(session: Session) -> None:
    """Gives what was recorded its places in the chains, as the last thing before the commit.

    So a chain's end is locked for no longer than that; and in the companies' order, so that no two wait for each other.
    """
    if session.in_nested_transaction() or not session.info.get(PENDING):
        return
    session.flush()
    entries = [entry for _, entry in session.info.pop(PENDING)]
    for company_id, theirs in groupby(sorted(entries, key=itemgetter("company_id")), itemgetter("company_id")):
        _append(company_id, list(theirs))


def _append(company_id: UUID, entries: list[Entry]) -> None:
    ((number, last_hash),) = LOCK_END[db.engine.dialect.name].run(company_id=company_id, places=len(entries))
    number -= len(entries)
    rows = []
    for entry in entries:
        number += 1
        row = {**entry, "number": number, "previous_hash": last_hash}
        row["hash"] = last_hash = entry_hash(last_hash, row)
        rows.append(row)
    if len(rows) > 1:
        db.session.connection().execute(INSERT, rows[:-1])
    APPEND.run(**rows[-1], of_company=company_id, last_hash=last_hash)


@sa.event.listens_for(db.session, "after_soft_rollback")
def _forget(session: Session, undone: SessionTransaction) -> None:
    """What was recorded in a savepoint goes with it."""
    pending = session.info.get(PENDING, [])
    pending[:] = [(transaction, entry) for transaction, entry in pending if undone not in _lineage(transaction)]


@sa.event.listens_for(db.session, "after_transaction_end")
def _forget_all(session: Session, ended: SessionTransaction) -> None:
    """Nothing is left for the session's next transaction, however this one ended."""
    if ended.parent is None:
        session.info.pop(PENDING, None)


def _lineage(transaction: SessionTransaction | None) -> Iterable[SessionTransaction]:
    while transaction is not None:
        yield transaction
        transaction = transaction.parent
