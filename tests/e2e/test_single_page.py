"""Contoso's people sign in on the login page itself, with Microsoft's window."""

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
from tests.e2e.visits import Visits, pick, pictures_loaded, sign_in

TELL_STORED_TOKENS = r"""
const keep = Storage.prototype.setItem;
Storage.prototype.setItem = function (name, value) {
  if (/eyJ[\w-]+\.eyJ/.test(value)) console.error(`a token is stored: ${name}`);
  keep.call(this, name, value);
};
"""
"""A token that was stored for a moment only is one too many."""


@pytest.fixture(autouse=True)
def _on_single_page(portico: Portico) -> Iterator[None]:
    with on_single_page(portico):
        yield


def test_the_window_opens_in_the_click_closes_by_itself_and_the_page_goes_on_signed_in(page: Page) -> None:
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


def test_the_account_page_is_the_same_after_both_flows(visits: Visits, portico: Portico) -> None:
    seen = []
    for flow, enter in (("spa", sign_in_on_page), ("server", sign_in)):
        switch(portico, flow)
        make_credentials_active(portico, are_active=flow == "server")
        page = visits.new()
        enter(page, ALICE)
        assert pictures_loaded(page)
        seen.append(page.locator("main dl").first.inner_text())
    make_credentials_active(portico, are_active=False)
    assert seen[0] == seen[1]
    assert "Chief Information Officer" in seen[0]


def test_whoever_asked_for_a_page_comes_to_it(page: Page) -> None:
    page.goto("/login/contoso?next=/people%3Fq%3Dbj")
    pick(press(page), BOB)
    page.wait_for_url(lambda url: path_of(url) == "/people?q=bj")


def test_use_another_account_lets_people_pick_although_microsoft_knows_one(page: Page) -> None:
    sign_in_on_page(page, ALICE)
    page.goto("/login/contoso")
    window = press(page, "button[value=select_account]")
    expect(window.get_by_role("button", name="Adaeze Okonkwo")).to_contain_text("Signed in")
    pick(window, BOB)
    page.wait_for_url("**/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Björn Lindqvist")


def test_two_tabs_at_once_both_finish(visits: Visits) -> None:
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


def test_a_second_press_brings_the_open_window_back_and_opens_no_other(page: Page) -> None:
    window = open_window(page)
    page.locator(".btn-microsoft").click()
    assert len(page.context.pages) == 2
    pick(window, ALICE)
    page.wait_for_url("**/account")


def test_the_other_button_takes_over_from_an_open_window(page: Page) -> None:
    first = open_window(page)
    with first.expect_event("close"):
        second = press(page, "button[value=select_account]")
    pick(second, BOB)
    page.wait_for_url("**/account")


def test_a_page_that_one_goes_back_to_after_signing_in_is_usable(page: Page) -> None:
    sign_in_on_page(page, ALICE)
    page.go_back()
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Contoso")
    expect(page.get_by_role("status")).to_be_empty()
    press(page)
    page.wait_for_url("**/account")


def test_consent_is_asked_for_in_the_window_and_signing_in_goes_on(page: Page, portico: Portico) -> None:
    portico.directory.drill("ask_for_consent")
    window = open_window(page)
    pick(window, BOB)
    expect(window.get_by_role("heading", level=1)).to_have_text("Permissions requested")
    window.get_by_role("button", name="Accept").click()
    page.wait_for_url("**/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Björn Lindqvist")


