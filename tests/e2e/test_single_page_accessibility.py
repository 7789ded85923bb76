"""The login page of the SPA flow in each state: light, dark, on a phone, with a screen reader, by keyboard."""

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.cast import ALICE, BOB
from tests.e2e.processes import Portico
from tests.e2e.single_page import TOKEN, hold, on_single_page, open_window, press
from tests.e2e.test_accessibility import DEVICES, looker
from tests.e2e.visits import Visits, pick


@pytest.fixture(autouse=True)
def _on_single_page(portico: Portico) -> Iterator[None]:
    with on_single_page(portico):
        yield


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> dict[str, Any]:
    # The spinner's animation never finishes.
    return {**DEVICES[request.param], "reduced_motion": "reduce"}


def test_every_state_of_login_page_is_accessible(visits: Visits, portico: Portico, device: dict[str, Any]) -> None:
    page = visits.new(**device)
    visits.allow_console_messages(page, "ERR_FAILED")
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
    look("an error")

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


def test_login_page_is_accessible_during_token_exchange(visits: Visits, device: dict[str, Any]) -> None:
    page = visits.new(**device)
    held = hold(page, TOKEN)
    pick(open_window(page), ALICE)
    held.wait_for_one()
    looker(page)("the exchange")
    held.release()
    page.wait_for_url("**/account")


def test_popup_page_is_accessible(visits: Visits, portico: Portico, device: dict[str, Any]) -> None:
    page = visits.new(**device)
    page.route("**/static/bridge.*.js", lambda route: route.fulfill(content_type="text/javascript", body=""))
    ((connection,),) = portico.rows(
        "SELECT public_id FROM connection_draft JOIN connection USING (id) WHERE connection.flow = 'spa'"
    )
    page.goto(f"/auth/{connection}/popup#state=a")
    expect(page.get_by_role("heading", level=1)).to_have_text("Signing you in…")
    looker(page)("the window")


def test_sign_in_works_by_keyboard(page: Page) -> None:
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


def test_keyboard_reaches_fallback_after_closing_popup(page: Page) -> None:
    page.goto("/login/contoso")
    expect(page.locator(".btn-microsoft")).to_be_enabled()
    tab_to(page, "Sign in with Corporate Account")
    with page.expect_popup() as opened:
        page.keyboard.press("Enter")
    opened.value.close()
    page.get_by_role("alert").wait_for()
    # The focus stayed where it was; the fallback follows in the tab order.
    expect(page.locator(".btn-microsoft")).to_be_focused()
    tab_to(page, "Continue in this tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/authorize?*")


def tab_to(page: Page, name: str) -> None:
    """Presses Tab until the element with this name has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if name in page.evaluate("document.activeElement.innerText || document.activeElement.textContent"):
            return
    raise AssertionError(f"Tab never reached “{name}”")
