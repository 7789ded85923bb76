"""Helpers for a login page with the single-page flow."""

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
"""Where a page posts its tokens."""
REDEMPTION = "**/oauth2/v2.0/token*"
"""Where MSAL.js redeems the code."""
SCRIPT = "**/static/spa.*.js"
NOTICED_WITHIN_MS = 2_000
"""Milliseconds within which a closed popup must be noticed."""


def switch(portico: Portico, flow: str, title: str = CONNECTION) -> None:
    """Changes a connection's flow, as an admin would do."""
    portico.change("UPDATE connection SET flow = ? WHERE title = ?", flow, title)


def make_credentials_active(portico: Portico, *, are_active: bool) -> None:
    """Moves all credentials to the active connections, or back to the drafts."""
    apps = ("connection.entra_app_id", "connection_draft.entra_app_id")
    to, source = apps if are_active else apps[::-1]
    both = "connection JOIN connection_draft USING (id)"
    pairs = f"SELECT {to} FROM {both} WHERE {source} = client_credential.entra_app_id"  # noqa: S608 - our own names
    portico.change(f"UPDATE client_credential SET entra_app_id = ({pairs}) WHERE EXISTS ({pairs})")  # noqa: S608


@contextmanager
def on_single_page(portico: Portico, *, with_credential: bool = False) -> Iterator[None]:
    """Contoso's people sign in on the page; afterwards the flow is restored."""
    switch(portico, "spa")
    if not with_credential:
        make_credentials_active(portico, are_active=False)
    yield
    switch(portico, "server")
    if not with_credential:
        make_credentials_active(portico, are_active=True)


def press(page: Page, button: str = ".btn-microsoft") -> Page:
    """Presses a button once it is enabled; returns Microsoft's popup, which closes by itself if Microsoft knows the
    person.
    """
    with page.expect_popup() as opened:
        page.locator(button).first.click()
    return opened.value


def open_window(page: Page, code: str = "contoso") -> Page:
    """Opens the login page and presses the button; returns Microsoft's popup."""
    page.goto(f"/login/{code}")
    return press(page)


def sign_in_on_page(page: Page, account: Account, code: str = "contoso") -> None:
    """A complete sign-in, to the account page."""
    pick(open_window(page, code), account)
    page.wait_for_url("**/account")


@dataclass
class Held:
    """Requests that are answered only when the test releases them."""

    page: Page
    waiting: list[Route] = field(default_factory=list)
    number: int = 0

    def __call__(self, route: Route) -> None:
        self.number += 1
        self.waiting.append(route)

    def wait_for_one(self) -> None:
        def arrived() -> bool:
            # Playwright delivers requests while it is waiting.
            self.page.evaluate("0")
            return bool(self.waiting)

        until(arrived)

    def release(self) -> None:
        while self.waiting:
            self.waiting.pop(0).continue_()


def hold(page: Page, address: str | re.Pattern[str]) -> Held:
    """Holds the requests of a browser's pages to this URL."""
    held = Held(page)
    page.context.route(address, held)
    return held


def stored(page: Page) -> dict[str, list[str]]:
    """The browser's stored data of this page's origin, by name."""
    kept: dict[str, list[str]] = page.evaluate(
        "({ session: Object.keys(sessionStorage), local: Object.keys(localStorage) })"
    )
    return {**kept, "cookies": [cookie["name"] for cookie in page.context.cookies()]}
