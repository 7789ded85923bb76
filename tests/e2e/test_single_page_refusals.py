"""Errors from Microsoft or our own checks: the same texts as in the server flow, and how to continue."""

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


def texts_on_login_page(page: Page) -> dict[str, str]:
    """The texts of the error on the login page."""
    error = page.get_by_role("alert")
    error.get_by_text("Details for your administrator", exact=True).click()
    expect(error.locator("[data-slot=reference]")).to_have_text(REFERENCE)
    return {
        part: found.inner_text() if (found := error.locator(f"[data-slot={part}]")).is_visible() else ""
        for part in PARTS
    }


def texts_on_error_page(page: Page) -> dict[str, str]:
    """The texts of the error page after a failed server-side sign-in."""
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
def test_both_flows_show_the_same_error(visits: Visits, portico: Portico, drill: str) -> None:
    portico.directory.drill(drill, **DRILLS[drill])
    switch(portico, "server")
    on_server = visits.new()
    press_microsoft(on_server)
    if drill not in BEFORE_THE_PICKER:
        pick(on_server, BOB)
    switch(portico, "spa")
    page = visits.new()
    # Responses without CORS headers, as a failing directory sends them.
    visits.allow_console_messages(page, "blocked by CORS policy", "ERR_FAILED")
    window = open_window(page)
    if drill not in BEFORE_THE_PICKER:
        pick(window, BOB)
    assert texts_on_login_page(page) == texts_on_error_page(on_server)
    assert portico.rows("SELECT id FROM session") == []
    reasons = portico.refusals()
    assert len(reasons) == 2
    assert reasons[0] == reasons[1]


def test_declined_consent_is_explained_and_can_be_retried(page: Page, portico: Portico) -> None:
    portico.directory.drill("ask_for_consent")
    window = open_window(page)
    pick(window, BOB)
    with window.expect_event("close"):
        window.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("alert")).to_contain_text("You declined access")
    window = press(page)
    window.get_by_role("button", name="Accept").click()
    page.wait_for_url("**/account")


def test_failed_exchange_shows_reference_and_can_be_retried(page: Page, portico: Portico) -> None:
    portico.directory.drill("id_token", alg="bad_signature", times=1)
    pick(open_window(page), ALICE)
    error = page.get_by_role("alert")
    expect(error).to_contain_text("We couldn’t verify this sign-in")
    reference = REFERENCE.search(error.inner_text())
    assert reference
    assert portico.rows("SELECT event FROM audit_entry WHERE reference = ?", reference[0]) == [("sign_in.refused",)]
    expect(page.get_by_role("status")).to_be_empty()
    press(page)
    page.wait_for_url("**/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Adaeze Okonkwo")


@pytest.mark.parametrize(("account", "title"), [(GUEST, "Guests can’t sign in here")])
def test_person_rejected_by_company_policy_sees_why(page: Page, account: Account, title: str) -> None:
    pick(open_window(page), account)
    expect(page.get_by_role("alert")).to_contain_text(title)


def test_error_page_at_microsoft_stays_in_popup(page: Page, portico: Portico) -> None:
    portico.directory.drill("conditional_access")
    window = open_window(page)
    pick(window, BOB)
    expect(window.get_by_role("main")).to_contain_text("53003")
    window.close()
    expect(page.get_by_role("alert")).to_contain_text("You closed the Microsoft window")


def test_page_of_another_session_must_be_reloaded(page: Page) -> None:
    window = open_window(page)
    page.context.clear_cookies(name="browser")
    pick(window, ALICE)
    page.get_by_role("link", name="Reload this page").click()
    press(page)
    page.wait_for_url("**/account")
