"""An admin connects the company's directory alone: from an empty form to people signing in with it."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.cast import CHARLIE, OWNER_PASSWORD
from tests.directory import FABRIKAM, FABRIKAM_CLIENT, FABRIKAM_SECRET
from tests.e2e.processes import Portico
from tests.e2e.single_page import press
from tests.e2e.test_accessibility import WAYS, looker
from tests.e2e.visits import Visits, pick

TITLE = "Fabrikam partners"


def _as_owner(page: Page) -> None:
    page.goto("/login/contoso")
    page.get_by_label("Email address").fill("owner@contoso.example")
    page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/home")


USERS = ("connection", "connection_draft", "crm_connection")
"""The tables whose rows have an application at Microsoft."""


@contextmanager
def _afterwards_as_before(portico: Portico) -> Iterator[None]:
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


def _begin(page: Page) -> None:
    page.get_by_role("link", name="Advanced options").click()
    page.get_by_role("button", name="Add connection").click()


def _enter(page: Page, portico: Portico) -> None:
    """Pastes at Microsoft what the page shows, and here what Microsoft shows."""
    public_id = re.search(r"/auth/(\w+)/", page.get_by_role("main").inner_text())
    assert public_id, "the page shows no redirect URI"
    address = f"{portico.base_url}/auth/{public_id[1]}"
    portico.directory.register(FABRIKAM, FABRIKAM_CLIENT, web=[f"{address}/callback"], spa=[f"{address}/popup"])
    page.get_by_label("Display name").fill(TITLE)
    page.get_by_label("Directory (tenant) ID or domain").fill("fabrikam.example")
    page.get_by_label("Application (client) ID").fill(FABRIKAM_CLIENT)


def test_a_new_owner_goes_from_an_empty_form_to_an_active_connection(visits: Visits, portico: Portico) -> None:
    with _afterwards_as_before(portico):
        page = visits.new()
        _as_owner(page)
        _begin(page)
        _enter(page, portico)
        page.get_by_label("Client secret", exact=True).fill(FABRIKAM_SECRET)
        page.get_by_label("Secret expires").fill("2027-12-01")
        page.get_by_role("button", name="Save draft").click()
        page.get_by_role("link", name="Test sign-in").click()
        page.get_by_role("button", name="Start test").click()
        pick(page, CHARLIE)
        expect(page.get_by_text("Test passed")).to_be_visible()
        expect(page.locator(".step-ok")).to_have_count(12)
        page.get_by_role("button", name="Activate").click()
        expect(page.get_by_text("Connection activated")).to_be_visible()

        somebody = visits.new()
        somebody.goto("/login/contoso")
        somebody.get_by_role("button", name="Sign in with Corporate Account").nth(1).click()
        pick(somebody, CHARLIE)
        somebody.wait_for_url("**/account")
        expect(somebody.get_by_role("heading", level=1)).to_have_text("Kofi Mensah")


def test_a_single_page_connection_is_tested_in_microsofts_window(visits: Visits, portico: Portico) -> None:
    with _afterwards_as_before(portico):
        page = visits.new()
        _as_owner(page)
        _begin(page)
        _enter(page, portico)
        page.get_by_label("Pop-up (MSAL.js)").check()
        page.get_by_role("button", name="Save draft").click()
        page.get_by_role("link", name="Test sign-in").click()
        pick(press(page, "[data-single-page] button"), CHARLIE)
        expect(page.get_by_text("Test passed")).to_be_visible()


def test_a_wrong_secret_is_named_with_its_mend_and_what_is_live_stays(visits: Visits, portico: Portico) -> None:
    with _afterwards_as_before(portico):
        page = visits.new()
        _as_owner(page)
        _begin(page)
        _enter(page, portico)
        page.get_by_label("Client secret", exact=True).fill("something else")
        page.get_by_label("Secret expires").fill("2027-12-01")
        page.get_by_role("button", name="Save draft").click()
        page.get_by_role("link", name="Test sign-in").click()
        page.get_by_role("button", name="Start test").click()
        pick(page, CHARLIE)
        expect(page.locator(".step-failed")).to_contain_text("Paste the secret’s Value, not its Secret ID")
        expect(page.get_by_role("button", name="Activate")).to_have_count(0)


def test_a_note_is_seen_on_the_real_page_while_it_is_written(visits: Visits) -> None:
    page = visits.new()
    _as_owner(page)
    page.get_by_role("link", name="Advanced options").click()
    page.get_by_role("link", name="Login page").click()
    page.get_by_role("link", name="Edit contoso", exact=True).click()
    page.get_by_label("Note to users").fill("Read this: https://help.contoso.example")
    frame = page.frame_locator("#preview")
    expect(frame.get_by_role("link", name="https://help.contoso.example")).to_be_visible()
    page.get_by_label("Login code").fill("fabrikam")
    expect(page.get_by_text("This code is taken")).to_be_visible()


@pytest.mark.parametrize("way", WAYS)
def test_the_advanced_options_are_well_made(visits: Visits, portico: Portico, way: str) -> None:
    options: dict[str, Any] = WAYS[way]
    with _afterwards_as_before(portico):
        page = visits.new(**options)
        _as_owner(page)
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
        page.get_by_role("button", name="Add connection").click()
        look("an empty connection")
        page.get_by_role("button", name="Save draft").click()
        look("a connection with faults")
        _enter(page, portico)
        page.get_by_label("Client secret", exact=True).fill(FABRIKAM_SECRET)
        page.get_by_label("Secret expires").fill("2027-12-01")
        page.get_by_role("button", name="Save draft").click()
        page.get_by_role("button", name="Create certificate").click()
        look("a connection")
        page.get_by_role("link", name="Test sign-in").click()
        page.get_by_role("button", name="Start test").click()
        pick(page, CHARLIE)
        page.locator(".step-failed").wait_for()
        look("a report")
