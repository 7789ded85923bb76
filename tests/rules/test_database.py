"""The database: migrations match the models, and every lookup has an index."""

import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask_migrate import check, downgrade, upgrade
from psycopg._queries import MAX_CACHED_STATEMENT_LENGTH
from sqlalchemy.dialects.postgresql.psycopg import PGDialect_psycopg

from app.companies.deletion import erasing
from app.core.database import Base, db
from app.urls import ROUTES
from tests.cast import ALICE, OWNER_PASSWORD, Cast
from tests.rules.conftest import Everyone, routes

# For lookups in the full-text index a plan also says SCAN, followed by a number and M.
SCAN = re.compile(r"SCAN (?!CONSTANT|anon_|\(subquery|person_search VIRTUAL TABLE INDEX \d+:M)(?!.*USING)")
INSTALLATION_LOG = ("audit_installation", "audit_installation_head")


def test_migrations_match_the_models(app: Flask) -> None:
    with app.app_context():
        check()


def test_migrations_can_be_reverted_and_reapplied(app: Flask) -> None:
    with app.app_context():
        downgrade(revision="base")
        assert set(sa.inspect(db.engine).get_table_names()) <= {"alembic_version"}
        upgrade()
        check()
        db.engine.dispose()


def test_every_foreign_key_has_an_index(app: Flask) -> None:
    with app.app_context():
        inspector = sa.inspect(db.engine)
        bare = [
            f"{table}.{','.join(key['constrained_columns'])}"
            for table in inspector.get_table_names()
            for key in inspector.get_foreign_keys(table)
            if not any(
                columns[: len(key["constrained_columns"])] == key["constrained_columns"]
                for columns in _indexed(inspector, table)
            )
        ]
    assert bare == []


def test_every_lookup_uses_an_index(everyone: Everyone, cast: Cast) -> None:
    with cast.app.app_context():
        engine = db.engine
    with _statements(engine) as statements:
        for route in routes("GET"):
            everyone.alice.get(everyone.addresses.path(route))
        everyone.alice.get("/people?q=ad")
        everyone.alice.get("/people?q=adaeze&state=invited&role=member&method=any&sort=role")
        cast.browser().sign_in_as(ALICE, "contoso", cast.directory)
        everyone.anonymous.post_form(
            "/login/contoso/password", page="/login/contoso", email="owner@contoso.example", password=OWNER_PASSWORD
        )
        for route in ROUTES:
            if route.methods == ("POST",):
                everyone.alice.post_form(everyone.addresses.path(route), page="/login/contoso")
    assert len(statements) > 10
    assert _scans(engine, "SELECT id FROM person WHERE title = 'a'", ()), "this check must be able to fail"
    scanning = {text: plan for text, values in statements.items() for plan in _scans(engine, text, values)}
    assert scanning == {}


def test_every_row_belongs_to_a_company() -> None:
    # An application may be the installation's, which then says for which companies it is; grants have a company each.
    owned = {"company", "application"}
    tables = Base.metadata.sorted_tables
    for table in tables:
        if any(key.column.table.name in owned and not key.parent.nullable for key in table.foreign_keys):
            owned.add(table.name)
    # Photos are identified by their content, stored once for all companies, and served only through a person. A
    # request for signing out waits under a key that only its browser has. Of deleted companies only codes and public
    # ids stay.
    without = {"avatar", "signing_key", "stored_request", "retired_code", "deleted_company", *INSTALLATION_LOG}
    assert {table.name for table in tables} - owned == without


def test_deletion_of_a_company_reaches_every_table() -> None:
    """A table from which no foreign key leads to a company, and what people of several companies share."""
    without = {table.name for table in Base.metadata.sorted_tables if erasing.owned_by(table, erasing.ANY) is None}
    assert without == {"company", "avatar", "signing_key", "deleted_company", *INSTALLATION_LOG}


def _indexed(inspector: sa.Inspector, table: str) -> Iterator[list[str | None]]:
    yield list(inspector.get_pk_constraint(table)["constrained_columns"])
    for unique in inspector.get_unique_constraints(table):
        yield list(unique["column_names"])
    for index in inspector.get_indexes(table):
        yield list(index["column_names"])


@contextmanager
def _statements(engine: sa.Engine) -> Iterator[dict[str, Any]]:
    """Each distinct statement sent to the database inside the context, with example values."""
    statements: dict[str, Any] = {}

    def note(_connection: Any, _cursor: Any, text: str, values: Any, _context: Any, many: bool) -> None:
        if text.startswith(("SELECT", "UPDATE")) and "FROM pg_" not in text and "alembic_version" not in text:
            statements.setdefault(text, values[0] if many else values)

    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield statements
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def _scans(engine: sa.Engine, text: str, values: Any) -> list[str]:
    """The lines of a statement's plan that read a whole table."""
    with engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)
            return [row[3] for row in plan if SCAN.match(row[3])]
        # PostgreSQL scans small tables, unless sequential scans are disabled.
        connection.execution_options(isolation_level="READ COMMITTED")
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        plan = connection.exec_driver_sql(f"EXPLAIN {text}", values)
        return [row[0] for row in plan if "Seq Scan" in row[0]]


@pytest.fixture(autouse=True)
def _restored(migrated_app: Flask) -> Iterator[None]:
    """Restores the tables after a test that fails halfway."""
    yield
    with migrated_app.app_context():
        upgrade()


def test_statements_made_once_are_short_enough_for_the_driver_to_keep() -> None:
    """psycopg converts a longer statement again at each execution."""
    made = {
        f"{name}.{attribute}": value
        for name, module in sorted(sys.modules.items())
        if name.startswith("app.")
        for attribute, value in vars(module).items()
        if isinstance(value, sa.Select)
    }
    dialect = PGDialect_psycopg()  # type: ignore[no-untyped-call]
    lengths = {name: len(str(query.compile(dialect=dialect))) for name, query in made.items()}
    assert "app.applications.forward_auth.queries.BY_CLIENT_ID" in lengths
    assert [name for name, length in lengths.items() if length > MAX_CACHED_STATEMENT_LENGTH] == []
