"""Adds entries to their company's chain, in batches, after the transactions that wrote them.

So no sign-in waits for another at the end of a chain. Any number of processes may do it: one at a time has the lock.
An entry that no one added yet has a row in `audit_open`, which is deleted in the transaction that writes its row of
`audit_chain`: a process that is killed meanwhile loses and doubles nothing.
"""

import threading
from collections.abc import Sequence
from itertools import groupby
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa
import structlog
from flask import Flask, current_app

from app.audit.chain import START, End, entry_hash
from app.audit.models import AuditChain, AuditEntry, AuditHead, AuditOpen
from app.core.database import db, dialect_insert
from app.core.unit_of_work import unit_of_work

BATCH = 1000
PAUSE_SECONDS = 0.5
"""How long entries are collected: what is written meanwhile is added together."""
LOCK = 0x6175646974
"""The advisory lock, on PostgreSQL, of the one process that adds entries."""
EXTENSION = "audit_closer"

ENTRY, CHAIN, OPEN, HEAD = (cast(sa.Table, model.__table__) for model in (AuditEntry, AuditChain, AuditOpen, AuditHead))
IS_OPEN = sa.and_(OPEN.c.company_id == ENTRY.c.company_id, OPEN.c.entry_id == ENTRY.c.id)
OPEN_ENTRIES = (
    sa.select(ENTRY).join(OPEN, IS_OPEN).order_by(OPEN.c.company_id, OPEN.c.entry_id).limit(sa.bindparam("limit"))
)
ANY_OPEN = sa.select(OPEN.c.entry_id).limit(1)

log = structlog.get_logger(__name__)


def close_open_entries() -> int:
    """Adds all open entries to their chains; returns how many. 0 if another process is doing it."""
    closed = 0
    while db.session.execute(ANY_OPEN).first() and (batch := _close_batch()):
        closed += batch
    return closed


def _close_batch() -> int:
    """Adds the next open entries, in the order of their companies and ids: numbers follow this order, since the order
    of ids is not that of commits.
    """
    with unit_of_work():
        if not _has_lock():
            return 0
        entries = db.session.execute(OPEN_ENTRIES, {"limit": BATCH}).mappings().all()
        if not entries:
            return 0
        by_company = groupby(entries, lambda entry: cast(UUID, entry["company_id"]))
        theirs = {company_id: [*some] for company_id, some in by_company}
        ends = _ends(list(theirs))
        rows = [row for company_id, some in theirs.items() for row in _chained(ends.get(company_id), some)]
        db.session.execute(sa.insert(CHAIN), rows)
        _store_ends({row["company_id"]: End(row["number"], row["hash"]) for row in rows})
        keys = [(row["company_id"], row["entry_id"]) for row in rows]
        db.session.execute(sa.delete(OPEN).where(sa.tuple_(OPEN.c.company_id, OPEN.c.entry_id).in_(keys)))
        return len(rows)


def _has_lock() -> bool:
    """Whether this transaction alone adds entries until its end. SQLite waits for its only writer."""
    connection = db.session.connection()
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
        return True
    return bool(connection.scalar(sa.select(sa.func.pg_try_advisory_xact_lock(LOCK))))


def _ends(company_ids: list[UUID]) -> dict[UUID, End]:
    rows = db.session.execute(sa.select(HEAD).where(HEAD.c.company_id.in_(company_ids)))
    return {row.company_id: End(row.number, row.hash) for row in rows}


def _store_ends(ends: dict[UUID, End]) -> None:
    insert = dialect_insert(HEAD)
    upsert = insert.on_conflict_do_update(
        index_elements=[HEAD.c.company_id], set_={"number": insert.excluded.number, "hash": insert.excluded.hash}
    )
    db.session.execute(
        upsert, [{"company_id": one, "number": end.number, "hash": end.hash} for one, end in ends.items()]
    )


def _chained(end: End | None, entries: Sequence[Any]) -> list[dict[str, Any]]:
    """The rows of a company's entries that follow this end."""
    number, last_hash = (end.number, end.hash) if end else (0, START)
    rows = []
    for entry in entries:
        number += 1
        previous_hash, last_hash = last_hash, entry_hash(last_hash, {**entry, "number": number})
        rows.append(
            {
                "company_id": entry["company_id"],
                "number": number,
                "entry_id": entry["id"],
                "previous_hash": previous_hash,
                "hash": last_hash,
            }
        )
    return rows


class Closer:
    """A thread of this process that adds entries: those of its own transactions, for which `wake` is called, or, with
    `poll_seconds`, those of all processes.
    """

    def __init__(self, app: Flask, *, poll_seconds: float | None = None) -> None:
        self._app = app
        self._poll_seconds = poll_seconds
        self._is_wanted = threading.Event()
        self._is_stopping = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        """There are open entries. Starts the thread where it doesn't run: a forked process has none."""
        self._is_wanted.set()
        with self._starting:
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self._run, name="audit-closer", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """Ends the thread after its present batch."""
        self._is_stopping.set()
        self._is_wanted.set()
        if self._thread:
            self._thread.join()

    def _run(self) -> None:
        while not self._is_stopping.is_set():
            self._is_wanted.wait(self._poll_seconds)
            self._is_stopping.wait(PAUSE_SECONDS)
            self._is_wanted.clear()
            self._close()

    def _close(self) -> None:
        with self._app.app_context():
            try:
                close_open_entries()
            except sa.exc.SQLAlchemyError as error:
                # The entries stay open, so nothing is lost, and this thread tries again.
                self._is_wanted.set()
                log.warning("audit_entries_stay_open", kind=type(error).__name__)


def init_app(app: Flask) -> None:
    """Has this process add the entries of its own transactions: for a server whose database is embedded."""
    app.extensions[EXTENSION] = Closer(app)


def wake() -> None:
    """Entries were committed."""
    closer: Closer | None = current_app.extensions.get(EXTENSION)
    if closer:
        closer.wake()
