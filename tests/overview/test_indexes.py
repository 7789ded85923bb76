"""Every filter of the audit log page reads a few ordered rows from an index, however long the audit log is."""

from collections.abc import Iterator
from datetime import date
from typing import Any
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit.catalog import EVENTS
from app.companies.models import Company
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.overview.audit_log.queries import PAGE_SIZE, AuditFilter, page
from tests.statistics import forget_statistics

ENTRIES = 30_000
SOME_PERSON = UUID(int=7)
FILL = """
WITH RECURSIVE counted(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < :entries)
INSERT INTO audit_entry (id, created_at, company_id, event, actor_id, subject_id, reference, detail)
SELECT {id}, '2026-01-01', :company_id, CASE WHEN n % 9999 = 0 THEN 'recovery_codes.made' ELSE 'sign_in.admitted' END,
  CASE WHEN n % 997 = 0 THEN {person} END, CASE WHEN n % 1499 = 0 THEN {person} END,
  CASE WHEN n % 1000 = 0 THEN 'PRT-' || n END, '{{}}' FROM counted
"""
AS_ID = {
    "sqlite": ("'01950000000070008000' || printf('%012x', 2 * n + :start)", "'00000000000000000000000000000007'"),
    "postgresql": (
        "('01950000000070008000' || lpad(to_hex(2 * n + :start), 12, '0'))::uuid",
        "'00000000-0000-0000-0000-000000000007'::uuid",
    ),
}


@pytest.fixture
def company_id(app: Flask) -> Iterator[UUID]:
    with app.app_context():
        with unit_of_work():
            company, other = Company(name="Contoso"), Company(name="Fabrikam")
            db.session.add_all([company, other])
            db.session.flush()
            some_id, some_person = AS_ID[db.engine.dialect.name]
            fill = sa.text(FILL.format(id=some_id, person=some_person)).bindparams(
                sa.bindparam("company_id", type_=sa.Uuid())
            )
            for number, one in enumerate((company, other)):
                db.session.execute(fill, {"entries": ENTRIES, "company_id": one.id, "start": number})
        _tidy_up()
        yield company.id
        forget_statistics()


def _tidy_up() -> None:
    """Updates statistics, as databases do after a while: PostgreSQL's query plans depend on it."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE" if connection.dialect.name == "sqlite" else "VACUUM (ANALYZE) audit_entry")


FILTERS = {
    "everything": (AuditFilter(), PAGE_SIZE),
    "a common group": (AuditFilter(events=tuple(name for name in EVENTS if name.startswith("sign_in"))), PAGE_SIZE),
    "a rare group": (AuditFilter(events=tuple(name for name in EVENTS if not name.startswith("sign_in"))), 3),
    "a person": (AuditFilter(person_id=SOME_PERSON), PAGE_SIZE),
    "a person's rare group": (AuditFilter(person_id=SOME_PERSON, events=("recovery_codes.made",)), 0),
    "a reference": (AuditFilter(reference="PRT-9000"), 1),
    "days": (AuditFilter(from_day=date(2025, 1, 1), to_day=date(2026, 1, 1)), PAGE_SIZE),
    "days without any": (AuditFilter(to_day=date(2020, 1, 1)), 0),
}


@pytest.mark.parametrize("name", FILTERS)
def test_filter_reads_few_entries_from_an_index(app: Flask, company_id: UUID, name: str) -> None:
    wanted, found = FILTERS[name]
    with app.app_context():
        statements: list[tuple[str, Any]] = []

        def note(_connection: Any, _cursor: Any, text: str, values: Any, *_: Any) -> None:
            statements.append((text, values))

        sa.event.listen(db.engine, "before_cursor_execute", note)
        try:
            shown = page(company_id, wanted).entries
        finally:
            sa.event.remove(db.engine, "before_cursor_execute", note)
        assert len(shown) == found
        assert [entry["id"] for entry in shown] == sorted((entry["id"] for entry in shown), reverse=True)
        (statement,) = statements
        with db.engine.connect() as connection:
            assert_indexed(connection, *statement)


def assert_indexed(connection: sa.Connection, text: str, values: Any) -> None:
    if connection.dialect.name == "sqlite":
        plan = [row[3] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}", values)]
        assert [line for line in plan if line.startswith("SCAN audit_entry") and "USING" not in line] == []
        return
    plan = [row[0] for row in connection.exec_driver_sql(f"EXPLAIN (ANALYZE, TIMING OFF) {text}", values)]
    plan_text = "\n".join(plan)
    assert "Seq Scan" not in plan_text, plan_text
    assert "using pk_audit_entry" in plan_text or "using ix_audit_entry_company_" in plan_text, plan_text
    read = [int(float(line.split("(actual rows=")[1].split()[0])) for line in plan if "(actual rows=" in line]
    assert max(read) <= PAGE_SIZE * len(EVENTS), plan_text
    discarded = [int(line.split(":")[1]) for line in plan if "Rows Removed by Filter" in line]
    assert sum(discarded) <= PAGE_SIZE * len(EVENTS), plan_text
