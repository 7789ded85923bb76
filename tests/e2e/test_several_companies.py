"""One browser that is signed in at two companies, with two tabs."""

import re

import pytest
from playwright.sync_api import Page, expect

from tests.cast import ALICE, CHARLIE
from tests.e2e.processes import Portico
from tests.e2e.visits import Visits, sign_in


@pytest.fixture
def page(visits: Visits, portico: Portico) -> Page:
    """A browser that is signed in as Contoso's owner, and then as Fabrikam's, which is active."""
    page = visits.new()
    for account, code in ((ALICE, "contoso"), (CHARLIE, "fabrikam")):
        sign_in(page, account, code)
        portico.give_role(account, "owner")
    page.goto("/account")
    return page


def company(page: Page) -> str:
    return page.locator("header .sidebar-brand strong").first.inner_text()


def switch(page: Page, name: str) -> None:
    page.get_by_text("Switch company", exact=True).click()
    page.get_by_role("button", name=name).click()
    expect(page.get_by_role("status")).to_contain_text(f"You’re now at {name}.")


def test_person_switches_between_signed_in_companies(page: Page) -> None:
    assert company(page) == "Fabrikam"
    switch(page, "Contoso")
    assert company(page) == "Contoso"
    page.goto("/people")
    expect(page.get_by_role("main")).to_contain_text("Adaeze Okonkwo")
    switch(page, "Fabrikam")
    page.goto("/people")
    expect(page.get_by_role("main")).not_to_contain_text("Adaeze Okonkwo")


def test_company_switcher_works_by_keyboard(page: Page) -> None:
    page.locator(".sidebar-switch summary").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Contoso")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("You’re now at Contoso.")


def test_company_switcher_works_without_javascript(visits: Visits) -> None:
    page = visits.new(java_script_enabled=False)
    for account, code in ((ALICE, "contoso"), (CHARLIE, "fabrikam")):
        sign_in(page, account, code)
    switch(page, "Contoso")
    assert company(page) == "Contoso"


def test_open_tab_of_another_company_changes_nothing(page: Page, portico: Portico) -> None:
    switch(page, "Contoso")
    page.goto("/people/invite")
    page.get_by_label("Email").first.fill("ines@contoso.example")
    page.get_by_label("Name").first.fill("Ines Vega")
    other = page.context.new_page()
    other.goto("/account")
    switch(other, "Fabrikam")

    page.get_by_role("main").locator("form button.btn-primary").click()
    expect(page.get_by_role("status")).to_contain_text("nothing was sent. You’re now at Fabrikam.")
    assert company(page) == "Fabrikam"
    expect(page.get_by_label("Name").first).to_have_value("Ines Vega")
    assert portico.rows("SELECT id FROM person WHERE name = ?", "Ines Vega") == []


def test_open_tab_of_another_company_reads_nothing(visits: Visits, page: Page) -> None:
    visits.allow_console_messages(page, "403 (FORBIDDEN)")
    switch(page, "Contoso")
    page.goto("/account/advanced/login-page")
    page.get_by_role("main").get_by_role("link", name=re.compile("contoso")).first.click()
    code = page.locator("[data-check]")
    code.wait_for()
    other = page.context.new_page()
    other.goto("/account")
    switch(other, "Fabrikam")

    code.fill("contoso-bonn")
    expect(page.get_by_role("alert")).to_contain_text("You’re now at Fabrikam, so nothing was sent.")


def test_sign_out_of_one_company_offers_the_other(page: Page) -> None:
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You’re signed out")
    expect(page.get_by_role("main")).to_contain_text("You’ve signed out of Fabrikam")
    page.get_by_role("button", name="Contoso").click()
    expect(page.get_by_role("status")).to_contain_text("You’re now at Contoso.")
    page.goto("/account")
    assert company(page) == "Contoso"
    expect(page.get_by_text("Switch company")).to_have_count(0)


def test_sign_out_in_open_tab_affects_only_its_company(page: Page) -> None:
    left_open = page.context.new_page()
    left_open.goto("/account")
    switch(page, "Contoso")
    left_open.get_by_role("button", name="Sign out", exact=True).first.click()
    expect(left_open.get_by_role("main")).to_contain_text("You’ve signed out of Fabrikam")
    page.goto("/account")
    assert company(page) == "Contoso"
