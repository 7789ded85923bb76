"""Writing the audit log: entries are written with their transaction, by concurrent writers too, and never changed."""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit.closing import close_open_entries
from app.audit.events.companies import CompanyChanged, CompanyCreated, LoginPageCreated
from app.audit.log import record
from app.audit.models import AuditChain, AuditEntry
from app.companies.models import Company
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from tests.assertions import queries
from tests.audit.chains import assert_whole, chained_entries, open_entries
from tests.audit_triggers import changeable
from tests.events import PigeonFlew

WRITERS = 50


def test_each_company_has_its_own_numbering(app: Flask, company_ids: list[UUID]) -> None:
    with app.app_context():
        for times in (2, 1):
            with unit_of_work():
                for company_id in reversed(company_ids):
                    for _ in range(times):
                        record(CompanyChanged(company_id=company_id, changed={"name": ["Ñ", "日本"]}))
            close_open_entries()
        for company_id in company_ids:
            assert_whole(company_id, 3)


def test_fifty_concurrent_writers_make_one_chain_without_gaps(app: Flask, company_ids: list[UUID]) -> None:
    def write(writer: int) -> None:
        with app.app_context():
            for turn in range(3):
                # Each writes to both companies, half of them in reverse order; some add entries to the chain meanwhile.
                with unit_of_work():
                    for company_id in company_ids[:2][:: 1 if writer % 2 else -1]:
                        record(CompanyChanged(company_id=company_id, changed={"name": [str(writer), str(turn)]}))
                if writer % 10 == 0:
                    close_open_entries()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    with app.app_context():
        close_open_entries()
        for company_id in company_ids[:2]:
            assert_whole(company_id, 3 * WRITERS)


def test_rollback_leaves_no_entry(app: Flask, company_ids: list[UUID]) -> None:
    company_id = company_ids[0]
    with app.app_context():
        with unit_of_work():
            record(CompanyCreated(company_id=company_id, name="Contoso", code="contoso"))
        with unit_of_work():
            record(CompanyChanged(company_id=company_id, changed={}))
            db.session.rollback()
            record(CompanyChanged(company_id=company_id, changed={}))
            db.session.close()
            db.session.execute(sa.select(Company.id))
            db.session.flush()
            record(CompanyChanged(company_id=company_id, changed={}))
            db.session.flush()
            db.session.rollback()
            record(LoginPageCreated(company_id=company_id, code="staff"))
        close_open_entries()
        assert [entry.event for entry in chained_entries(company_id)] == ["company.made", "login_page.made"]
        assert_whole(company_id, 2)


def test_savepoint_rollback_discards_only_its_own_entries(app: Flask, company_ids: list[UUID]) -> None:
    company_id = company_ids[0]
    with app.app_context():
        with unit_of_work():
            record(PigeonFlew(company_id=company_id, code="before"))
            with db.session.begin_nested() as undone:
                record(PigeonFlew(company_id=company_id, code="undone"))
                with db.session.begin_nested():
                    record(PigeonFlew(company_id=company_id, code="undone_with_it"))
                undone.rollback()
            with db.session.begin_nested():
                record(PigeonFlew(company_id=company_id, code="kept"))
            assert open_entries(company_id) == [], "nothing is written before the commit"
        assert [entry.detail["code"] for entry in open_entries(company_id)] == ["before", "kept"]


def test_commit_with_events_costs_one_more_statement(app: Flask, company_ids: list[UUID]) -> None:
    with app.app_context(), queries(app) as sent:
        with unit_of_work():
            record(CompanyChanged(company_id=company_ids[0], changed={}))
            record(CompanyChanged(company_id=company_ids[1], changed={}))
        assert len(sent) == 1, sent
        with unit_of_work():
            db.session.execute(sa.select(Company.id))
        assert len(sent) == 2, "a commit without events costs no more"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET event = 'a.b'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry CASCADE",
        "UPDATE audit_chain SET number = number + 1",
        "DELETE FROM audit_chain",
        "TRUNCATE audit_chain",
        "UPDATE audit_open SET entry_id = company_id",
        "DELETE FROM audit_open",
        "TRUNCATE audit_open",
        "TRUNCATE company CASCADE",
    ],
)
def test_database_rejects_changes_to_audit_log(app: Flask, company_ids: list[UUID], statement: str) -> None:
    with app.app_context():
        if statement.startswith("TRUNCATE") and db.engine.dialect.name == "sqlite":
            pytest.skip("SQLite has no TRUNCATE")
        for code in ("contoso", "open"):
            close_open_entries()
            with unit_of_work():
                record(CompanyCreated(company_id=company_ids[0], name="Contoso", code=code))
        with pytest.raises(sa.exc.DBAPIError, match="history is written once"):
            db.session.execute(sa.text(statement))
        db.session.rollback()
        assert_whole(company_ids[0], 1)
        assert [entry.detail["code"] for entry in open_entries(company_ids[0])] == ["open"]


def test_cleanup_restores_audit_triggers(app: Flask, company_ids: list[UUID]) -> None:
    with app.app_context():
        with unit_of_work():
            record(CompanyCreated(company_id=company_ids[0], name="Contoso", code="contoso"))
        close_open_entries()
        with changeable():
            db.session.execute(sa.update(AuditEntry).values(event="a.b"))
        for table in (AuditEntry, AuditChain):
            with pytest.raises(sa.exc.DBAPIError, match="history is written once"), unit_of_work():
                db.session.execute(sa.delete(table))
