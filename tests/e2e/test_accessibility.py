"""Every page for every user: in light and dark mode, on a phone, and with a screen reader."""

import re
from collections.abc import Callable, Iterable
from typing import Any, Literal

import pytest
from playwright.sync_api import Dialog, Page, expect

from tests.cast import ALICE, BOB, CHARLIE, OWNER_PASSWORD
from tests.directory import CONTOSO, Account
from tests.e2e.processes import ROOT, Portico
from tests.e2e.visits import PHONE, Visits, pick, press_microsoft, sign_in

AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
LONG_NAME = Account(CONTOSO, "c0000011-0000-4000-8000-000000000011")
SCRIPT_NAME = Account(CONTOSO, "c0000014-0000-4000-8000-000000000014")
DEVICES: dict[str, dict[str, Any]] = {"desktop": {}, "phone": {"viewport": PHONE, "has_touch": True}}
COLOR_RULES = {"runOnly": ["color-contrast", "link-in-text-block"]}
"""The axe rules about color, the only ones affected by dark mode."""
FINISH_ANIMATIONS = """() => document.getAnimations()
  .filter((animation) => animation.effect.getComputedTiming().endTime !== Infinity)
  .forEach((animation) => animation.finish())"""
"""Waiting for them would take forever: those in a closed <details> stay paused."""
Check = Callable[[str], None]


@pytest.fixture(params=DEVICES)
def device(request: pytest.FixtureRequest) -> dict[str, Any]:
    options: dict[str, Any] = DEVICES[request.param]
    return options


TIME = re.compile(r"\d+ \w{3} 20\d\d, \d\d:\d\d")


def test_public_pages_are_accessible(visits: Visits, portico: Portico, device: dict[str, Any]) -> None:
    page = visits.new(**device)
    look = looker(page)
    for path in (
        "/",
        "/login",
        "/login?code=a!",
        "/login/contoso",
        "/login/contoso-lisbon",
        "/nowhere",
        "/help",
        "/help/connect-entra",
    ):
        page.goto(path)
        look(path)
    page.goto("/login/contoso")
    page.get_by_label("Email address").fill("owner@contoso.example")
    page.get_by_label("Password", exact=True).fill("something else entirely")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("alert").wait_for()
    look("a wrong password")
    portico.directory.drill("not_assigned", at="redirect")
    press_microsoft(page)
    pick(page, BOB)
    page.get_by_text("Details for your administrator", exact=True).click()
    look("a refusal")


def test_member_pages_are_accessible(visits: Visits, portico: Portico, device: dict[str, Any]) -> None:
    for account in (SCRIPT_NAME, LONG_NAME, ALICE, ALICE):
        page = visits.new(**device)
        sign_in(page, account)
    portico.give_role(ALICE, "owner")
    look = looker(page)
    page.get_by_role("button", name="Sync now").click()
    page.get_by_role("status").wait_for()
    look("the account")
    long_name, script_name = portico.person_path(LONG_NAME), portico.person_path(SCRIPT_NAME)
    for path in ("/people", "/people?q=no+match+at+all", long_name, script_name, portico.person_path(ALICE)):
        page.goto(path)
        look(path)
    if (menu := page.get_by_role("button", name="Menu")).is_visible():
        menu.click()
        look("the menu")
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.get_by_role("heading", name="You’re signed out").wait_for()
    look("signed out")


def test_company_switcher_is_accessible(visits: Visits, device: dict[str, Any]) -> None:
    page = visits.new(**device)
    sign_in(page, ALICE)
    sign_in(page, CHARLIE, "fabrikam")
    look = looker(page)
    if (menu := page.get_by_role("button", name="Menu")).is_visible():
        menu.click()
    page.get_by_text("Switch company", exact=True).click()
    look("the switcher")
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.get_by_role("heading", name="You’re signed out").wait_for()
    look("signed out of one company")
    page.goto("/login")
    look("the companies at which one is signed in")


def test_account_pages_of_password_owner_are_accessible(
    visits: Visits, portico: Portico, device: dict[str, Any]
) -> None:
    page = visits.new(**device)
    page.goto("/login/contoso")
    page.get_by_label("Email address").fill("owner@contoso.example")
    page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/home")
    look = looker(page)
    look("an owner’s home")
    page.goto("/account")
    look("a password account")
    portico.change("UPDATE company SET remember_days = 14")
    page.goto("/account/sessions/remember")
    page.get_by_role("button", name="Stay signed in").wait_for()
    look("staying signed in")
    portico.change("UPDATE company SET remember_days = NULL")


def test_sandbox_pages_are_accessible(visits: Visits, portico: Portico, device: dict[str, Any]) -> None:
    page = visits.new(**device)
    look = looker(page)
    press_microsoft(page)
    page.get_by_role("heading", name="Pick an account").wait_for()
    look("the picker")
    for path in ("/sandbox", "/sandbox/drills", "/sandbox/dns"):
        page.goto(portico.directory.origin + path)
        look(path)
    portico.directory.drill("ask_for_consent")
    press_microsoft(page)
    pick(page, BOB)
    page.get_by_role("heading", name="Permissions requested").wait_for()
    look("consent")


