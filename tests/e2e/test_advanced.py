"""An admin connects the company's directory: from an empty form to people signing in with it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.cast import BOB, CHARLIE, OWNER_PASSWORD
from tests.directory import FABRIKAM, FABRIKAM_CLIENT, FABRIKAM_SECRET, Account
from tests.e2e.processes import Portico
from tests.e2e.single_page import press
from tests.e2e.test_accessibility import DEVICES, looker
from tests.e2e.visits import Visits, pick

TITLE = "Fabrikam partners"


def as_owner(page: Page) -> None:
    page.goto("/login/contoso")
    page.get_by_label("Email address").fill("owner@contoso.example")
    page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/home")


USERS = ("connection", "connection_draft", "crm_connection")
"""The tables whose rows have an application at Microsoft."""


@contextmanager
def afterwards_as_before(portico: Portico) -> Iterator[None]:
    known = [number for (number,) in portico.rows("SELECT id FROM connection_draft")]
    try:
        yield
    finally:
        for (number,) in portico.rows("SELECT id FROM connection_draft"):
            if number not in known:
                portico.change("DELETE FROM connection WHERE id = ?", number)
                portico.change("DELETE FROM connection_draft WHERE id = ?", number)
        used = " UNION ".join(f"SELECT entra_app_id FROM {user}" for user in USERS)  # noqa: S608 - our own tables
        portico.change(f"DELETE FROM client_credential WHERE entra_app_id NOT IN ({used})")  # noqa: S608
        portico.change(f"DELETE FROM entra_app WHERE id NOT IN ({used})")  # noqa: S608


def _begin(page: Page, flow: str = "Redirect") -> None:
    page.get_by_role("link", name="Advanced options").click()
    page.get_by_role("link", name="Add connection").click()
    page.get_by_label("Display name").fill(TITLE)
    page.get_by_label(flow).check()
    page.get_by_role("button", name="Continue").click()


def _enter(page: Page, portico: Portico, secret: str | None = FABRIKAM_SECRET) -> None:
    """Registers the page's redirect URI at Microsoft and enters Microsoft's IDs here."""
    public_id = re.search(r"/auth/(\w+)/", page.get_by_role("main").inner_text())
    assert public_id, "the page shows no redirect URI"
    address = f"{portico.base_url}/auth/{public_id[1]}"
    portico.directory.register(FABRIKAM, FABRIKAM_CLIENT, web=[f"{address}/callback"], spa=[f"{address}/popup"])
    page.get_by_role("link", name="Continue").click()
    page.get_by_label("Application (client) ID").fill(FABRIKAM_CLIENT)
    page.get_by_label("Directory (tenant) ID or domain").fill("fabrikam.example")
    if secret:
        page.get_by_label("Client secret", exact=True).fill(secret)
        page.get_by_label("Secret expires").fill("2027-12-01")
    page.get_by_role("button", name="Save and continue").click()


def _test(page: Page, account: Account = CHARLIE) -> None:
    """Signs in at Microsoft in the tab that opens."""
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Start test").click()
    pick(opened.value, account)
    opened.value.wait_for_url("**/test")
    opened.value.close()


def test_second_connection_is_activated_and_its_secret_replaced(visits: Visits, portico: Portico) -> None:
    with afterwards_as_before(portico):
        page = visits.new()
        as_owner(page)
        _begin(page)
        _enter(page, portico)
        _test(page)
        page.get_by_role("button", name="Activate", exact=True).click()
        page.get_by_role("link", name="Done", exact=True).click()
        expect(page.get_by_text("Active since")).to_be_visible()

        someone = visits.new()
        someone.goto("/login/contoso")
        someone.get_by_role("button", name="Sign in with Corporate Account").nth(1).click()
        pick(someone, CHARLIE)
        someone.wait_for_url("**/account")
        expect(someone.get_by_role("heading", level=1)).to_have_text("Kofi Mensah")

        page.get_by_role("link", name="Replace secret").first.click()
        page.get_by_label("New client secret").fill(FABRIKAM_SECRET)
        page.get_by_label("Secret expires").fill("2027-12-02")
        page.get_by_role("button", name="Save and test").click()
        _test(page)
        page.get_by_role("button", name="Publish changes").click()
        expect(page.get_by_text("Changes published.")).to_be_visible()


def test_spa_connection_is_tested_in_popup(visits: Visits, portico: Portico) -> None:
    with afterwards_as_before(portico):
        page = visits.new()
        as_owner(page)
        _begin(page, "Pop-up")
        _enter(page, portico, secret=None)
        page.locator("[data-single-page] button").wait_for()
        pick(press(page, "[data-single-page] button"), CHARLIE)
        expect(page.get_by_text("Test passed")).to_be_visible()
        page.get_by_role("button", name="Activate", exact=True).click()
        expect(page.get_by_role("heading", level=1)).to_have_text("Microsoft sign-in is active")


def test_wrong_secret_is_reported_with_its_fix_and_is_not_activated(visits: Visits, portico: Portico) -> None:
    with afterwards_as_before(portico):
        page = visits.new()
        as_owner(page)
        _begin(page)
        _enter(page, portico, "something else")
        _test(page)
        expect(page.get_by_role("alert")).to_contain_text("Paste the secret’s Value, not its Secret ID")
        expect(page.locator(".step-failed")).to_contain_text("Credential")
        expect(page.get_by_role("button", name="Activate")).to_have_count(0)


def test_note_is_previewed_while_typing(visits: Visits) -> None:
    page = visits.new()
    as_owner(page)
    page.get_by_role("link", name="Advanced options").click()
    page.get_by_role("link", name="Login page").click()
    page.get_by_role("link", name="Edit contoso", exact=True).click()
    page.get_by_label("Note to users").fill("Read this: https://help.contoso.example")
    frame = page.frame_locator("#preview")
    expect(frame.get_by_role("link", name="https://help.contoso.example")).to_be_visible()
    page.get_by_label("Login code").fill("fabrikam")
    expect(page.get_by_text("This code is taken")).to_be_visible()


@pytest.mark.parametrize("device", DEVICES)
def test_advanced_options_are_accessible(visits: Visits, portico: Portico, device: str) -> None:
    options: dict[str, Any] = DEVICES[device]
    with afterwards_as_before(portico):
        page = visits.new(**options)
        as_owner(page)
        look = looker(page)
        for path in (
            "/account/advanced/active-directory",
            "/account/advanced/login-page",
            "/account/advanced/lock-out",
        ):
            page.goto(path)
            look(path)
        page.goto("/account/advanced/login-page")
        page.get_by_role("link", name="Edit contoso", exact=True).click()
        look("a login page")
        page.goto("/account/advanced/active-directory")
        page.get_by_role("link", name="Contoso staff", exact=True).click()
        look("an active connection")
        page.get_by_role("button", name="Create certificate").click()
        look("with unpublished changes")
        page.get_by_role("button", name="Remove").first.click()
        look("a question")
        page.get_by_role("link", name="Cancel").click()
        page.get_by_role("link", name="Settings").click()
        look("settings")
        page.get_by_label("Application (client) ID").fill("x")
        page.get_by_role("button", name="Save draft").click()
        look("settings with an error")
        page.goto("/account/advanced/active-directory")
        page.get_by_role("link", name="Contoso staff", exact=True).click()
        page.get_by_role("link", name="Replace secret").first.click()
        look("a new secret")
        page.goto("/account/advanced/active-directory")
        page.get_by_role("link", name="Contoso staff", exact=True).click()
        # The certificate isn't registered, so Microsoft rejects it.
        page.get_by_role("link", name="Test sign-in").click()
        _test(page, BOB)
        page.locator(".step-failed").wait_for()
        look("a report")
        page.goto("/account/advanced/active-directory")
        page.get_by_role("link", name="Contoso staff", exact=True).click()
        page.get_by_role("button", name="Remove Certificate").click()
        page.get_by_role("button", name="Remove").click()
        expect(page.get_by_text("Credential deleted.")).to_be_visible()
