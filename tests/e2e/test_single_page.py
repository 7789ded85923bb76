"""Contoso's people sign in on the login page itself, in Microsoft's popup."""

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.cast import ALICE, BOB
from tests.e2e.processes import Portico, path_of
from tests.e2e.single_page import (
    REDEMPTION,
    SCRIPT,
    TOKEN,
    hold,
    make_credentials_active,
    on_single_page,
    open_window,
    press,
    sign_in_on_page,
    stored,
    switch,
)
from tests.e2e.visits import Visits, images_loaded, pick, sign_in

REPORT_STORED_TOKENS = r"""
const keep = Storage.prototype.setItem;
Storage.prototype.setItem = function (name, value) {
  if (/eyJ[\w-]+\.eyJ/.test(value)) console.error(`a token is stored: ${name}`);
  keep.call(this, name, value);
};
"""
"""Reports tokens that are stored even for a moment."""


@pytest.fixture(autouse=True)
def _on_single_page(portico: Portico) -> Iterator[None]:
    with on_single_page(portico):
        yield


def test_popup_opens_on_click_closes_itself_and_page_is_signed_in(page: Page) -> None:
    page.goto("/login/contoso")
    expect(page.get_by_text("only reads your name, email, job title and photo from Microsoft")).to_be_visible()
    window = press(page)
    expect(window.get_by_role("heading", level=1)).to_have_text("Pick an account")
    expect(page.get_by_role("status")).to_have_text("Continue in the Microsoft window.")
    with window.expect_event("close"):
        pick(window, ALICE)
    page.wait_for_url("**/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Adaeze Okonkwo")
    assert len(page.context.pages) == 1


def test_account_page_is_the_same_after_both_flows(visits: Visits, portico: Portico) -> None:
    seen = []
    for flow, enter in (("spa", sign_in_on_page), ("server", sign_in)):
        switch(portico, flow)
        make_credentials_active(portico, are_active=flow == "server")
        page = visits.new()
        enter(page, ALICE)
        assert images_loaded(page)
        seen.append(page.locator("main dl").first.inner_text())
    make_credentials_active(portico, are_active=False)
    assert seen[0] == seen[1]
    assert "Chief Information Officer" in seen[0]


def test_requested_page_opens_after_sign_in(page: Page) -> None:
    page.goto("/login/contoso?next=/people%3Fq%3Dbj")
    pick(press(page), BOB)
    page.wait_for_url(lambda url: path_of(url) == "/people?q=bj")


def test_different_account_can_be_picked_although_microsoft_knows_one(page: Page) -> None:
    sign_in_on_page(page, ALICE)
    page.goto("/login/contoso")
    window = press(page, "button[value=select_account]")
    expect(window.get_by_role("button", name="Adaeze Okonkwo")).to_contain_text("Signed in")
    pick(window, BOB)
    page.wait_for_url("**/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Björn Lindqvist")


def test_sign_ins_in_two_tabs_both_finish(visits: Visits) -> None:
    first = visits.new()
    second = first.context.new_page()
    windows = open_window(first), open_window(second)
    pick(windows[0], ALICE)
    first.wait_for_url("**/account")
    second.bring_to_front()
    pick(windows[1], ALICE)
    second.wait_for_url("**/account")
    for tab in (first, second):
        tab.reload()
        expect(tab.get_by_role("heading", level=1)).to_have_text("Adaeze Okonkwo")


def test_second_press_focuses_open_popup_and_opens_no_other(page: Page) -> None:
    window = open_window(page)
    page.locator(".btn-microsoft").click()
    assert len(page.context.pages) == 2
    pick(window, ALICE)
    page.wait_for_url("**/account")


def test_second_button_replaces_open_popup(page: Page) -> None:
    first = open_window(page)
    with first.expect_event("close"):
        second = press(page, "button[value=select_account]")
    pick(second, BOB)
    page.wait_for_url("**/account")


def test_page_is_usable_after_sign_in_and_going_back(page: Page) -> None:
    sign_in_on_page(page, ALICE)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Contoso")
    expect(page.get_by_role("status")).to_be_empty()
    press(page)
    page.wait_for_url("**/account")


def test_consent_is_requested_in_popup_and_sign_in_continues(page: Page, portico: Portico) -> None:
    portico.directory.drill("ask_for_consent")
    window = open_window(page)
    pick(window, BOB)
    expect(window.get_by_role("heading", level=1)).to_have_text("Permissions requested")
    window.get_by_role("button", name="Accept").click()
    page.wait_for_url("**/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Björn Lindqvist")