def test_nothing_of_a_sign_in_stays_in_the_browser_and_no_token_stands_in_an_address_or_log(
    page: Page, portico: Portico
) -> None:
    page.add_init_script(TELL_STORED_TOKENS)
    addresses: list[str] = []
    page.context.on("request", lambda request: addresses.append(request.url))
    brought: list[str] = []
    page.on("request", lambda request: brought.append(request.post_data or "") if "/token" in request.url else None)
    sign_in_on_page(page, ALICE)
    page.goto("/login/contoso")
    expect(page.locator(".btn-microsoft")).to_be_enabled()
    kept = stored(page)
    assert [name for name in kept["session"] + kept["local"] if "version" not in name] == []
    assert len([name for name in kept["cookies"] if name.startswith("session.")]) == 1
    assert not [name for name in kept["cookies"] if "msal" in name]
    tokens = json.loads(brought[-1])
    ours = [address for address in addresses if address.startswith(portico.base_url)]
    logs = "".join(file.read_text() for file in portico.folder.glob("*.log"))
    for secret in (tokens["id_token"], tokens["access_token"], "eyJ0"):
        assert not [address for address in ours if secret in address]
        assert secret not in logs


def test_the_page_is_painted_and_readable_while_its_script_is_held_back(page: Page) -> None:
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
    held.let_go()
    expect(page.locator(".btn-microsoft")).to_be_enabled()
    expect(page.get_by_role("status")).to_be_empty()


def test_a_page_whose_script_never_came_says_so(visits: Visits, page: Page) -> None:
    page.route(SCRIPT, lambda route: route.fulfill(status=200, content_type="text/javascript", body=""))
    page.goto("/login/contoso")
    expect(page.get_by_role("alert")).to_contain_text("This page didn’t finish loading")
    page.unroute(SCRIPT)
    page.get_by_role("link", name="Reload this page").click()
    expect(page.locator(".btn-microsoft")).to_be_enabled()


def test_a_slow_network_shows_progress_and_exchanges_once(page: Page) -> None:
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
        # Long enough for a closed window to be noticed, were this one still needed.
        page.clock.fast_forward(5000)
        expect(page.locator("[data-outcome]")).to_be_empty()
        held.let_go()
    page.wait_for_url("**/account")
    assert (redemption.number, exchange.number) == (1, 1)
    assert len(page.context.pages) == 1


def test_without_a_network_the_page_says_so_and_another_press_works(visits: Visits) -> None:
    page = visits.new()
    visits.forgive(page, "ERR_INTERNET_DISCONNECTED", "ERR_FAILED")
    window = open_window(page)
    for address in (REDEMPTION, TOKEN):
        page.route(address, lambda route: route.abort())
    with window.expect_event("close"):
        pick(window, ALICE)
    expect(page.get_by_role("alert")).to_contain_text("You’re offline")
    page.unroute_all()
    press(page)
    page.wait_for_url("**/account")


def test_an_answer_that_was_lost_on_the_way_is_mended_by_loading_the_page_again(visits: Visits) -> None:
    page = visits.new()
    visits.forgive(page, "ERR_FAILED")

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


def test_an_admin_switches_the_flow_to_and_fro_and_the_person_stays_the_same(visits: Visits, portico: Portico) -> None:
    known = set()
    for flow, enter in (("server", sign_in), ("spa", sign_in_on_page), ("server", sign_in)):
        switch(portico, flow)
        make_credentials_active(portico, are_active=flow == "server")
        enter(visits.new(), ALICE)
        known |= {number for (number,) in portico.rows("SELECT id FROM person WHERE oid = ?", ALICE.oid)}
    make_credentials_active(portico, are_active=False)
    assert len(known) == 1


def test_the_policy_allows_no_unsafe_thing_and_the_script_is_a_module(page: Page, portico: Portico) -> None:
    answer = page.goto("/login/contoso")
    assert answer
    policy = answer.headers["content-security-policy"]
    assert "unsafe" not in policy
    assert f"connect-src 'self' {portico.directory.origin};" in policy
    assert answer.headers["cross-origin-opener-policy"] == "same-origin-allow-popups"
    expect(page.locator("script[src*='/spa.']")).to_have_attribute("type", "module")
    expect(page.locator("script:not([src]):not([type='application/json'])")).to_have_count(0)
    assert re.search(r"script-src 'nonce-[\w-]+'$", policy)