def test_script_in_a_name_is_escaped(page: Page, portico: Portico) -> None:
    dialogs: list[str] = []

    def note(dialog: Dialog) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", note)
    sign_in(page, SCRIPT_NAME)
    name = 'Robin <script>alert("hello")</script> O’Neil'
    expect(page.get_by_role("heading", level=1)).to_have_text(name)
    for path in ("/people", portico.person_path(SCRIPT_NAME)):
        page.goto(path)
        expect(page.get_by_role("main")).to_contain_text(name)
    assert dialogs == []


def test_long_name_does_not_overflow(visits: Visits, portico: Portico) -> None:
    for viewport in (PHONE, {"width": 900, "height": 700}, {"width": 1920, "height": 1080}):
        page = visits.new(viewport=viewport)
        sign_in(page, LONG_NAME)
        for path in ("/account", "/people", portico.person_path(LONG_NAME)):
            page.goto(path)
            assert overflowing(page) == [], f"{path} at {viewport['width']} px"


def test_phone_menu_opens_and_navigates(visits: Visits) -> None:
    page = visits.new(viewport=PHONE, has_touch=True)
    sign_in(page, ALICE)
    expect(page.get_by_role("link", name="People", exact=True)).to_be_hidden()
    page.get_by_role("button", name="Menu").tap()
    page.get_by_role("link", name="People", exact=True).tap()
    page.wait_for_url("**/people")


def test_pages_fit_at_400_percent_zoom(visits: Visits) -> None:
    # 1280 px at 400 % is 320 px (WCAG 1.4.10).
    page = visits.new(viewport={"width": 320, "height": 256})
    sign_in(page, BOB)
    for path in ("/", "/login/contoso", "/account", "/people"):
        page.goto(path)
        assert overflowing(page) == [], path


def test_people_are_found_by_the_middle_of_their_names(visits: Visits) -> None:
    for account in (ALICE, BOB):
        page = visits.new()
        sign_in(page, account)
    page.get_by_role("link", name="People", exact=True).click()
    listed = page.locator("tbody tr")
    expect(listed).to_have_count(3)
    expect(listed.first).to_contain_text("Adaeze Okonkwo")
    expect(listed.first).to_contain_text("Chief Information Officer")
    expect(listed.first).to_contain_text(TIME)
    page.get_by_role("searchbox").fill("INDQ")
    page.get_by_role("button", name="Apply").click()
    expect(listed).to_have_count(1)
    listed.get_by_role("link", name="Björn Lindqvist").click()
    expect(page).to_have_url(re.compile(r"/people/[0-9a-f-]{36}$"))
    expect(page.get_by_role("main")).to_contain_text("Financial Controller")
    expect(page.get_by_role("definition").filter(has_text=TIME)).to_have_count(2)


def looker(page: Page, without: Iterable[str] = ()) -> Check:
    """Fails if axe finds a violation in light or dark mode, or if the page is wider than its window. `without` names
    rules of axe that don't apply.
    """
    rules = {"rules": {rule: {"enabled": False} for rule in without}}
    script = AXE.read_text()

    def look(what: str) -> None:
        # A click returns once the next page has begun to arrive; until its first bytes are parsed,
        # the document is empty and axe fails with “reading 'documentElement'” of null.
        page.wait_for_load_state("load")
        page.evaluate("document.fonts.ready")
        page.evaluate(script)
        assert _faults(page, "dark", COLOR_RULES) == [], f"{what}, dark"
        assert _faults(page, "light", rules) == [], what
        assert overflowing(page) == [], what

    return look


def _faults(page: Page, color_scheme: Literal["light", "dark"], options: dict[str, Any]) -> list[str]:
    """The violations that axe finds in this color scheme."""
    page.emulate_media(color_scheme=color_scheme)
    page.evaluate(FINISH_ANIMATIONS)
    found = page.evaluate("(options) => axe.run({ ...options, resultTypes: ['violations'] })", options)
    return [
        f"{item['id']}: {item['help']} {node['html'][:200]} {node['failureSummary'][:300]}"
        for item in found["violations"]
        for node in item["nodes"]
    ]


def overflowing(page: Page) -> list[str]:
    """Elements beyond the window's right edge, if the page scrolls horizontally."""
    page.wait_for_load_state("load")
    elements: list[str] = page.evaluate(
        """() => {
          const root = document.scrollingElement;
          if (root.scrollWidth <= root.clientWidth) return [];
          const wide = [...document.body.querySelectorAll("*")]
            .filter((element) => element.getBoundingClientRect().right > root.clientWidth + 0.5)
            .map((element) => element.outerHTML.slice(0, 120));
          return wide.length ? wide : ["the page"];
        }"""
    )
    return elements
