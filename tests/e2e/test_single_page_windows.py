"""Popups that are blocked, closed by the person or cut off from the page; and browsers without JavaScript."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.cast import ALICE, BOB, CHARLIE
from tests.e2e.processes import Portico, path_of
from tests.e2e.single_page import (
    NOTICED_WITHIN_MS,
    make_credentials_active,
    on_single_page,
    open_window,
    press,
    sign_in_on_page,
    stored,
    switch,
)
from tests.e2e.visits import FLAGS, Visits, pick


@pytest.fixture(autouse=True)
def _on_single_page(portico: Portico) -> Iterator[None]:
    with on_single_page(portico):
        yield


@pytest.fixture
def strict(browser: Browser, portico: Portico) -> Iterator[Visits]:
    """Chromium with its pop-up blocker, which automation otherwise disables, and its headless shell doesn't have."""
    started = browser.browser_type.launch(
        executable_path=os.environ["TEST_FULL_CHROMIUM"],
        args=FLAGS,
        ignore_default_args=["--disable-popup-blocking"],
    )
    opened = Visits(started, portico)
    yield opened
    faults = opened.close()
    started.close()
    assert faults == []


PRESS = """
new MutationObserver((_, observer) => {
  const form = document.querySelector("[data-ready]");
  if (!form) return;
  observer.disconnect();
  form.querySelector(".btn-microsoft").click();
}).observe(document, { subtree: true, attributes: true, attributeFilter: ["data-ready"] });
"""
"""A click by a script: Chromium doesn't treat it as a person's, so it blocks the popup."""


def press_by_script(page: Page, path: str = "/login/contoso") -> None:
    page.add_init_script("if (!sessionStorage.pressed) { sessionStorage.pressed = 1; " + PRESS + " }")
    page.goto(path)
    page.get_by_role("alert").wait_for()


def test_popup_opened_by_click_passes_blocker(strict: Visits) -> None:
    page = strict.new()
    sign_in_on_page(page, ALICE)
    expect(page.get_by_role("heading", level=1)).to_have_text("Adaeze Okonkwo")


def test_blocked_popup_shows_instructions_for_each_browser(strict: Visits) -> None:
    page = strict.new()
    press_by_script(page)
    error = page.get_by_role("alert")
    expect(error).to_contain_text("Your browser blocked the Microsoft window")
    for name in ("Chrome and Edge", "Firefox", "Safari"):
        expect(error.get_by_role("listitem").filter(has_text=f"{name}:")).to_be_visible()
    assert len(page.context.pages) == 1
    expect(page.get_by_role("status")).to_be_empty()
    # Once pop-ups are allowed, another press opens it.
    pick(press(page), ALICE)
    page.wait_for_url("**/account")


def test_blocked_popup_offers_sign_in_in_this_tab(strict: Visits) -> None:
    page = strict.new()
    press_by_script(page, "/login/contoso?next=/people")
    page.get_by_role("button", name="Continue in this tab").click()
    page.wait_for_url("**/authorize?*")
    pick(page, BOB)
    page.wait_for_url(lambda url: path_of(url) == "/people")
    assert len(page.context.pages) == 1
    page.goto("/login/contoso")
    assert set(stored(page)["session"]) <= {"pressed", "msal.version"}


def test_login_page_is_usable_after_going_back_from_microsoft(strict: Visits) -> None:
    page = strict.new()
    press_by_script(page)
    page.get_by_role("button", name="Continue in this tab").click()
    page.wait_for_url("**/authorize?*")
    page.go_back()
    expect(page.get_by_role("status")).to_be_empty()
    expect(page.locator("[data-outcome]")).to_be_empty()
    pick(press(page), ALICE)
    page.wait_for_url("**/account")


def test_error_of_sign_in_in_this_tab_is_shown_on_login_page(strict: Visits, portico: Portico) -> None:
    page = strict.new()
    press_by_script(page)
    page.get_by_role("button", name="Continue in this tab").click()
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_url("**/login/contoso")
    expect(page.get_by_role("alert")).to_contain_text("You declined access")


def test_closed_popup_is_noticed_and_retry_works(page: Page) -> None:
    window = open_window(page)
    window.get_by_role("heading", level=1).wait_for()
    window.close()
    error = page.get_by_role("alert")
    expect(error).to_contain_text("You closed the Microsoft window", timeout=NOTICED_WITHIN_MS)
    expect(page.get_by_role("status")).to_be_empty()
    expect(page.locator("[aria-busy]")).to_have_count(0)
    pick(press(page), ALICE)
    page.wait_for_url("**/account")


