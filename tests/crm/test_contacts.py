"""The list of contacts: search, paging, export, limited to the company's own contacts."""

import csv
import io
import re
from html import unescape
from uuid import UUID, uuid4

import pytest
import sqlalchemy as sa

from app.audit.models import AuditEntry
from app.companies.models import Company
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.crm import queries
from app.crm.contacts.search_keys import search_keys
from app.crm.contacts.spreadsheets import BYTE_ORDER_MARK
from app.crm.sync import sync_store
from app.entra.dataverse import Contact
from tests.browser import Browser
from tests.cast import ALICE, Cast
from tests.rules.test_database import _scans, _statements

NAMES = ("Zoë Ångström", "JOSÉ Núñez", "O'Brien 100%_\\x", "Ana Maria de la Cruz", "李小龍", "Straße Weiß")
SHOWN = re.compile(r'class="person-name"><a [^>]*>([^<]*)</a>')


def fill(cast: Cast, *names: str, company: str = "Contoso", email: str = "person{0}@Example.com") -> UUID:
    with cast.app.app_context():
        with unit_of_work():
            company_id = db.session.scalars(sa.select(Company.id).where(Company.name == company)).one()
            contacts = [
                Contact(uuid4(), name, "Buyer", email.format(number), "+44 1", "Litware", None)
                for number, name in enumerate(names)
            ]
            sync_store.upsert_contacts(company_id, 1, contacts)
        return company_id


def shown(page: str) -> list[str]:
    return [unescape(name) for name in SHOWN.findall(page)]


def next_page(browser: Browser, page: str, direction: str) -> str | None:
    found = re.search(rf'href="(/crm\?[^"]*\b{direction}=[^"]+)"', page)
    return browser.get(unescape(found[1])).text if found else None


@pytest.mark.parametrize(
    ("search", "found"),
    [
        ("zoe", "Zoë Ångström"),
        ("ZOË", "Zoë Ångström"),
        ("angstrom", "Zoë Ångström"),
        ("jose  nunez", "JOSÉ Núñez"),
        ("100%", "O'Brien 100%_\\x"),
        ("maria de", "Ana Maria de la Cruz"),
        ("de la", "Ana Maria de la Cruz"),
        ("cruz", "Ana Maria de la Cruz"),
        ("李", "李小龍"),
        ("strasse weiss", "Straße Weiß"),
        ("PERSON3@", "Ana Maria de la Cruz"),
    ],
)
def test_contacts_are_found_regardless_of_case_and_accents(cast: Cast, search: str, found: str) -> None:
    browser = cast.alice()
    fill(cast, *NAMES)
    assert shown(browser.get("/crm", query_string={"q": search}).text) == [found]


def test_contact_with_two_matches_is_shown_once(cast: Cast) -> None:
    browser = cast.alice()
    fill(cast, "Person Person Person Person", email="person{0}@example.com")
    assert shown(browser.get("/crm?q=person").text) == ["Person Person Person Person"]


def test_search_without_results_says_so(cast: Cast) -> None:
    browser = cast.alice()
    fill(cast, *NAMES)
    assert "No results for “%%”" in browser.get("/crm?q=%25%25").text


@pytest.mark.parametrize("search", ["", "member"])
def test_paging_forward_and_back_shows_each_contact_once(cast: Cast, search: str) -> None:
    browser = cast.alice()
    fill(cast, *(f"Member {number:03}" if number % 2 else f"{number:03} Member" for number in range(60)))
    page = browser.get("/crm", query_string={"q": search}).text
    pages = [shown(page)]
    while following := next_page(browser, page, "after"):
        page = following
        pages.append(shown(page))
    assert [len(one) for one in pages] == [25, 25, 10]
    names = [name for one in pages for name in one]
    assert names == sorted(names)
    assert len(set(names)) == 60
    for one in reversed(pages[:-1]):
        page = str(next_page(browser, page, "before"))
        assert shown(page) == one


def test_invalid_cursor_shows_first_page(cast: Cast) -> None:
    browser = cast.alice()
    fill(cast, *NAMES)
    assert len(shown(browser.get("/crm?before=nonsense").text)) == len(NAMES)


def test_contact_who_is_a_colleague_is_marked(cast: Cast) -> None:
    browser = cast.alice()
    fill(cast, "Ann Cruz", email="ADAEZE.okonkwo@contoso.example")
    fill(cast, "Someone Else", email="someone.else@contoso.example")
    page = browser.get("/crm").text
    assert page.count("Colleague") == 1
    assert f"/people/{cast.person_id(ALICE)}" in page


def test_person_of_another_company_is_not_a_colleague(cast: Cast) -> None:
    charlie = cast.charlie()
    cast.alice()
    fill(cast, "Ann Cruz", company="Fabrikam", email="adaeze.okonkwo@contoso.example")
    assert "Colleague" not in charlie.get("/crm").text