def test_no_token_is_left_in_browser_storage_urls_or_logs(page: Page, portico: Portico) -> None:
    page.add_init_script(REPORT_STORED_TOKENS)
    addresses: list[str] = []
    page.context.on("request", lambda request: addresses.append(request.url))
    posted: list[str] = []
    page.on("request", lambda request: posted.append(request.post_data or "") if "/token" in request.url else None)
    sign_in_on_page(page, ALICE)
    page.goto("/login/contoso")
    expect(page.locator(".btn-microsoft")).to_be_enabled()
    kept = stored(page)
    assert [name for name in kept["session"] + kept["local"] if "version" not in name] == []
    assert len([name for name in kept["cookies"] if name.startswith("session.")]) == 1
    assert not [name for name in kept["cookies"] if "msal" in name]
    tokens = json.loads(posted[-1])
    ours = [address for address in addresses if address.startswith(portico.base_url)]
    logs = "".join(file.read_text() for file in portico.folder.glob("*.log"))
    for secret in (tokens["id_token"], tokens["access_token"], "eyJ0"):
        assert not [address for address in ours if secret in address]
        assert secret not in logs


def test_page_is_painted_and_readable_before_its_script_loads(page: Page) -> None:
    held = hold(page, SCRIPT)
    page.goto("/login/contoso", wait_until="commit")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Contoso")
    expect(page.get_by_text("Loading…")).to_be_visible()
    painted = page.evaluate(
        "new Promise((painted) => new PerformanceObserver((list) => painted(list.getEntries()[0].name))"
        ".observe({ type: 'paint', buffered: true }))"
    )
    assert painted in ("first-paint", "first-contentful-paint")
    assert held.waiting
    expect(page.locator(".btn-microsoft")).to_be_disabled()
    held.release()
    expect(page.locator(".btn-microsoft")).to_be_enabled()
    expect(page.get_by_role("status")).to_be_empty()


def test_missing_script_shows_message(visits: Visits, page: Page) -> None:
    page.route(SCRIPT, lambda route: route.fulfill(status=200, content_type="text/javascript", body=""))
    page.goto("/login/contoso")
    expect(page.get_by_role("alert")).to_contain_text("This page didn’t finish loading")
    page.unroute(SCRIPT)
    page.get_by_role("link", name="Reload this page").click()
    expect(page.locator(".btn-microsoft")).to_be_enabled()


def test_slow_network_shows_progress_and_exchanges_once(page: Page) -> None:
    redemption, exchange = hold(page, REDEMPTION), hold(page, TOKEN)
    page.clock.install()
    window = open_window(page)
    with window.expect_event("close"):
        pick(window, ALICE)
    for held in (redemption, exchange):
        held.wait_for_one()
        expect(page.get_by_role("status")).to_have_text("Signing you in…")
        page.locator(".btn-microsoft").click()
        page.locator("button[value=select_account]").click()
        # Long enough for a closed popup to be noticed, if it were still needed.
        page.clock.fast_forward(5000)
        expect(page.locator("[data-outcome]")).to_be_empty()
        held.release()
    page.wait_for_url("**/account")
    assert (redemption.number, exchange.number) == (1, 1)
    assert len(page.context.pages) == 1


def test_network_error_is_shown_and_retry_works(visits: Visits) -> None:
    page = visits.new()
    visits.allow_console_messages(page, "ERR_INTERNET_DISCONNECTED", "ERR_FAILED")
    window = open_window(page)
    for address in (REDEMPTION, TOKEN):
        page.route(address, lambda route: route.abort())
    with window.expect_event("close"):
        pick(window, ALICE)
    expect(page.get_by_role("alert")).to_contain_text("You’re offline")
    page.unroute_all()
    press(page)
    page.wait_for_url("**/account")


def test_reload_recovers_from_lost_response(visits: Visits) -> None:
    page = visits.new()
    visits.allow_console_messages(page, "ERR_FAILED")

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(TOKEN, lose)
    pick(open_window(page), ALICE)
    expect(page.get_by_role("alert")).to_contain_text("You’re offline")
    page.unroute(TOKEN)
    page.locator(".btn-microsoft").click()
    page.get_by_role("link", name="Reload this page").click()
    press(page)
    page.wait_for_url("**/account")


def test_person_stays_the_same_when_flow_changes(visits: Visits, portico: Portico) -> None:
    known = set()
    for flow, enter in (("server", sign_in), ("spa", sign_in_on_page), ("server", sign_in)):
        switch(portico, flow)
        make_credentials_active(portico, are_active=flow == "server")
        enter(visits.new(), ALICE)
        known |= {number for (number,) in portico.rows("SELECT id FROM person WHERE oid = ?", ALICE.oid)}
    make_credentials_active(portico, are_active=False)
    assert len(known) == 1


def test_policy_has_no_unsafe_source_and_script_is_a_module(page: Page, portico: Portico) -> None:
    response = page.goto("/login/contoso")
    assert response
    policy = response.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert f"connect-src 'self' {portico.directory.origin};" in policy
    assert response.headers["cross-origin-opener-policy"] == "same-origin-allow-popups"
    expect(page.locator("script[src*='/spa.']")).to_have_attribute("type", "module")
    expect(page.locator("script:not([src]):not([type='application/json'])")).to_have_count(0)
    assert re.search(r"script-src 'nonce-[\w-]+'$", policy)
