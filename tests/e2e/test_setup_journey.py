"""From sign-up to an active connection: the number of clicks, and the words of each step.

`SETUP_PICTURES=folder` also photographs each step.
"""

import os
import re
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.cast import CHARLIE
from tests.directory import FABRIKAM, FABRIKAM_CLIENT, FABRIKAM_SECRET
from tests.e2e.processes import Portico
from tests.e2e.test_accessibility import looker
from tests.e2e.test_advanced import afterwards_as_before, as_owner
from tests.e2e.visits import PHONE, Visits

MOST_CLICKS = 9
MOST_WORDS = 150
PASSWORD = "correct horse battery staple"
MOST_TABS = 80
EXPIRES = f"{datetime.now(UTC).year + 1}-06-06"
STEPS = ["Choose", "Register", "Enter values", "Test", "Activate"]


def act_by_click(target: Locator) -> None:
    target.click()


def act_by_key(target: Locator) -> None:
    """Tabs to it and presses Enter."""
    focus_by_key(target)
    target.page.keyboard.press("Enter")


def focus_by_key(target: Locator) -> None:
    target.wait_for()
    for _ in range(MOST_TABS):
        if target.evaluate("element => element === document.activeElement"):
            return
        target.page.keyboard.press("Tab")
    pytest.fail(f"the keyboard doesn't reach {target}")


def enter_by_mouse(target: Locator, text: str) -> None:
    target.fill(text)


def enter_by_key(target: Locator, text: str) -> None:
    focus_by_key(target)
    if target.get_attribute("type") == "date":
        year, month, day = text.split("-")
        assert month == day, "the order of both depends on the machine's locale"
        text = f"{day}{month}{year}"
    target.page.keyboard.type(text)


@dataclass
class Journey:
    """A person going through setup; counts clicks and words."""

    page: Page
    portico: Portico
    act: Callable[[Locator], None] = act_by_click
    enter: Callable[[Locator, str], None] = enter_by_mouse
    clicks: int = 0
    seen: dict[str, tuple[int, int]] = field(default_factory=dict)
    """Words and height of each step."""

    def press(self, target: Locator) -> None:
        self.clicks += 1
        self.act(target)

    def read(self, step: str) -> None:
        """Records the length of the current step."""
        expect(self.page.locator("[aria-current=step]")).to_have_text(re.compile(step))
        self.page.evaluate("document.fonts.ready")
        words = len(self.page.get_by_role("main").inner_text().split())
        height = self.page.evaluate("document.documentElement.scrollHeight")
        self.seen[step] = (words, height)
        self._photograph(step)

    def _photograph(self, step: str) -> None:
        if folder := os.environ.get("SETUP_PICTURES"):
            self.page.screenshot(path=Path(folder) / f"{STEPS.index(step) + 1}-{step.replace(' ', '-')}.png")

    def sign_up(self) -> str:
        code = f"journey-{uuid.uuid4().hex[:8]}"
        self.page.goto("/signup")
        for label, text in (
            ("Company name", "Northwind"),
            ("Login code", code),
            ("Full name", "Nadia North"),
            ("Work email", f"nadia@{code}.example"),
        ):
            self.enter(self.page.get_by_label(label), text)
        self.enter(self.page.get_by_label("Password", exact=True), PASSWORD)
        self.press(self.page.get_by_role("button", name="Create company"))
        self.page.wait_for_url("**/home")
        return code

    def add_connection(self) -> None:
        """Starts as the owner of a company that already has a connection."""
        as_owner(self.page)
        self.page.goto("/account/advanced/active-directory/new")

    def choose(self) -> None:
        if "/active-directory" not in self.page.url:
            self.press(self.page.get_by_role("link", name="Advanced options"))
        self.read("Choose")
        self.press(self.page.get_by_role("button", name="Continue"))

    def register(self) -> None:
        """Copies the redirect URI and enters it at Microsoft."""
        self.read("Register")
        line = self.page.get_by_role("listitem").filter(has_text="Redirect URI")
        uri = line.locator("code").inner_text()
        self.press(line.get_by_role("button"))
        self.portico.directory.register(FABRIKAM, FABRIKAM_CLIENT, web=[uri])
        self.press(self.page.get_by_role("link", name="Continue"))

    def enter_values(self) -> None:
        self.read("Enter values")
        self.enter(self.page.get_by_label("Application (client) ID"), FABRIKAM_CLIENT)
        self.enter(self.page.get_by_label("Directory (tenant) ID"), "fabrikam.example")
        self.enter(self.page.get_by_label("Client secret", exact=True), FABRIKAM_SECRET)
        self.enter(self.page.get_by_label("Secret expires"), EXPIRES)
        self.press(self.page.get_by_role("button", name="Save and continue"))

    def test(self) -> None:
        """Signs in at Microsoft in the new tab; the original page updates automatically."""
        start = self.page.get_by_role("button", name="Start test")
        start.wait_for()
        expect(self.page.get_by_text("Not run")).to_have_count(12)
        with self.page.context.expect_page() as opened:
            self.press(start)
        at_microsoft = opened.value
        account = at_microsoft.locator(f'button[name=account][value="{CHARLIE.oid}"]')
        account.wait_for()
        expect(self.page.get_by_text("Test running")).to_be_visible()
        self.press(account)
        at_microsoft.wait_for_url("**/test")
        at_microsoft.close()
        expect(self.page.get_by_text("Test passed")).to_be_visible()
        expect(self.page.get_by_text("Passed", exact=True)).to_have_count(12)
        self.read("Test")

    def activate(self) -> None:
        self.press(self.page.get_by_role("button", name="Activate", exact=True))
        expect(self.page.get_by_role("heading", level=1)).to_have_text("Microsoft sign-in is active")
        self.read("Activate")

    def go(self) -> str:
        code = self.sign_up()
        self.choose()
        self.register()
        self.enter_values()
        self.test()
        self.activate()
        return code


