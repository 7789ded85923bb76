"""Companies that are being deleted, with a row in every table."""

import os
import subprocess
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import sqlalchemy as sa
import time_machine
from flask import Flask
from sqlalchemy.dialects import postgresql, sqlite

from app.cli import schedule
from app.companies.deletion import actions as deletion
from app.companies.deletion import erasing
from app.companies.models import Company
from app.core.database import Base, db, now
from app.core.session import transactional
from app.core.unit_of_work import unit_of_work
from app.settings import Settings
from tests.browser import Browser

PAGE = "/account/advanced/company"
DELETE = f"{PAGE}/delete"
OWNER = "owner@contoso.example"
FIRST = ("audit_", "company_erasure", "retired_code")
"""The start of the names of tables that aren't filled: they are, by what else happens, or have no rows to delete."""


def company(app: Flask, name: str = "Contoso") -> Company | None:
    with app.app_context():
        return db.session.scalar(sa.select(Company).where(Company.name == name))


def company_id(app: Flask, name: str = "Contoso") -> UUID:
    found = company(app, name)
    assert found
    return found.id


def deletes_at(app: Flask) -> object:
    found = company(app)
    assert found
    return found.deletes_at


def start(owner: Browser, code: str = "contoso") -> int:
    return owner.post_form(DELETE, page=DELETE, code=code).status_code


def worker(app: Flask) -> None:
    with app.app_context():
        schedule.remind_owners_of_deletion()
        schedule.delete_due_companies()


def after(days: float) -> time_machine.travel:
    return time_machine.travel(now() + timedelta(days=days))


ENDLESS = """
import sys
from uuid import UUID
from app import create_app
from app.companies.deletion import erasing
erasing.BATCH = 1
original = erasing._has_lock
def slowly(company_id):
    import time
    if erasing.owned_tables()[-1].name and slowly.count > 10:
        time.sleep(60)
    slowly.count += 1
    return original(company_id)
slowly.count = 0
erasing._has_lock = slowly
with create_app().app_context():
    erasing.erase(UUID(sys.argv[1]))
"""
"""Deletes ten batches and hangs in a transaction."""


def environment(settings: Settings) -> dict[str, str]:
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.getcwd(),
        "BASE_URL": settings.base_url,
        "SECRET_KEY": settings.secret_key.get_secret_value(),
        "ENCRYPTION_KEYS": settings.encryption_keys[0].get_secret_value(),
        "DATABASE_URL": settings.database_url.get_secret_value(),
        "MICROSOFT_CLOUD": "sandbox",
        "SANDBOX_PORT": str(settings.sandbox_port),
    }


def until_fewer(app: Flask, ids: set[UUID], process: subprocess.Popen[bytes]) -> None:
    before, deadline = sum(occurrences(app, ids).values()), time.monotonic() + 60
    while sum(occurrences(app, ids).values()) > before - 5:
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)


def begin(app: Flask, whose: UUID) -> None:
    """The time of grace is over."""
    with app.app_context(), unit_of_work():
        moment = now() - timedelta(minutes=1)
        db.session.execute(
            sa.update(Company).where(Company.id == whose).values(deletes_at=moment, deletion_reminded_at=moment)
        )
    with app.app_context(), unit_of_work():
        assert deletion.begin(whose)


def finish_deletion(app: Flask, whose: UUID) -> None:
    begin(app, whose)
    with app.app_context():
        assert erasing.erase(whose)


def owned() -> list[sa.Table]:
    return [table for table in Base.metadata.sorted_tables if erasing.owned_by(table, uuid4()) is not None]


def of_company(app: Flask, whose: UUID) -> dict[str, int]:
    """How many rows a company has in each table."""
    with app.app_context():
        return {
            table.name: db.session.scalar(
                sa.select(sa.func.count()).select_from(table).where(erasing.owned_by(table, whose))  # type: ignore[arg-type]
            )
            or 0
            for table in owned()
            if table.name not in ("company_erasure", "retired_code")
        }


def identities(app: Flask, whose: UUID) -> set[UUID]:
    """The ids of the company and of all its rows."""
    found = {whose}
    with app.app_context():
        for table in owned():
            if "id" in table.c and table.name != "retired_code":
                found |= set(db.session.scalars(sa.select(table.c.id).where(erasing.owned_by(table, whose))))  # type: ignore[arg-type]
    return found


def occurrences(app: Flask, ids: set[UUID]) -> dict[str, int]:
    """In how many rows of which columns these ids are, in any table."""
    found: dict[str, int] = {}
    with app.app_context():
        for table in Base.metadata.sorted_tables:
            for column in table.c:
                if isinstance(column.type, sa.Uuid):
                    number = len(set(db.session.scalars(sa.select(column))) & ids)
                    found |= {str(column): number} if number else {}
    return found


def fill(app: Flask, whose: UUID) -> None:
    """Gives the company a row in every table in which it has none."""
    with app.app_context(), transactional(db.engine).begin() as connection:
        for table in Base.metadata.sorted_tables:
            which = erasing.owned_by(table, whose)
            if table.name.startswith(FIRST) or which is None:
                continue
            number = connection.scalar(sa.select(sa.func.count()).select_from(table).where(which)) or 0
            for _ in range(number, 1 if len(table.primary_key.columns) > 1 else 2):
                insert(connection, table, whose)


def insert(connection: sa.Connection, table: sa.Table, whose: UUID) -> None:
    """One row of the company's, with a value in every column that can have one."""
    values = dict(_values(connection, table, whose))
    if table.name == "person":
        values |= {"sign_in_method": "any", "method_connection_id": None}
    made: Any = (postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert)(table)
    connection.execute(made.values(values).on_conflict_do_nothing())


def _values(connection: sa.Connection, table: sa.Table, whose: UUID) -> Iterator[tuple[str, Any]]:
    for column in table.c:
        if column.name == "company_id":
            yield column.name, whose
        elif column.foreign_keys:
            parent = next(iter(column.foreign_keys)).column
            which = erasing.owned_by(parent.table, whose)
            yield (
                column.name,
                connection.scalar(sa.select(parent).where(sa.true() if which is None else which).limit(1)),
            )
        else:
            yield column.name, _value(column)


def _value(column: sa.Column[Any]) -> Any:
    if isinstance(column.type, sa.JSON):
        return {}
    kind = column.type.python_type
    return {str: uuid4().hex, int: uuid4().int % 1_000_000, bool: False, bytes: uuid4().bytes, UUID: uuid4()}.get(
        kind, now()
    )
