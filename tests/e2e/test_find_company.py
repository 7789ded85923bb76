"""From a work email to the account, and from a domain to its proof: by keyboard, in light and dark mode, on a phone."""

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from app.core.translation import LANGUAGES
from tests.cast import ALICE, BOB
from tests.dns_server import NameServer
from tests.e2e.processes import Portico
from tests.e2e.test_accessibility import DEVICES, looker
from tests.e2e.visits import START, Visits, pick, sign_in

RECORD = "_portico-challenge.contoso.example"


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> dict[str, Any]:
    options: dict[str, Any] = DEVICES[request.param]
    return options


@pytest.fixture
def admin(visits: Visits, portico: Portico, name_server: NameServer, device: dict[str, Any]) -> Page:
    """Contoso's owner, on the page of its domains, of which there are none."""
    name_server.reset()
    portico.change("DELETE FROM domain")
    page = visits.new(**device)
    sign_in(page, ALICE)
    portico.give_role(ALICE, "owner")
    page.goto("/account/advanced/domains")
    return page


def add(page: Page) -> str:
    """Adds contoso.example; returns the value of its record."""
    page.get_by_label("Domain", exact=True).fill("contoso.example")
    page.get_by_role("button", name="Add domain", exact=True).click()
    value = page.get_by_text(re.compile("^token=")).first.text_content()
    assert value
    return value


def press(page: Page, name: str) -> None:
    """Moves the focus with the Tab key to a button, and presses it."""
    tab_to(page, page.get_by_role("button", name=name))
    page.keyboard.press("Enter")


def tab_to(page: Page, control: Locator) -> None:
    for _ in range(40):
        if control.evaluate("control => control === document.activeElement"):
            break
        page.keyboard.press("Tab")
    expect(control).to_be_focused()


def test_domain_is_proven_and_leads_from_an_email_to_the_account_by_keyboard(
    admin: Page, visits: Visits, name_server: NameServer, device: dict[str, Any]
) -> None:
    look = looker(admin)
    look("no domain")
    value = add(admin)
    look("a new domain")
    admin.get_by_role("button", name="Check now").click()
    expect(admin.get_by_text("There’s no record yet")).to_be_visible()
    look("no record")
    name_server.publish(RECORD, "token=other")
    admin.get_by_role("button", name="Check now").click()
    expect(admin.get_by_text("The record has another value")).to_be_visible()
    look("another value")
    name_server.publish(RECORD, value)
    admin.get_by_role("button", name="Check now").click()
    expect(admin.get_by_text("Proven", exact=True)).to_be_visible()
    look("a proven domain")
    admin.get_by_role("button", name="Give up domain").click()
    expect(admin.get_by_role("heading", name="Give up contoso.example?")).to_be_visible()
    look("giving it up")
    admin.goto("/account/advanced/domains")
    look("the domains")

    page = visits.new(**device)
    look = looker(page)
    page.goto("/login")
    expect(page.get_by_label("Work email or login code")).to_be_focused()
    page.keyboard.type("bjorn.lindqvist@contoso.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in to Contoso")).to_be_visible()
    expect(page.get_by_label("Email address")).to_have_value("bjorn.lindqvist@contoso.example")
    look("the company’s page")
    press(page, "Sign in with Corporate Account")
    account = page.locator(f'button[name=account][value="{BOB.oid}"]')
    account.wait_for()
    account.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(START)
    expect(page.get_by_role("heading", name="Björn Lindqvist")).to_be_visible()
    for path in ("/", "/login", "/login/contoso?next=/people"):
        page.goto(path)
        expect(page.get_by_role("button", name="Continue as Björn Lindqvist")).to_be_visible()
        look(path)
    press(page, "Continue as Björn Lindqvist")
    page.wait_for_url("**/people")


def test_unknown_address_gets_a_page_and_invalid_text_a_reason(visits: Visits, device: dict[str, Any]) -> None:
    page = visits.new(**device)
    look = looker(page)
    page.goto("/")
    page.get_by_placeholder("Work email or login code").fill("ghost@nowhere.example")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Check your email")).to_be_visible()
    look("check your email")
    page.get_by_role("link", name="Try another address").click()
    page.get_by_label("Work email or login code").fill("ghost@nowhere")
    page.keyboard.press("Enter")
    expect(page.get_by_text("After the @ sign it needs a domain")).to_be_visible()
    expect(page.get_by_label("Work email or login code")).to_have_value("ghost@nowhere")
    look("an invalid address")


def test_every_language_leads_from_an_email_to_the_account_by_keyboard(
    visits: Visits, portico: Portico, name_server: NameServer
) -> None:
    """On a phone; the pages are looked at in light and dark mode."""
    name_server.reset()
    portico.change("DELETE FROM domain")
    admin = visits.new()
    sign_in(admin, ALICE)
    portico.give_role(ALICE, "owner")
    admin.goto("/account/advanced/domains")
    name_server.publish(RECORD, add(admin))
    admin.get_by_role("button", name="Check now").click()
    expect(admin.get_by_text("Proven", exact=True)).to_be_visible()
    for language in LANGUAGES:
        page = visits.new(**DEVICES["phone"], locale=language.replace("_", "-"))
        look = looker(page)
        page.goto("/login")
        expect(page.locator("html")).to_have_attribute("lang", language.replace("_", "-"))
        look(f"finding a company in {language}")
        page.keyboard.type("bjorn.lindqvist@contoso.example")
        page.keyboard.press("Enter")
        button = page.locator(".btn-microsoft")
        button.wait_for()
        look(f"the company’s page in {language}")
        tab_to(page, button)
        page.keyboard.press("Enter")
        account = page.locator(f'button[name=account][value="{BOB.oid}"]')
        account.wait_for()
        account.focus()
        page.keyboard.press("Enter")
        page.wait_for_url(START)
        expect(page.get_by_role("heading", name="Björn Lindqvist")).to_be_visible()


def test_staying_signed_in_is_chosen_by_keyboard_once_for_each_method(visits: Visits, portico: Portico) -> None:
    portico.change("UPDATE company SET remember_days = 14")
    try:
        page = visits.new(**DEVICES["phone"])
        look = looker(page)
        page.goto("/login/contoso")
        choice = page.get_by_label("Stay signed in on this device for 14 days")
        tab_to(page, choice)
        page.keyboard.press("Space")
        expect(choice).to_be_checked()
        look("staying signed in")
        press(page, "Sign in with Corporate Account")
        pick(page, BOB)
        page.wait_for_url(START)
        lasting = {cookie["name"].partition(".")[0] for cookie in page.context.cookies() if cookie["expires"] > 0}
        assert {"session", "active"} <= lasting
    finally:
        portico.change("UPDATE company SET remember_days = NULL")