def test_sign_up_to_active_connection_takes_nine_clicks_and_five_pages(visits: Visits, portico: Portico) -> None:
    with afterwards_as_before(portico):
        journey = Journey(visits.new(permissions=["clipboard-write"]), portico)
        code = journey.go()
        assert journey.clicks <= MOST_CLICKS
        assert list(journey.seen) == STEPS
        too_long = {step: words for step, (words, _) in journey.seen.items() if words > MOST_WORDS}
        too_high = {step: height for step, (_, height) in journey.seen.items() if height > 800}
        assert (too_long, too_high) == ({}, {}), journey.seen
        for words in ("Share your login page", "Invite people", "Turn passwords off"):
            expect(journey.page.get_by_role("heading", name=words)).to_be_visible()
        someone = visits.new()
        someone.goto(f"/login/{code}")
        someone.get_by_role("button", name="Sign in with Corporate Account").click()
        someone.locator(f'button[name=account][value="{CHARLIE.oid}"]').click()
        someone.wait_for_url("**/account")


def test_journey_works_by_keyboard_alone(visits: Visits, portico: Portico) -> None:
    with afterwards_as_before(portico):
        journey = Journey(visits.new(permissions=["clipboard-write"]), portico, act_by_key, enter_by_key)
        journey.go()
        assert journey.clicks <= MOST_CLICKS


def test_journey_works_without_javascript(visits: Visits, portico: Portico) -> None:
    """Continues the test in the tab that it opened."""
    with afterwards_as_before(portico):
        page = visits.new(java_script_enabled=False)
        journey = Journey(page, portico)
        journey.sign_up()
        journey.press(page.get_by_role("link", name="Advanced options"))
        journey.press(page.get_by_role("button", name="Continue"))
        uri = page.get_by_role("listitem").filter(has_text="Redirect URI").locator("code").inner_text()
        portico.directory.register(FABRIKAM, FABRIKAM_CLIENT, web=[uri])
        page.get_by_role("link", name="Continue").click()
        page.get_by_label("Application (client) ID").fill(FABRIKAM_CLIENT)
        page.get_by_label("Directory (tenant) ID").fill(FABRIKAM_CLIENT)
        page.get_by_role("button", name="Save and continue").click()
        summary = page.locator(".error-summary")
        expect(summary).to_contain_text("Fix 2 fields to save.")
        expect(summary.get_by_role("link", name="Client secret")).to_have_attribute("href", "#secret")
        page.get_by_label("Directory (tenant) ID").fill(FABRIKAM)
        page.get_by_label("Client secret", exact=True).fill(FABRIKAM_SECRET)
        page.get_by_label("Secret expires").fill(EXPIRES)
        page.get_by_role("button", name="Save and continue").click()
        with page.context.expect_page() as opened:
            page.get_by_role("button", name="Start test").click()
        opened.value.locator(f'button[name=account][value="{CHARLIE.oid}"]').click()
        opened.value.get_by_role("button", name="Activate", exact=True).click()
        expect(opened.value.get_by_role("heading", level=1)).to_have_text("Microsoft sign-in is active")


