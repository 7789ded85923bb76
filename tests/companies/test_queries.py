"""Finding companies and login pages: by code, and only within their own company."""

from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from flask import Flask

from app.companies import actions, queries
from app.companies.models import Company
from app.core.database import now
from app.core.unit_of_work import unit_of_work


@pytest.fixture
def context(app: Flask) -> Iterator[None]:
    with app.app_context():
        yield


@pytest.fixture
def contoso(context: None) -> Company:
    with unit_of_work():
        company = actions.create("Contoso", "contoso")
        actions.add_login_page(company, code="contoso-ulm", location="Ulm")
    return company


@pytest.fixture
def fabrikam(contoso: Company) -> Company:
    with unit_of_work():
        return actions.create("Fabrikam", "fabrikam")


def page_id(company: Company, number: int) -> UUID:
    return queries.by_id(company.id).login_pages[number].id


def change_code(company: Company, number: int, code: str) -> None:
    """Gives the page another code."""
    with unit_of_work():
        actions.change_login_page(queries.by_id(company.id).login_pages[number], code=code)


def test_company_is_found_by_code_of_any_login_page(contoso: Company, fabrikam: Company) -> None:
    assert queries.by_code("contoso") is contoso
    assert queries.by_code("contoso-ulm") is contoso
    assert queries.by_code("fabrikam") is fabrikam
    assert queries.by_code("Contoso") is None


def test_location_code_is_not_main_code(contoso: Company) -> None:
    assert queries.by_main_code("contoso") is contoso
    assert queries.by_main_code("contoso-ulm") is None


def test_companies_are_ordered_by_name_with_their_pages(contoso: Company, fabrikam: Company) -> None:
    found = [(company.name, [page.code for page in company.login_pages]) for company in queries.everything()]
    assert found == [("Contoso", ["contoso", "contoso-ulm"]), ("Fabrikam", ["fabrikam"])]


def test_login_page_is_found_only_within_its_company(contoso: Company, fabrikam: Company) -> None:
    page = queries.login_page(contoso.id, page_id(contoso, 0))
    assert page is not None
    assert page.code == "contoso"
    assert queries.login_page(fabrikam.id, page_id(contoso, 0)) is None


def test_code_in_use_is_free_for_no_one(contoso: Company, fabrikam: Company) -> None:
    for company_id in (None, contoso.id, fabrikam.id):
        assert not queries.code_is_free(company_id, "contoso")
        assert queries.code_is_free(company_id, "contoso-bonn")


def test_replaced_code_forwards_for_90_days_and_stays_with_its_company(contoso: Company, fabrikam: Company) -> None:
    changed_at = now()
    with time_machine.travel(changed_at, tick=False):
        change_code(contoso, 1, "contoso-bonn")
    with time_machine.travel(changed_at + actions.FORWARDS_FOR * 0.99, tick=False):
        assert queries.forwarded("contoso-ulm") == "contoso-bonn"
        assert [queries.code_is_free(one, "contoso-ulm") for one in (contoso.id, fabrikam.id, None)] == [
            True,
            False,
            False,
        ]
    for years in (0.3, 30):
        with time_machine.travel(changed_at + timedelta(days=365 * years), tick=False):
            assert queries.forwarded("contoso-ulm") is None
            assert [queries.code_is_free(one, "contoso-ulm") for one in (contoso.id, fabrikam.id, None)] == [
                True,
                False,
                False,
            ]


def test_reused_code_no_longer_redirects(contoso: Company) -> None:
    change_code(contoso, 1, "contoso-bonn")
    with unit_of_work():
        actions.add_login_page(contoso, code="contoso-ulm", location="Ulm")
    assert queries.forwarded("contoso-ulm") is None
    assert queries.by_code("contoso-ulm") is contoso


def test_codes_of_removed_page_forward_nowhere_and_stay_with_company(contoso: Company, fabrikam: Company) -> None:
    change_code(contoso, 1, "contoso-bonn")
    with unit_of_work():
        actions.remove_login_page(queries.by_id(contoso.id).login_pages[1])
    for code in ("contoso-ulm", "contoso-bonn"):
        assert queries.forwarded(code) is None
        assert [queries.code_is_free(one, code) for one in (contoso.id, fabrikam.id, None)] == [True, False, False]
    with unit_of_work():
        page = actions.add_login_page(queries.by_id(contoso.id), code="contoso-bonn", location="Bonn")
    assert queries.by_code("contoso-bonn") == page.company