def test_contacts_of_another_company_are_hidden(cast: Cast) -> None:
    fill(cast, *NAMES)
    charlie = cast.charlie()
    assert shown(charlie.get("/crm").text) == []
    assert shown(charlie.get("/crm?q=zoe").text) == []
    assert "Zoë" not in charlie.get("/crm/contacts.csv").text


def test_member_gets_403_and_no_link(cast: Cast) -> None:
    bob = cast.bob()
    assert bob.get("/crm").status_code == 403
    assert 'href="/crm"' not in bob.get("/account").text


def test_export_contains_all_contacts_as_spreadsheet_safe_csv(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "EXPORTED_AT_ONCE", 2)
    browser = cast.alice()
    fill(cast, *NAMES, "=HYPERLINK(1)", "With, comma")
    response = browser.get("/crm/contacts.csv")
    assert response.mimetype == "text/csv"
    assert "attachment" in response.headers["Content-Disposition"]
    assert response.text.startswith(BYTE_ORDER_MARK)
    rows = list(csv.reader(io.StringIO(response.text.removeprefix(BYTE_ORDER_MARK))))
    assert rows[0][0] == "Full name"
    assert {row[0] for row in rows[1:]} == {*NAMES, "'=HYPERLINK(1)", "With, comma"}
    assert rows[1][3] == "+44 1", "a phone number stays unchanged"
    with cast.app.app_context():
        noted = sa.select(AuditEntry.id).where(AuditEntry.event == "crm.contacts_exported")
        assert len(db.session.scalars(noted).all()) == 1


def test_export_of_a_search_contains_its_results_and_is_recorded(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queries, "EXPORTED_AT_ONCE", 1)
    browser = cast.alice()
    fill(cast, *NAMES)
    page = browser.get("/crm?q=z").text
    link = re.search(r'href="(/crm/contacts\.csv[^"]*)"', page)
    assert link
    response = browser.get(link[1])
    rows = list(csv.reader(io.StringIO(response.text.removeprefix(BYTE_ORDER_MARK))))
    found = [name for name in NAMES if name in page]
    assert 0 < len(found) < len(NAMES)
    assert sorted(row[0] for row in rows[1:]) == sorted(found)
    with cast.app.app_context():
        recorded = sa.select(AuditEntry.detail).where(AuditEntry.event == "crm.contacts_exported")
        assert db.session.scalars(recorded).all() == [{"search": "z"}]


def test_markup_in_a_name_is_escaped(cast: Cast) -> None:
    browser = cast.alice()
    fill(cast, "<script>alert(1)</script>")
    assert "<script>alert" not in browser.get("/crm").text


def test_search_and_paging_use_indexes_only(cast: Cast) -> None:
    company_id = fill(cast, *(f"Member {number}" for number in range(40)))
    with cast.app.app_context():
        with _statements(db.engine) as statements:
            found = queries.page(company_id, search="mem")
            queries.page(company_id, after=found.after)
            queries.page(company_id, search="mem", after=found.after)
            queries.page(company_id, search="mem", before=found.after)
            queries.colleagues(company_id, {"a@example.com"})
            list(queries.all_contacts(company_id))
            db.session.rollback()
        assert len(statements) >= 5
        assert not any("LIKE" in text for text in statements)
        scans = {plan for text, values in statements.items() for plan in _scans(db.engine, text, values)}
        # SQLite also calls it a scan to read the few rows that the indexes gave.
        assert {plan for plan in scans if not plan.startswith("SCAN anon_")} == set()


@pytest.mark.parametrize(
    ("name", "found_by"),
    [
        ("Cher", ("cher", None, None, None)),
        ("Anna Berg", ("anna berg", "berg", None, None)),
        ("Ana de Berg", ("ana de berg", "de berg", "berg", None)),
        ("Ana Maria de la Cruz", ("ana maria de la cruz", "maria de la cruz", "de la cruz", "cruz")),
        ("", ("", None, None, None)),
    ],
)
def test_name_is_found_by_each_of_its_words(name: str, found_by: tuple[str | None, ...]) -> None:
    assert tuple(vars(search_keys(name)).values()) == found_by


def test_contact_has_its_own_page(cast: Cast) -> None:
    alice, charlie = cast.alice(), cast.charlie()
    fill(cast, "Zoë Ångström", email="a.very.long.address{0}@subsidiary.adventure-works.example")
    link = re.search(r'href="(/crm/contacts/[\w-]+)"', alice.get("/crm").text)
    assert link
    page = alice.get(link[1]).text
    for shown_value in ("Zoë Ångström", "a.very.long.address0@subsidiary.adventure-works.example", "+44 1", "Litware"):
        assert shown_value in page
    assert page.count("data-copy=") == 2
    assert charlie.get(link[1]).status_code == 404
    assert cast.bob().get(link[1]).status_code == 403