WRONG = [
    ("Directory (tenant) ID", "common", "aren’t a specific directory"),
    ("Directory (tenant) ID", "contoso", "Enter a tenant ID"),
    ("Application (client) ID", "fabrikam", "Enter an application"),
    ("Application (client) ID", FABRIKAM, "That’s the directory"),
    ("Client secret", FABRIKAM_CLIENT, "That’s the Secret ID"),
    ("Secret expires", "2020-01-01", "in the past"),
    ("Secret expires", "2040-01-01", "within 24 months"),
]


def test_wrong_value_is_reported_while_typing_and_by_the_server(visits: Visits, portico: Portico) -> None:
    with afterwards_as_before(portico):
        journey = Journey(visits.new(), portico)
        page = journey.page
        journey.add_connection()
        page.get_by_label("Display name").fill("Partners")
        page.get_by_role("button", name="Continue").click()
        page.get_by_role("link", name="Continue").click()
        right = {
            "Application (client) ID": FABRIKAM_CLIENT,
            "Directory (tenant) ID": FABRIKAM,
            "Client secret": "a-secret",
            "Secret expires": EXPIRES,
        }
        fields = {label: page.get_by_label(label) for label in right}
        fields["Client secret"] = page.locator("#secret")
        for label, wrong, words in WRONG:
            for other, text in right.items():
                fields[other].fill(text)
            fields[label].fill(wrong)
            fields[label].blur()
            expect(page.locator(f"#{fields[label].get_attribute('id')}-error")).to_have_text(re.compile(words))
            expect(fields[label]).to_have_attribute("aria-invalid", "true")
            page.get_by_role("button", name="Save and continue").click()
            summary = page.locator(".error-summary")
            expect(summary).to_be_focused()
            expect(summary.get_by_role("listitem").filter(has_text=re.compile(words))).to_have_count(1)
            fields[label].fill(right[label])
            expect(page.locator(f"#{fields[label].get_attribute('id')}-error")).to_have_text("")


def test_failed_test_names_its_field_and_steps_can_be_resumed(visits: Visits, portico: Portico) -> None:
    with afterwards_as_before(portico):
        journey = Journey(visits.new(permissions=["clipboard-write"]), portico)
        page = journey.page
        journey.add_connection()
        page.get_by_label("Display name").fill("Partners")
        page.get_by_role("button", name="Continue").click()
        page.goto("/account/advanced/active-directory")
        page.get_by_role("link", name="Continue setup").click()
        journey.register()
        page.get_by_label("Application (client) ID").fill(FABRIKAM_CLIENT)
        page.get_by_label("Directory (tenant) ID").fill(FABRIKAM)
        page.get_by_label("Client secret", exact=True).fill("not the secret")
        page.get_by_label("Secret expires").fill(EXPIRES)
        page.get_by_role("button", name="Save and continue").click()
        page.goto("/account/advanced/active-directory")
        page.get_by_role("link", name="Continue setup").click()
        with page.context.expect_page() as opened:
            page.get_by_role("button", name="Start test").click()
        opened.value.locator(f'button[name=account][value="{CHARLIE.oid}"]').click()
        alert = page.get_by_role("alert").filter(has_text="Test failed at: Client secret.")
        expect(alert).to_be_visible()
        page.get_by_role("link", name="Go to Client secret").click()
        expect(page.get_by_label("Client secret", exact=True)).to_be_visible()


@pytest.mark.parametrize("options", [{}, {"viewport": PHONE, "has_touch": True}], ids=["desk", "phone"])
def test_setup_steps_are_accessible(visits: Visits, portico: Portico, options: dict[str, object]) -> None:
    with afterwards_as_before(portico):
        page = visits.new(permissions=["clipboard-write"], **options)
        look = looker(page)
        journey = Journey(page, portico)
        journey.add_connection()
        look("the first step")
        page.get_by_label("Display name").fill("Partners")
        page.get_by_role("button", name="Continue").click()
        look("the second step")
        journey.register()
        page.get_by_role("button", name="Save and continue").click()
        look("errors")
        journey.enter_values()
        page.get_by_role("button", name="Start test").wait_for()
        look("the test")
        journey.test()
        look("a passed test")
        page.get_by_role("button", name="Activate", exact=True).click()
        look("what to do next")
        page.get_by_role("link", name="Done", exact=True).click()
        look("an active connection")
