"""The installation's log: its entries get their places in its chain in the transaction that writes them.

They are few, so that one may wait for another, unlike those of companies (see `closing.py`).
"""

from collections.abc import Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa

from app.audit.chain import START, entry_hash
from app.audit.events.base import INSTALLATION
from app.audit.models import InstallationEntry, InstallationHead
from app.core.database import db, dialect_insert

ENTRY, HEAD = (cast(sa.Table, model.__table__) for model in (InstallationEntry, InstallationHead))
ONLY = 1
"""The id of the only row with the chain's end."""
ALWAYS_NULL = tuple(
    sa.null().cast(kind).label(name)
    for name, kind in (("actor_id", sa.Uuid), ("ip_address", sa.Text), ("reference", sa.Text))
)
"""What only people leave in a log."""
ENTRIES = sa.select(ENTRY, sa.literal(INSTALLATION, sa.Uuid()).label("company_id"), *ALWAYS_NULL).subquery()
"""The entries with the columns that those of companies have."""


def append(entries: Sequence[Mapping[str, Any]]) -> None:
    """Writes the entries at the end of the chain. The end stays locked until the transaction does: the caller commits
    next.
    """
    insert = dialect_insert(HEAD).values(id=ONLY, number=len(entries), hash=START)
    counted = insert.on_conflict_do_update(
        index_elements=[HEAD.c.id], set_={"number": HEAD.c.number + insert.excluded.number}
    )
    end, last_hash = db.session.execute(counted.returning(HEAD.c.number, HEAD.c.hash)).one()
    rows = []
    for number, entry in enumerate(entries, end - len(entries) + 1):
        previous_hash, last_hash = last_hash, entry_hash(last_hash, {**entry, "number": number})
        rows.append({**entry, "number": number, "previous_hash": previous_hash, "hash": last_hash})
    names = ENTRY.c.keys()
    db.session.execute(sa.insert(ENTRY), [{name: row[name] for name in names} for row in rows])
    db.session.execute(sa.update(HEAD).where(HEAD.c.id == ONLY).values(hash=last_hash))
