"""Writing the audit log: entries are numbered and chained at the commit, also with concurrent writers, and never
changed.
"""

from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
import sqlalchemy as sa
from flask import Flask

from app.audit.chain import End, first_fault
from app.audit.events.companies import CompanyChanged, CompanyCreated, LoginPageCreated
from app.audit.log import record
from app.audit.models import AuditEntry, AuditHead
from app.companies.models import Company
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from tests.assertions import queries
from tests.audit_triggers import changeable
from tests.events import PigeonFlew

WRITERS = 50


@pytest.fixture
def company_ids(app: Flask) -> list[UUID]:
    with app.app_context():
        with unit_of_work():
            companies = [Company(name=name) for name in ("Contoso", "Fabrikam", "Tailspin")]
            db.session.add_all(companies)
        return [company.id for company in companies]


def chain(company_id: UUID) -> list[AuditEntry]:
    return list(
        db.session.scalars(sa.select(AuditEntry).where(AuditEntry.company_id == company_id).order_by(AuditEntry.number))
    )


def assert_whole(company_id: UUID, length: int) -> None:
    db.session.expire_all()
    head = db.session.get_one(AuditHead, company_id)
    entries = chain(company_id)
    assert [entry.number for entry in entries] == list(range(1, length + 1))
    columns = AuditEntry.__table__.columns.keys()
    assert (
        first_fault(
            ({name: getattr(entry, name) for name in columns} for entry in entries), End(head.number, head.hash)
        )
        is None
    )


def test_each_company_has_its_own_numbering(app: Flask, company_ids: list[UUID]) -> None:
    with app.app_context():
        for times in (2, 1):
            with unit_of_work():
                for company_id in reversed(company_ids):
                    for _ in range(times):
                        record(CompanyChanged(company_id=company_id, changed={"name": ["Ñ", "日本"]}))
        for company_id in company_ids:
            assert_whole(company_id, 3)


def test_fifty_concurrent_writers_make_one_chain_without_gaps(app: Flask, company_ids: list[UUID]) -> None:
    def write(writer: int) -> None:
        with app.app_context():
            for turn in range(3):
                # Each writes to both companies, half of them in reverse order.
                with unit_of_work():
                    for company_id in company_ids[:2][:: 1 if writer % 2 else -1]:
                        record(CompanyChanged(company_id=company_id, changed={"name": [str(writer), str(turn)]}))

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, range(WRITERS)))
    with app.app_context():
        for company_id in company_ids[:2]:
            assert_whole(company_id, 3 * WRITERS)


def test_rollback_leaves_no_entry_and_no_gap(app: Flask, company_ids: list[UUID]) -> None:
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
        assert [entry.event for entry in chain(company_id)] == ["company.made", "login_page.made"]
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
            assert chain(company_id) == [], "nothing is written before the commit"
        assert [entry.detail["code"] for entry in chain(company_id)] == ["before", "kept"]
        assert_whole(company_id, 2)


def test_commit_with_event_costs_three_more_statements(app: Flask, company_ids: list[UUID]) -> None:
    with app.app_context(), queries(app) as sent:
        with unit_of_work():
            record(CompanyChanged(company_id=company_ids[0], changed={}))
        assert len(sent) == 3, sent
        with unit_of_work():
            db.session.execute(sa.select(Company.id))
        assert len(sent) == 4, "a commit without events costs no more"


def test_entries_older_than_the_chain_stay_unnumbered(app: Flask, company_ids: list[UUID]) -> None:
    company_id = company_ids[0]
    with app.app_context():
        with unit_of_work():
            db.session.add(AuditEntry(company_id=company_id, event="company.made", detail={}))
        with unit_of_work():
            record(CompanyChanged(company_id=company_id, changed={}))
        assert sorted((entry.event, entry.number) for entry in chain(company_id)) == [
            ("company.changed", 1),
            ("company.made", None),
        ]


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET event = 'a.b'",
        "DELETE FROM audit_entry",
        "TRUNCATE audit_entry",
        "TRUNCATE company CASCADE",
    ],
)
def test_database_rejects_changes_to_audit_log(app: Flask, company_ids: list[UUID], statement: str) -> None:
    with app.app_context():
        with unit_of_work():
            if statement.startswith("TRUNCATE") and db.engine.dialect.name == "sqlite":
                pytest.skip("SQLite has no TRUNCATE")
            record(CompanyCreated(company_id=company_ids[0], name="Contoso", code="contoso"))
        with pytest.raises(sa.exc.DBAPIError, match="history is written once"):
            db.session.execute(sa.text(statement))
        db.session.rollback()
        assert_whole(company_ids[0], 1)


def test_cleanup_restores_audit_triggers(app: Flask, company_ids: list[UUID]) -> None:
    with app.app_context():
        with unit_of_work():
            record(CompanyCreated(company_id=company_ids[0], name="Contoso", code="contoso"))
        with changeable():
            db.session.execute(sa.update(AuditEntry).values(event="a.b"))
        with pytest.raises(sa.exc.DBAPIError, match="history is written once"), unit_of_work():
            db.session.execute(sa.delete(AuditEntry))
