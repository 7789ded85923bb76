"""What the single page shows in each of its states: by day and night, on a phone, to a screen reader, by keyboard."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.cast import ALICE, BOB
from tests.e2e.processes import Portico
from tests.e2e.single_page import TOKEN, hold, on_single_page, open_window, press
from tests.e2e.test_accessibility import WAYS, looker
from tests.e2e.visits import Visits, pick


@pytest.fixture(autouse=True)
def _on_single_page(portico: Portico) -> Iterator[None]:
    with on_single_page(portico):
        yield


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> dict[str, Any]:
    # A ring that turns for ever would never be done moving.
    return {**WAYS[request.param], "reduced_motion": "reduce"}


def test_every_state_of_the_page_is_well_made(visits: Visits, portico: Portico, way: dict[str, Any]) -> None:
    page = visits.new(**way)
    visits.forgive(page, "ERR_FAILED")
    look = looker(page)
    window = open_window(page)
    expect(page.get_by_role("status")).to_have_text("Continue in the Microsoft window.")
    look("the window is open")
    window.close()
    page.get_by_role("alert").wait_for()
    look("closed by hand")

    portico.directory.drill("declined", times=1)
    pick(press(page), BOB)
    page.get_by_text("Details for your administrator", exact=True).click()
    look("refused")

    page.route(TOKEN, lambda route: route.abort())
    press(page)
    expect(page.get_by_role("alert")).to_contain_text("You’re offline")
    look("offline")
    page.unroute(TOKEN)

    page.add_init_script("window.open = () => null")
    page.goto("/login/contoso")
    page.locator(".btn-microsoft").click()
    expect(page.get_by_role("alert")).to_contain_text("blocked")
    look("blocked")


def test_the_page_is_well_made_while_tokens_are_exchanged(visits: Visits, way: dict[str, Any]) -> None:
    page = visits.new(**way)
    held = hold(page, TOKEN)
    pick(open_window(page), ALICE)
    held.wait_for_one()
    looker(page)("the exchange")
    held.let_go()
    page.wait_for_url("**/account")


def test_the_windows_own_page_is_well_made(visits: Visits, portico: Portico, way: dict[str, Any]) -> None:
    page = visits.new(**way)
    page.route("**/static/bridge.*.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    ((connection,),) = portico.rows(
        "SELECT public_id FROM connection_draft JOIN connection USING (id) WHERE connection.flow = 'spa'"
    )
    page.goto(f"/auth/{connection}/popup#state=a")
    expect(page.get_by_role("heading", level=1)).to_have_text("Signing you in…")
    looker(page)("the window")


def test_the_keyboard_alone_signs_in(page: Page) -> None:
    page.goto("/login/contoso")
    expect(page.locator(".btn-microsoft")).to_be_enabled()
    tab_to(page, "Sign in with Corporate Account")
    with page.expect_popup() as opened:
        page.keyboard.press("Enter")
    window = opened.value
    window.get_by_role("heading", name="Pick an account").wait_for()
    tab_to(window, "Björn Lindqvist")
    window.keyboard.press("Enter")
    page.wait_for_url("**/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Björn Lindqvist")


def test_after_closing_the_window_the_keyboard_finds_both_ways_on(page: Page) -> None:
    page.goto("/login/contoso")
    expect(page.locator(".btn-microsoft")).to_be_enabled()
    tab_to(page, "Sign in with Corporate Account")
    with page.expect_popup() as opened:
        page.keyboard.press("Enter")
    opened.value.close()
    page.get_by_role("alert").wait_for()
    # The focus stayed where it was; the way on is two steps further.
    expect(page.locator(".btn-microsoft")).to_be_focused()
    tab_to(page, "Continue in this tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/authorize?*")


def tab_to(page: Page, name: str) -> None:
    """Goes on with the Tab key to what has this name."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if name in page.evaluate("document.activeElement.innerText || document.activeElement.textContent"):
            return
    raise AssertionError(f"Tab never came to “{name}”")
