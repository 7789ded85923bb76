"""An owner's home, the sign-in activity, and the return to a page after a session has ended."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.cast import OWNER_PASSWORD
from tests.e2e.processes import Portico
from tests.e2e.test_accessibility import DEVICES, looker
from tests.e2e.visits import Visits


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> dict[str, Any]:
    options: dict[str, Any] = DEVICES[request.param]
    return options


def enter(page: Page, password: str = OWNER_PASSWORD) -> None:
    page.get_by_label("Email address").fill("owner@contoso.example")
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_home_activity_and_return_after_sign_out_are_accessible(
    visits: Visits, portico: Portico, device: dict[str, Any]
) -> None:
    page = visits.new(**device)
    look = looker(page)
    page.goto("/login/contoso?choose=1")
    enter(page, "something else")
    page.get_by_role("alert").wait_for()
    enter(page)
    page.wait_for_url("**/home")
    expect(page.get_by_role("heading", name="Set up Portico")).to_be_visible()
    look("home")
    page.get_by_role("button", name="Hide for everyone").click()
    page.get_by_role("button", name="Show setup checklist").click()
    expect(page.get_by_role("heading", name="Set up Portico")).to_be_visible()

    page.goto("/account/advanced/sign-ins?days=7")
    day = page.get_by_role("link", name=re.compile(r"successful, \d+ failed")).last
    day.focus()
    expect(page.locator(".chart-value:visible")).to_have_text(re.compile("successful"))
    look("activity")
    page.get_by_text("Show as a table").click()
    look("activity as a table")
    page.get_by_role("link", name="Wrong password").click()
    expect(page.get_by_text("couldn’t sign in: wrong password").first).to_be_visible()
    look("the entries for a reason")

    portico.change("UPDATE session SET ended_at = created_at, end_reason = 'admin'")
    page.goto("/people?q=ol")
    expect(page.get_by_text("An admin signed you out.")).to_be_visible()
    look("signed out by an admin")
    enter(page)
    page.wait_for_url("**/people?q=ol")
