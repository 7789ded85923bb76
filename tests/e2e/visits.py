"""A person's browser: Chromium, which records every error of a page."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, Playwright

from tests.directory import Account
from tests.e2e.processes import ROOT, Portico

FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMEOUT_MS = 20_000
REPORT_VIOLATIONS = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`content policy: ${event.effectiveDirective} ${event.blockedURI} ${event.sample}`));
"""
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}


@contextmanager
def chromium(playwright: Playwright) -> Iterator[Browser]:
    browser = playwright.chromium.launch(executable_path=os.environ["TEST_CHROMIUM"], args=FLAGS)
    yield browser
    browser.close()


class Watcher:
    """Collects errors of pages."""

    def __init__(self, context: BrowserContext) -> None:
        self.faults: list[str] = []
        self.allowed: tuple[str, ...] = ()
        self._refusals: set[str] = set()
        context.add_init_script(REPORT_VIOLATIONS)
        context.on("console", self._console)
        context.on("weberror", lambda error: self.faults.append(f"{error.page and error.page.url}: {error.error}"))
        context.on("response", self._response)

    def _response(self, response: Any) -> None:
        if response.status >= 400 and (response.request.is_navigation_request() or response.request.method == "POST"):
            self._refusals.add(response.url)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type not in ("error", "warning"):
            return
        # Chromium also logs error statuses; how the page handles them is the test's subject.
        if message.text.startswith("Failed to load resource") and message.location["url"] in self._refusals:
            return
        if any(text in message.text for text in self.allowed):
            return
        self.faults.append(f"{message.location['url']}: {message.text}")


class Visits:
    """Opens browsers at Portico; at the end, none of their pages may have an error."""

    def __init__(self, browser: Browser, portico: Portico) -> None:
        self.browser = browser
        self.portico = portico
        self._open: list[tuple[BrowserContext, Watcher]] = []

    def new(self, **options: Any) -> Page:
        """A page of a new browser."""
        options = {"viewport": DESK, "locale": "en-GB", "base_url": self.portico.base_url, **options}
        context = self.browser.new_context(**options)
        context.set_default_timeout(TIMEOUT_MS)
        self._open.append((context, Watcher(context)))
        return context.new_page()

    def allow_console_messages(self, page: Page, *texts: str) -> None:
        """Allows console messages that the test itself causes."""
        for context, watcher in self._open:
            if context is page.context:
                watcher.allowed += texts

    def save_screenshot(self, name: str) -> None:
        """Saves a screenshot when a test fails."""
        folder = ROOT / "test-results"
        folder.mkdir(exist_ok=True)
        for number, page in enumerate(page for context, _ in self._open for page in context.pages):
            page.screenshot(path=folder / f"{name}-{number}.png")

    def close(self) -> list[str]:
        """The collected errors."""
        for context, _ in self._open:
            context.close()
        return [fault for _, watcher in self._open for fault in watcher.faults]


START = re.compile(r"/(account|home)$")
"""Where a sign-in leads: owners and admins to their home, members to their account."""


def press_microsoft(page: Page, code: str = "contoso") -> None:
    page.goto(f"/login/{code}")
    page.locator(".btn-microsoft").click()


def pick(page: Page, account: Account) -> None:
    page.locator(f'button[name=account][value="{account.oid}"]').click()


def sign_in(page: Page, account: Account, code: str = "contoso") -> None:
    """A complete sign-in, to the page where the person starts."""
    press_microsoft(page, code)
    pick(page, account)
    page.wait_for_url(START)


def images_loaded(page: Page) -> bool:
    """Whether every visible image has loaded."""
    loaded: bool = page.evaluate(
        "Promise.all([...document.images].map((image) => { image.loading = 'eager';"
        " return image.decode().then(() => image.naturalWidth > 0, () => false); }))"
        ".then((all) => all.length > 0 && all.every(Boolean))"
    )
    return loaded
