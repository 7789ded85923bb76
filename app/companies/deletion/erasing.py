"""Deletes everything that a company has, in batches: which tables that are follows from the schema's foreign keys, so
that none is forgotten. A rule makes every new table belong to a company, or to a list of those that don't.
"""

from functools import cache
from typing import Any, cast
from uuid import UUID

import sqlalchemy as sa

from app.companies.models import Company, CompanyErasure, DeletedCompany, LoginPage, RetiredCode
from app.core.database import Base, db, now
from app.core.unit_of_work import unit_of_work

BATCH = 1000
"""Rows deleted per unit of work."""
COMPANY, ERASURE, PAGES, RETIRED = (
    cast(sa.Table, one.__table__) for one in (Company, CompanyErasure, LoginPage, RetiredCode)
)
LAST = (COMPANY, ERASURE, PAGES, RETIRED)
"""What is deleted, or kept without its company, in the last unit of work."""
ANY = UUID(int=0)


def erase(company_id: UUID) -> bool:
    """Deletes the company with all its rows; returns whether it did. False if another worker is doing it.

    A worker that is killed continues where it was, since that is what is still there. Raises IntegrityError if a
    request that began before the company was closed has written a row meanwhile; the next attempt deletes that.
    """
    for table in owned_tables():
        is_empty = False
        while not is_empty:
            with unit_of_work():
                if not _has_lock(company_id):
                    return False
                is_empty = _delete_batch(table, company_id) < BATCH
    with unit_of_work():
        if not _has_lock(company_id):
            return False
        _retire_codes(company_id)
        _delete_company(company_id)
    return True


@cache
def owned_tables() -> tuple[sa.Table, ...]:
    """The tables whose rows are a company's, each before those that it refers to."""
    tables = reversed(Base.metadata.sorted_tables)
    return tuple(one for one in tables if one not in LAST and owned_by(one, ANY) is not None)


def owned_by(table: sa.Table, company_id: UUID) -> sa.ColumnElement[bool] | None:
    """The condition that a row is the company's, by its own column or by that of a row that it belongs to; None if the
    table's rows are no company's.
    """
    if "company_id" in table.c:
        return table.c.company_id == company_id
    for key in sorted(table.foreign_keys, key=lambda key: key.parent.name):
        owner = owned_by(key.column.table, company_id)
        if owner is not None:
            return key.parent.in_(sa.select(key.column).where(owner))
    return None


def _has_lock(company_id: UUID) -> bool:
    """Whether this transaction alone deletes the company until its end. SQLite waits for its only writer."""
    found = sa.select(Company.id).where(Company.id == company_id).with_for_update(skip_locked=True, key_share=True)
    return db.session.scalar(found) is not None


def _delete_batch(table: sa.Table, company_id: UUID) -> int:
    owned = owned_by(table, company_id)
    assert owned is not None
    shared = [key for key in table.foreign_keys if _is_shared(key)]
    for key in table.foreign_keys:
        if key.column.table is table:
            _run(sa.update(table).where(owned, key.parent.is_not(None)).values({key.parent: None}))
    identity, some = _identity(table), sa.select(*table.primary_key.columns).where(owned).limit(BATCH)
    if not shared:
        return _run(sa.delete(table).where(identity.in_(some)))
    rows = db.session.execute(some.add_columns(*(key.parent for key in shared))).mappings().all()
    (column,) = table.primary_key.columns
    number = _run(sa.delete(table).where(column.in_([row[column] for row in rows])))
    for key in shared:
        _delete_unused(key.column, {row[key.parent] for row in rows} - {None})
    return number


def _identity(table: sa.Table) -> Any:
    columns = list(table.primary_key.columns)
    return columns[0] if len(columns) == 1 else sa.tuple_(*columns)


def _is_shared(key: sa.ForeignKey) -> bool:
    """Whether it refers to a row that people of several companies can have in common: a photo."""
    return key.column.table is not COMPANY and owned_by(key.column.table, ANY) is None


def _delete_unused(column: sa.Column[Any], values: set[Any]) -> None:
    """Deletes those of the shared rows, by their key, to which no one refers any more."""
    references = [key for table in Base.metadata.tables.values() for key in table.foreign_keys if key.column is column]
    unused = [~sa.exists().where(key.parent == column).correlate(column.table) for key in references]
    _run(sa.delete(column.table).where(column.in_(values), *unused))


def _retire_codes(company_id: UUID) -> None:
    """No other company ever gets the codes of the company's login pages, nor those that it released before."""
    codes = db.session.scalars(sa.select(PAGES.c.code).where(PAGES.c.company_id == company_id)).all()
    _run(sa.update(RETIRED).where(RETIRED.c.company_id == company_id).values(company_id=None, page_id=None))
    db.session.add_all(RetiredCode(code=code, company_id=None, forwards_until=now()) for code in codes)
    db.session.flush()
    _run(sa.delete(PAGES).where(PAGES.c.company_id == company_id))


def _delete_company(company_id: UUID) -> None:
    public_id = db.session.scalars(sa.select(COMPANY.c.public_id).where(COMPANY.c.id == company_id)).one()
    db.session.add(DeletedCompany(public_id=public_id))
    db.session.flush()
    _run(sa.delete(ERASURE).where(ERASURE.c.company_id == company_id))
    _run(sa.delete(COMPANY).where(COMPANY.c.id == company_id))


def _run(statement: sa.Update | sa.Delete) -> int:
    """Returns how many rows it changed."""
    result = db.session.execute(statement.execution_options(synchronize_session=False))
    return cast(sa.CursorResult[Any], result).rowcount
