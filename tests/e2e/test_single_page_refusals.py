"""What Microsoft or our own checks refuse, in the same words as in the server flow; and the way on."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.cast import ALICE, BOB, GUEST
from tests.directory import Account
from tests.e2e.processes import Portico
from tests.e2e.single_page import on_single_page, open_window, press, switch
from tests.e2e.visits import Visits, pick, press_microsoft

REFERENCE = re.compile(r"PRT-[0-9A-Z]{8}")
DRILLS: dict[str, dict[str, Any]] = {
    "not_assigned": {"at": "redirect"},
    "application_not_found": {"at": "redirect"},
    "conditional_access": {"at": "redirect"},
    "device_not_compliant": {"at": "redirect"},
    "admin_approval": {"at": "redirect"},
    "declined": {},
    "account_not_in_tenant": {},
    "wrong_platform_web": {},
    "consent_missing": {},
    "mfa_required": {},
    "code_used": {},
    "code_expired": {},
    "token_down": {},
    "token_busy": {},
    "id_token_missing": {},
    "id_token": {"alg": "bad_signature"},
}
BEFORE_THE_PICKER = ("application_not_found",)
PARTS = ("title", "person", "who_can_help", "admin", "code")


@pytest.fixture(autouse=True)
def _on_single_page(portico: Portico) -> Iterator[None]:
    with on_single_page(portico, with_credential=True):
        yield


def of_the_page(page: Page) -> dict[str, str]:
    """What the refusal on the login page says."""
    told = page.get_by_role("alert")
    told.get_by_text("Details for your administrator", exact=True).click()
    expect(told.locator("[data-slot=reference]")).to_have_text(REFERENCE)
    return {
        part: found.inner_text() if (found := told.locator(f"[data-slot={part}]")).is_visible() else ""
        for part in PARTS
    }


def of_the_server_flow(page: Page) -> dict[str, str]:
    """What the page of a refused server-side sign-in says."""
    page.get_by_text("Details for your administrator", exact=True).click()
    main = page.get_by_role("main")
    code = main.locator("dd code", has_text="AADSTS")
    return {
        "title": main.get_by_role("heading", level=1).inner_text(),
        "person": main.locator("p:not(.muted)").nth(1).inner_text(),
        "who_can_help": main.get_by_text("Who can help").locator("strong").inner_text(),
        "admin": main.locator("details p").first.inner_text(),
        "code": code.inner_text() if code.count() else "",
    }


@pytest.mark.parametrize("drill", DRILLS)
def test_both_flows_put_a_refusal_into_the_same_words(visits: Visits, portico: Portico, drill: str) -> None:
    portico.directory.drill(drill, **DRILLS[drill])
    switch(portico, "server")
    on_server = visits.new()
    press_microsoft(on_server)
    if drill not in BEFORE_THE_PICKER:
        pick(on_server, BOB)
    switch(portico, "spa")
    page = visits.new()
    # Answers without permission to be read, as a directory in trouble gives them.
    visits.forgive(page, "blocked by CORS policy", "ERR_FAILED")
    window = open_window(page)
    if drill not in BEFORE_THE_PICKER:
        pick(window, BOB)
    assert of_the_page(page) == of_the_server_flow(on_server)
    assert portico.rows("SELECT id FROM session") == []
    reasons = portico.refusals()
    assert len(reasons) == 2
    assert reasons[0] == reasons[1]


def test_a_declined_consent_comes_back_with_a_plain_word(page: Page, portico: Portico) -> None:
    portico.directory.drill("ask_for_consent")
    window = open_window(page)
    pick(window, BOB)
    with window.expect_event("close"):
        window.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert")).to_contain_text("You declined access")
    window = press(page)
    window.get_by_role("button", name="Accept").click()
    page.wait_for_url("**/account")


def test_a_refused_exchange_names_its_reference_and_lets_the_person_press_again(page: Page, portico: Portico) -> None:
    portico.directory.drill("id_token", alg="bad_signature", times=1)
    pick(open_window(page), ALICE)
    told = page.get_by_role("alert")
    expect(told).to_contain_text("We couldn’t verify this sign-in")
    reference = REFERENCE.search(told.inner_text())
    assert reference
    assert portico.rows("SELECT event FROM audit_entry WHERE reference = ?", reference[0]) == [("sign_in.refused",)]
    expect(page.get_by_role("status")).to_be_empty()
    press(page)
    page.wait_for_url("**/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Adaeze Okonkwo")


@pytest.mark.parametrize(("account", "title"), [(GUEST, "Guests can’t sign in here")])
def test_whom_the_company_does_not_let_in_is_told_on_the_page(page: Page, account: Account, title: str) -> None:
    pick(open_window(page), account)
    expect(page.get_by_role("alert")).to_contain_text(title)


def test_a_page_of_microsofts_that_ends_the_sign_in_stays_in_its_window(page: Page, portico: Portico) -> None:
    portico.directory.drill("conditional_access")
    window = open_window(page)
    pick(window, BOB)
    expect(window.get_by_role("main")).to_contain_text("53003")
    window.close()
    expect(page.get_by_role("alert")).to_contain_text("You closed the Microsoft window")


def test_a_page_that_belongs_to_another_session_says_that_it_must_be_loaded_again(page: Page) -> None:
    window = open_window(page)
    page.context.clear_cookies(name="browser")
    pick(window, ALICE)
    page.get_by_role("link", name="Reload this page").click()
    press(page)
    page.wait_for_url("**/account")
