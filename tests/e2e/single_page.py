"""How a person gets through a login page of the single-page flow, and what a test looks at meanwhile."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Page, Route

from tests.directory import Account
from tests.e2e.processes import Portico, until
from tests.e2e.visits import pick

CONNECTION = "Contoso staff"
TOKEN = re.compile(r"/auth/[^/]+/token(\?|$)")
"""Where a page brings its tokens."""
REDEMPTION = "**/oauth2/v2.0/token*"
"""Where MSAL.js redeems the code."""
SCRIPT = "**/static/spa.*.js"
PATIENCE_OF_A_PERSON = 2_000
"""Within how many milliseconds a window that was closed must be noticed."""


def switch(portico: Portico, flow: str, title: str = CONNECTION) -> None:
    """As an admin does who changes a connection's flow."""
    portico.change("UPDATE connection SET flow = ? WHERE title = ?", flow, title)


@contextmanager
def on_single_page(portico: Portico, *, with_credential: bool = False) -> Iterator[None]:
    """Contoso's people sign in on the page; afterwards it is as it was."""
    switch(portico, "spa")
    if not with_credential:
        portico.change("UPDATE credential SET is_live = NOT is_live")
    yield
    switch(portico, "server")
    if not with_credential:
        portico.change("UPDATE credential SET is_live = NOT is_live")


def press(page: Page, button: str = ".btn-microsoft") -> Page:
    """Presses a button once it can be; Microsoft's window. It closes at once if the directory knows the person."""
    with page.expect_popup() as opened:
        page.locator(button).first.click()
    return opened.value


def open_window(page: Page, code: str = "contoso") -> Page:
    """Opens the login page and presses the button; Microsoft's window."""
    page.goto(f"/login/{code}")
    return press(page)


def sign_in_on_page(page: Page, account: Account, code: str = "contoso") -> None:
    """The whole way, to the account page."""
    pick(open_window(page, code), account)
    page.wait_for_url("**/account")


@dataclass
class Held:
    """Requests that are answered only when a test lets them."""

    page: Page
    waiting: list[Route] = field(default_factory=list)
    number: int = 0

    def __call__(self, route: Route) -> None:
        self.number += 1
        self.waiting.append(route)

    def wait_for_one(self) -> None:
        def came() -> bool:
            # Playwright hands requests over while it is waiting.
            self.page.evaluate("0")
            return bool(self.waiting)

        until(came)

    def let_go(self) -> None:
        while self.waiting:
            self.waiting.pop(0).continue_()


def hold(page: Page, address: str | re.Pattern[str]) -> Held:
    """Holds what a browser's pages ask for at this address."""
    held = Held(page)
    page.context.route(address, held)
    return held


def stored(page: Page) -> dict[str, list[str]]:
    """What the browser keeps of this page's origin, by name."""
    kept: dict[str, list[str]] = page.evaluate(
        "({ session: Object.keys(sessionStorage), local: Object.keys(localStorage) })"
    )
    return {**kept, "cookies": [cookie["name"] for cookie in page.context.cookies()]}