def test_closed_popup_offers_sign_in_in_this_tab(page: Page) -> None:
    open_window(page).close()
    page.get_by_role("button", name="Continue in this tab").click()
    pick(page, ALICE)
    page.wait_for_url("**/account")


def test_popup_cut_off_by_browser_still_signs_in(page: Page, portico: Portico) -> None:
    def cut_off(route: Route) -> None:
        if route.request.method != "GET":
            return route.continue_()
        response = route.fetch()
        headers = {**response.headers, "cross-origin-opener-policy": "same-origin"}
        return route.fulfill(response=response, headers=headers)

    page.context.route(f"{portico.directory.origin}/**/authorize?*", cut_off)
    window = open_window(page)
    # To the page, the popup seems closed.
    expect(page.get_by_role("alert")).to_contain_text("You closed the Microsoft window")
    pick(window, ALICE)
    page.wait_for_url("**/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Adaeze Okonkwo")


def test_unresponsive_popup_can_be_closed_and_reopened(page: Page, portico: Portico) -> None:
    portico.directory.drill("popup_unresponsive")
    window = open_window(page)
    expect(page.get_by_role("status")).to_have_text("Continue in the Microsoft window.")
    portico.directory.clear_drills()
    window.close()
    expect(page.get_by_role("alert")).to_contain_text("You closed the Microsoft window")
    pick(press(page), ALICE)
    page.wait_for_url("**/account")


def test_missing_javascript_and_credential_show_message(visits: Visits) -> None:
    page = visits.new(java_script_enabled=False)
    page.goto("/login/contoso")
    expect(page.get_by_role("status").filter(has_text="Turn on JavaScript")).to_be_visible()
    expect(page.locator(".btn-microsoft")).to_be_disabled()
    expect(page.get_by_text("Loading")).to_be_hidden()


def test_stored_credential_signs_in_without_javascript(visits: Visits, portico: Portico) -> None:
    make_credentials_active(portico, are_active=True)
    page = visits.new(java_script_enabled=False)
    page.goto("/login/contoso")
    page.locator(".btn-microsoft").click()
    pick(page, ALICE)
    page.wait_for_url("**/account")
    make_credentials_active(portico, are_active=False)


def test_connections_of_both_flows_work_on_one_page(visits: Visits, portico: Portico) -> None:
    with both_connections_at_contoso(portico):
        in_window, on_server = visits.new(), visits.new()
        for page in (in_window, on_server):
            page.goto("/login/contoso")
            expect(page.get_by_role("heading", level=2)).to_have_text(["Contoso staff", "Fabrikam people"])
        pick(press(in_window, ".sign-in-button[data-single-page] .btn-microsoft"), ALICE)
        in_window.wait_for_url("**/account")
        on_server.locator(".sign-in-button:not([data-single-page]) .btn-microsoft").click()
        pick(on_server, CHARLIE)
        on_server.wait_for_url("**/account")


def test_second_spa_connection_takes_over_when_pressed(page: Page, portico: Portico) -> None:
    with both_connections_at_contoso(portico):
        switch(portico, "spa", "Fabrikam people")
        first, second = page.locator(".sign-in-button").first, page.locator(".sign-in-button").last
        window = open_window(page)
        with window.expect_event("close"), page.expect_popup() as opened:
            second.locator(".btn-microsoft").click()
        expect(first.get_by_role("status")).to_be_empty()
        expect(first.locator("[data-outcome]")).to_be_empty()
        pick(opened.value, CHARLIE)
        page.wait_for_url("**/account")
        switch(portico, "server", "Fabrikam people")
    assert portico.refusals() == []


@contextmanager
def both_connections_at_contoso(portico: Portico) -> Iterator[None]:
    """Moves Fabrikam's connection to Contoso."""
    ids = {name: number for number, name in portico.rows("SELECT id, name FROM company")}

    def move_to(name: str) -> None:
        for table in ("connection", "connection_draft"):
            portico.change(f"UPDATE {table} SET company_id = ? WHERE title = 'Fabrikam people'", ids[name])  # noqa: S608

    move_to("Contoso")
    make_credentials_active(portico, are_active=True)
    yield
    make_credentials_active(portico, are_active=False)
    move_to("Fabrikam")
