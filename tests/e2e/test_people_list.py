"""Selecting people in the list: by keyboard, without JavaScript, and accessibly."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from uuid_utils.compat import uuid7

from tests.cast import OWNER_PASSWORD
from tests.e2e.processes import Portico
from tests.e2e.test_accessibility import DEVICES, looker
from tests.e2e.visits import PHONE, Visits

NUMBER = 30
"""More than fit on a page."""


@pytest.fixture(autouse=True)
def imported(portico: Portico) -> Iterator[None]:
    """People who were imported and not invited, one of them with a long name."""
    ((company_id,),) = portico.rows("SELECT company_id FROM person WHERE email = 'owner@contoso.example'")
    for number in range(NUMBER):
        name = f"Person {number:02}" if number else "Person " + "Wolfeschlegelsteinhausenbergerdorff " * 3
        email = f"p{number}@contoso.example"
        portico.change(
            "INSERT INTO person (id, created_at, company_id, role, is_active, name, sort_name, email, sign_in_email,"
            " email_is_confirmed, sign_in_method, is_guest)"
            " VALUES (?, '2026-11-01 00:00:00', ?, 'member', 1, ?, ?, ?, ?, 1, 'any', 0)",
            *(uuid7().hex, company_id, name, name.lower(), email, email),
        )
    yield
    portico.change("DELETE FROM session")
    portico.change("DELETE FROM invitation")
    portico.change("DELETE FROM person WHERE email LIKE 'p%@contoso.example'")


def as_owner(page: Page, path: str) -> None:
    page.goto("/login/contoso?choose=1")
    page.get_by_label("Email address").fill("owner@contoso.example")
    page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/home")
    page.goto(path)


def invited(portico: Portico) -> int:
    ((number,),) = portico.rows("SELECT count(*) FROM invitation")
    return int(number)


def tab_to(page: Page, name: str) -> None:
    """Presses Tab until the element with this accessible name has the focus."""
    target = page.get_by_role("main").locator(":focus")
    for _ in range(40):
        page.keyboard.press("Tab")
        if target.count() and target.evaluate("(e) => e.ariaLabel || e.labels?.[0]?.innerText || e.innerText") == name:
            return
    raise AssertionError(f"Tab doesn't lead to {name}")


def test_all_matches_are_invited_by_keyboard(page: Page, portico: Portico) -> None:
    as_owner(page, "/people?state=not_invited")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")  # to the content
    tab_to(page, "Select everyone on this page")
    page.keyboard.press("Space")
    expect(page.get_by_role("status")).to_have_text("25 selected")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Select all 30 people")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_have_text("All 30 people selected")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Invite", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Invite 30 people")
    assert invited(portico) == 0
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    tab_to(page, "Invite 30 people")
    page.keyboard.press("Enter")
    expect(page.get_by_text("30 people invited.")).to_be_visible()
    expect(page).to_have_url(re.compile(r"/people\?state=not_invited$"))
    expect(page.get_by_role("heading", name="No one matches these filters")).to_be_visible()
    assert invited(portico) == 30


def test_going_back_keeps_selection_and_unchecking_one_ends_select_all(page: Page) -> None:
    as_owner(page, "/people?q=person&sort=-name")
    page.get_by_label("Person 29", exact=True).check()
    page.get_by_label("Person 28", exact=True).check()
    page.get_by_role("button", name="Change role").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Change the role of 2 people")
    page.go_back()
    expect(page.get_by_role("status")).to_have_text("2 selected")
    page.get_by_label("Select everyone on this page").check()
    page.get_by_role("button", name="Select all 30 people").click()
    page.get_by_label("Person 29", exact=True).uncheck()
    expect(page.get_by_role("status")).to_have_text("24 selected")
    page.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Deactivate 24 people")
    page.get_by_role("link", name="Cancel").click()
    expect(page).to_have_url(re.compile(r"/people\?q=person&sort=-name$"))


def test_people_are_selected_without_javascript(visits: Visits, portico: Portico) -> None:
    page = visits.new(java_script_enabled=False)
    as_owner(page, "/people?q=person")
    page.get_by_label("Person 01", exact=True).check()
    page.get_by_role("button", name="Invite", exact=True).click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Invite 1 person")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_role("link", name="Select this page").click()
    page.get_by_role("button", name="Deactivate").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Deactivate 25 people")
    page.get_by_role("link", name="Cancel").click()
    page.get_by_label("All 30 people").check()
    page.get_by_role("button", name="Invite", exact=True).click()
    page.get_by_role("button", name="Invite 30 people").click()
    expect(page.get_by_text("30 people invited.")).to_be_visible()
    assert invited(portico) == 30


@pytest.mark.parametrize("device", DEVICES)
def test_people_list_selection_and_confirmations_are_accessible(visits: Visits, device: str) -> None:
    options: dict[str, Any] = DEVICES[device]
    page = visits.new(**options)
    as_owner(page, "/people")
    look = looker(page)
    look("the list")
    page.get_by_label("Select everyone on this page").check()
    look("a selection")
    for button in ("Invite", "Remind", "Change role", "Change sign-in method", "Deactivate"):
        page.get_by_role("button", name=button, exact=True).click()
        page.get_by_role("link", name=re.compile("Cancel|Back to people")).wait_for()
        look(button)
        page.go_back()
        page.get_by_role("status").wait_for()
    for path in ("/people?state=deactivated", "/people?q=xyzzy", "/people/selected/invite", "/people/moving/remind"):
        page.goto(path)
        look(path)


def test_selection_bar_stays_in_view_on_phone(visits: Visits) -> None:
    page = visits.new(viewport=PHONE, has_touch=True)
    as_owner(page, "/people?q=person")
    box = page.locator("tbody input").last
    box.tap()
    page.evaluate("scrollTo(0, document.body.scrollHeight / 2)")
    expect(page.get_by_role("button", name="Change role")).to_be_in_viewport()
