"""The demo’s application signs people in and out."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from tests.cast import ALICE, OWNER_PASSWORD
from tests.e2e.processes import BIN, ROOT, Portico, serving, until

SECRET = "a secret of the demo's application, long enough"
OWNER = "owner@contoso.example"


@pytest.fixture(scope="session")
def application(running: Portico) -> Iterator[str]:
    """The demo's application in its own process: Flask with Authlib's client. Yields its URL."""
    port = running.application_port
    address = f"http://localhost:{port}"
    running.register_application(
        name="Demo application",
        client_id="demo-application",
        secret=SECRET,
        redirect_uris=[f"{address}/callback", f"{address}/"],
        post_logout_redirect_uris=[f"{address}/"],
        backchannel_logout_uri=f"{address}/backchannel-logout",
    )
    own = {"PORTICO_URL": running.base_url, "APP_PORT": str(port), "DEMO_APPLICATION_SECRET": SECRET}
    command = (BIN / "python", "-m", "demo.application")
    log = running.folder / "application.log"
    with serving(address, *command, folder=ROOT, environment={**running.environment, **own}, log=log):
        yield address


def sign_in_with_password(page: Page) -> None:
    page.get_by_label("Email address").fill(OWNER)
    page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def test_password_sign_in_ends_at_the_application(page: Page, application: str) -> None:
    """Chromium applies the login page's form-action to the redirect that ends at the application."""
    page.goto(application)
    page.get_by_role("link", name="Sign in at Contoso").click()
    sign_in_with_password(page)
    expect(page.get_by_text("Hello, Olivia Owner. You’re signed in at Contoso")).to_be_visible()
    assert page.url == f"{application}/"
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("link", name="Sign in at Contoso")).to_be_visible()
    page.get_by_role("link", name="Sign in at Contoso").click()
    expect(page.get_by_label("Password", exact=True)).to_be_visible()


def test_microsoft_sign_in_ends_at_the_application(page: Page, application: str, portico: Portico) -> None:
    page.goto(application)
    page.get_by_role("link", name="Sign in at Contoso").click()
    page.get_by_role("button", name="Sign in with Corporate Account").click()
    page.locator(f'button[value="{ALICE.oid}"]').click()
    expect(page.get_by_text("You’re signed in at Contoso")).to_be_visible()
    page.goto(f"{application}/sign-in?prompt=none")
    expect(page.get_by_text("You’re signed in at Contoso")).to_be_visible()


def test_visitor_without_company_is_asked_for_it_and_reaches_application(page: Page, application: str) -> None:
    page.goto(application)
    page.get_by_role("link", name="Sign in", exact=True).click()
    page.get_by_label("Login code").fill("contoso")
    page.get_by_role("button", name="Continue").click()
    sign_in_with_password(page)
    expect(page.get_by_text("Hello, Olivia Owner")).to_be_visible()


def test_error_is_shown_by_the_application(page: Page, application: str) -> None:
    page.goto(f"{application}/sign-in?organization=nowhere")
    expect(page.get_by_role("alert")).to_contain_text("Unknown organization")


def test_signing_out_at_portico_ends_the_session_at_the_application(
    page: Page, application: str, portico: Portico
) -> None:
    page.goto(application)
    page.get_by_role("link", name="Sign in at Contoso").click()
    sign_in_with_password(page)
    expect(page.get_by_text("Hello, Olivia Owner")).to_be_visible()
    page.goto(f"{portico.base_url}/account")
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    expect(page.get_by_role("heading", name="You’re signed out")).to_be_visible()

    def is_signed_out() -> bool:
        page.goto(application)
        return page.get_by_role("link", name="Sign in at Contoso").is_visible()

    until(is_signed_out)
