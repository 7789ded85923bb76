"""`flask audit`: a broken chain is reported with its first broken entry; exports go to standard output."""

import json

import pytest
import sqlalchemy as sa

from app.audit import queries as chains
from app.audit.closing import close_open_entries
from app.audit.events.companies import CompanyChanged
from app.audit.log import record
from app.audit.models import AuditChain, AuditEntry, AuditHead, AuditOpen
from app.companies.queries import by_code
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from tests.audit_triggers import changeable
from tests.cast import Cast

ENTRIES = 40


@pytest.fixture
def long_cast(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Cast:
    """Contoso has forty entries, which are read in several batches."""
    monkeypatch.setattr(chains, "BATCH", 7)
    with cast.app.app_context():
        close_open_entries()
        company = by_code("contoso")
        assert company
        there = db.session.get_one(AuditHead, company.id).number
        change_company(ENTRIES - there)
        close_open_entries()
    return cast


def change_company(times: int) -> None:
    with unit_of_work():
        company = by_code("contoso")
        assert company
        for _ in range(times):
            record(CompanyChanged(company_id=company.id, changed={"name": ["a", "b"]}))


def run(cast: Cast, *arguments: str) -> tuple[int, str]:
    result = cast.app.test_cli_runner().invoke(args=["audit", *arguments])
    return result.exit_code, result.output


def tamper(cast: Cast, *statements: sa.Executable) -> None:
    with cast.app.app_context(), changeable():
        for statement in statements:
            db.session.execute(statement.execution_options(synchronize_session=False))


def place(number: int) -> sa.ColumnElement[bool]:
    """The place with this number in Contoso's chain."""
    return sa.and_(
        AuditChain.number == number,
        AuditChain.company_id == sa.select(AuditHead.company_id).where(AuditHead.number == ENTRIES).scalar_subquery(),
    )


def entry_at(number: int) -> sa.ColumnElement[bool]:
    return AuditEntry.id == sa.select(AuditChain.entry_id).where(place(number)).scalar_subquery()


def test_intact_chains_are_reported_ok(long_cast: Cast) -> None:
    code, output = run(long_cast, "verify")
    assert code == 0
    assert f"Contoso: OK, {ENTRIES} entries verified\n" in output
    assert "Fabrikam: OK" in output
    assert run(long_cast, "verify", "--company", "contoso") == (0, f"Contoso: OK, {ENTRIES} entries verified\n")


@pytest.mark.parametrize("number", [1, 14, ENTRIES])
def test_changed_entry_is_named(long_cast: Cast, number: int) -> None:
    tamper(long_cast, sa.update(AuditEntry).where(entry_at(number)).values(ip_address="198.51.100.9"))
    code, output = run(long_cast, "verify")
    assert code == 1
    assert f"Contoso: BROKEN, entry {number} was changed\n" in output
    assert "Fabrikam: OK" in output


@pytest.mark.parametrize(
    ("number", "words"),
    [(1, "is missing"), (15, "is missing"), (ENTRIES, "is missing, and so are all entries after it")],
)
def test_missing_entry_is_named(long_cast: Cast, number: int, words: str) -> None:
    with long_cast.app.app_context():
        gone = db.session.scalars(sa.select(AuditChain.entry_id).where(place(number))).one()
    tamper(long_cast, sa.delete(AuditChain).where(place(number)), sa.delete(AuditEntry).where(AuditEntry.id == gone))
    assert run(long_cast, "verify", "--company", "CONTOSO") == (1, f"Contoso: BROKEN, entry {number} {words}\n")


def test_missing_chain_is_reported(long_cast: Cast) -> None:
    tamper(long_cast, sa.delete(AuditChain), sa.delete(AuditEntry))
    code, output = run(long_cast, "verify", "--company", "contoso")
    assert (code, "entry 1 is missing, and so are all" in output) == (1, True)


def test_entry_after_the_end_is_named(long_cast: Cast) -> None:
    tamper(long_cast, sa.update(AuditHead).where(AuditHead.number == ENTRIES).values(number=ENTRIES - 1))
    code, output = run(long_cast, "verify", "--company", "contoso")
    assert (code, output) == (1, f"Contoso: BROKEN, entry {ENTRIES} is after the end of the chain\n")


def test_open_tail_is_counted_and_passes(long_cast: Cast) -> None:
    with long_cast.app.app_context():
        change_company(2)
    assert run(long_cast, "verify", "--company", "contoso") == (
        0,
        f"Contoso: OK, {ENTRIES} entries verified; 2 newer, not numbered yet\n",
    )


def test_entry_left_out_of_the_chain_is_named(long_cast: Cast) -> None:
    with long_cast.app.app_context():
        change_company(1)
        left_out = db.session.scalars(sa.select(AuditOpen.entry_id)).one()
    tamper(long_cast, sa.delete(AuditOpen))
    code, output = run(long_cast, "verify", "--company", "contoso")
    assert (code, output) == (1, f"Contoso: BROKEN, entry {left_out} was left out of the chain\n")


def test_unknown_company_is_reported(cast: Cast) -> None:
    for command in ("verify", "export"):
        code, output = run(cast, command, "--company", "unknown")
        assert (code, "no company has the login code unknown" in output) == (1, True)


def test_export_names_the_open_tail(long_cast: Cast) -> None:
    with long_cast.app.app_context():
        change_company(1)
    lines = run(long_cast, "export", "--company", "contoso")[1].splitlines()
    *chained, last = [json.loads(line) for line in lines]
    for name in ("number", "previous_hash", "hash"):
        assert last[name] is None
        assert chained[-1][name]
    assert run(long_cast, "export", "--company", "contoso", "--format", "csv")[1].splitlines()[-1].startswith('"","')


def test_audit_log_is_exported(long_cast: Cast) -> None:
    code, text = run(long_cast, "export", "--company", "contoso")
    assert code == 0
    assert [json.loads(line)["number"] for line in text.splitlines()] == list(range(1, ENTRIES + 1))
    code, text = run(long_cast, "export", "--company", "contoso", "--format", "csv")
    assert len(text.splitlines()) == ENTRIES + 1
    assert text.startswith('"number","time","event","what","actor",')
    assert run(long_cast, "export", "--company", "contoso", "--to", "2020-01-01") == (0, "")
    assert run(long_cast, "export", "--company", "contoso", "--from", "2020-01-01")[1].count("\n") == ENTRIES
