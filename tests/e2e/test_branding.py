"""An admin gives the login page the company's looks, and what it weighs then."""

from collections.abc import Iterator

import pytest
from PIL import Image
from playwright.sync_api import FilePayload, expect

from tests.companies.test_branding_images import noise
from tests.e2e.processes import Portico
from tests.e2e.test_accessibility import looker
from tests.e2e.test_advanced import as_owner
from tests.e2e.visits import PHONE, Visits, images_loaded
from tests.people.test_avatars import saved

MOST_BYTES = 100_000
"""Of a login page with a logo, everything included, in a browser that has nothing of it."""
WEIGHT = """() => performance.getEntriesByType("resource").concat(performance.getEntriesByType("navigation"))
  .reduce((sum, entry) => sum + entry.transferSize, 0)"""
SHIFT = """() => {
  const observer = new PerformanceObserver(() => {});
  observer.observe({ type: "layout-shift", buffered: true });
  return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() =>
    done(observer.takeRecords().reduce((sum, entry) => sum + entry.value, 0)))));
}"""


@pytest.fixture
def unbranded(portico: Portico) -> Iterator[Portico]:
    yield portico
    portico.change("UPDATE company SET branding = NULL")
    portico.change("DELETE FROM branding_image")


def logo() -> FilePayload:
    """The heaviest there is: noise, a third of it transparent."""
    image = Image.new("RGBA", (600, 180), (0, 0, 0, 0))
    image.paste(noise((400, 180)), (200, 0))
    return {"name": "logo.png", "mimeType": "image/png", "buffer": saved(image, "PNG")}


def test_what_is_typed_is_previewed_then_saved_with_the_keyboard_alone(visits: Visits, unbranded: Portico) -> None:
    page = visits.new()
    as_owner(page)
    page.goto("/account/advanced/branding")
    preview = page.frame_locator("iframe[name=preview]")
    expect(preview.get_by_role("heading", level=1)).to_have_text("Sign in to Contoso")
    page.get_by_label("Name as shown").focus()
    page.keyboard.type("Contoso Group")
    expect(preview.get_by_role("heading", level=1)).to_have_text("Sign in to Contoso Group")
    page.get_by_label("Logo", exact=True).set_input_files(logo())
    expect(preview.get_by_alt_text("Contoso Group")).to_be_visible()
    page.get_by_label("Accent color", exact=True).focus()
    page.keyboard.type("#7c3aed")
    page.get_by_label("Support contact").focus()
    page.keyboard.type("help@contoso.example")
    page.get_by_role("radio", name="Login page").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(preview.get_by_role("heading", level=1)).to_have_text("You don’t have an account yet")
    expect(preview.get_by_role("link", name="help@contoso.example")).to_be_visible()
    page.keyboard.press("ArrowRight")
    expect(preview.get_by_role("link", name="Reset password")).to_be_visible()
    look = looker(page)
    look("the branding page")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.locator("#branding .actions button").focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("Branding saved.")).to_be_visible()

    for options in ({}, {"color_scheme": "dark"}, {"viewport": PHONE}):
        visitor = visits.new(**options)
        visitor.goto("/login/contoso", wait_until="networkidle")
        assert images_loaded(visitor)
        assert visitor.evaluate(WEIGHT) < MOST_BYTES
        assert visitor.evaluate(SHIFT) < 0.01
        looker(visitor)("a login page with a company's looks")
        button = visitor.get_by_role("button", name="Sign in", exact=True)
        expect(button).to_be_visible()
