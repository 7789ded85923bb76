"""`make screenshots`: images for the README and the admins' guide, of the demo's companies and people."""

import io
import json
import tempfile
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Page, sync_playwright

from demo.__main__ import COMPANIES, DEMO_SECRETS
from tests.directory import CONTOSO, Account, start_directory
from tests.e2e.processes import ROOT, Portico
from tests.e2e.visits import Visits, chromium, images_loaded, pick, press_microsoft, sign_in

SCREENSHOTS = ROOT / "docs" / "pictures"
DESK: dict[str, Any] = {"viewport": {"width": 1280, "height": 800}, "device_scale_factor": 2}
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 2}
QUALITY = 84
ALICE = Account(CONTOSO, "c0000001-0000-4000-8000-000000000001")
# People who sign in themselves: no guests, disabled accounts or names that contain markup.
MEMBERS = [Account(CONTOSO, f"c00000{n:02}-0000-4000-8000-0000000000{n:02}") for n in (*range(2, 9), 11, 12, 13)]
HOURS_AGO = (2, 5, 26, 3, 50, 1, 74, 8, 29, 4)


def main() -> None:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    directory = start_directory()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright, chromium(playwright) as browser:
        portico = Portico(Path(folder), directory)
        try:
            # Without the application, which doesn't run here: members would start there.
            companies = {"companies": json.loads(COMPANIES.read_text())["companies"]}
            for company in companies["companies"]:
                company.pop("role_mappings", None)
                # The file is written to another folder than that to which its paths are relative.
                for image in ("logo", "icon", "background_image"):
                    if path := company["branding"].get(image):
                        company["branding"][image] = str(COMPANIES.parent / path)
                for person in company.get("people", ()):
                    person.pop("application_roles", None)
            portico.open(companies, **DEMO_SECRETS)
            portico.register()
            visits = Visits(browser, portico)
            _take_all(visits)
            faults = visits.close()
            assert faults == [], faults
        finally:
            portico.close()
            directory.process.terminate()
            directory.process.wait(30)


def _take_all(visits: Visits) -> None:
    for name, options in (
        ("login", DESK),
        ("login-dark", {**DESK, "color_scheme": "dark"}),
        ("login-phone", PHONE),
    ):
        page = visits.new(**options)
        page.goto("/login/contoso")
        _take(page, name)
    for code in ("fabrikam", "northwind"):
        page = visits.new(**DESK)
        # With one sign-in method and no passwords it would lead on by itself.
        page.goto(f"/login/{code}?choose=1")
        _take(page, f"login-{code}")
    page = visits.new(**DESK)
    press_microsoft(page)
    _take(page, "directory")
    for account, hours in zip(MEMBERS, HOURS_AGO, strict=True):
        sign_in(visits.new(), account)
        visits.portico.change(
            "UPDATE person SET last_sign_in_at = datetime(last_sign_in_at, ?) WHERE oid = ?",
            f"-{hours} hours",
            account.oid,
        )
    pick(page, ALICE)
    page.wait_for_url("**/account")
    visits.portico.give_role(ALICE, "admin")
    page.reload()
    _take(page, "account")
    page.goto("/people")
    _take(page, "people")
    _take_advanced(page)
    phone = visits.new(**PHONE, color_scheme="dark")
    sign_in(phone, ALICE)
    phone.goto("/people")
    _take(phone, "people-phone")


def _take_advanced(page: Page) -> None:
    """For the admins' guide: two steps, a report, and a login page being set up."""
    page.goto("/account/advanced/active-directory")
    page.get_by_role("link", name="Add connection").click()
    page.get_by_label("Display name").fill("Contoso partners")
    page.get_by_role("button", name="Continue").click()
    _take(page, "advanced-paste")
    page.get_by_role("link", name="Continue").click()
    _take(page, "advanced-form")
    page.goto("/account/advanced/active-directory")
    page.get_by_role("link", name="Contoso staff", exact=True).click()
    page.get_by_role("link", name="Test sign-in").click()
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Start test").click()
    pick(opened.value, ALICE)
    page.get_by_text("Test passed").wait_for()
    _take(page, "advanced-report")
    page.goto("/account/advanced/branding")
    page.frame_locator("iframe[name=preview]").get_by_role("heading", level=1).wait_for()
    _take(page, "advanced-branding")
    page.goto("/account/advanced/login-page")
    page.get_by_role("link", name="Edit contoso", exact=True).click()
    page.frame_locator("#preview").get_by_role("heading", level=1).wait_for()
    _take(page, "advanced-login-page")


def _take(page: Page, name: str) -> None:
    page.evaluate("document.fonts.ready")
    if page.locator("img").count():
        assert images_loaded(page)
    shot = Image.open(io.BytesIO(page.screenshot(animations="disabled", caret="hide")))
    shot.convert("RGB").save(SCREENSHOTS / f"{name}.webp", "WEBP", quality=QUALITY, method=6)


if __name__ == "__main__":
    main()
