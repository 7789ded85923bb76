"""A note in a second language: written without JavaScript, previewed with it, and read."""

from playwright.sync_api import Locator, Page, expect

from tests.cast import ALICE
from tests.e2e.processes import Portico
from tests.e2e.test_accessibility import looker
from tests.e2e.visits import PHONE, Visits, sign_in

ARABIC = "\u0623\u0647\u0644\u0627 \u0628\u0643\u0645"


def open_settings(page: Page, code: str) -> None:
    page.goto("/account/advanced/login-page")
    page.get_by_role("link", name=f"Edit {code}", exact=True).click()


def add_arabic(page: Page) -> None:
    page.get_by_label("Add a language").select_option("\u0627\u0644\u0639\u0631\u0628\u064a\u0629")
    page.get_by_role("button", name="Add a language").click()


def arabic_note(page: Page) -> Locator:
    return page.get_by_label("Note to users (\u2068\u0627\u0644\u0639\u0631\u0628\u064a\u0629\u2069)")


def test_note_is_written_in_a_second_language_and_read(visits: Visits, portico: Portico) -> None:
    alice = visits.new(java_script_enabled=False)
    sign_in(alice, ALICE)
    portico.give_role(ALICE, "owner")
    open_settings(alice, "contoso")
    alice.get_by_label("Note to users").fill("Hello everyone")
    add_arabic(alice)
    expect(alice.get_by_label("Note to users (English)")).to_have_value("Hello everyone")
    note = arabic_note(alice)
    expect(note).to_be_focused()
    note.press_sequentially(ARABIC)
    alice.get_by_role("button", name="Save", exact=True).click()
    expect(alice.get_by_text("Saved.")).to_be_visible()
    for language, text in (("ar-EG", ARABIC), ("en", "Hello everyone"), ("fr", "Hello everyone")):
        reader = visits.new(locale=language)
        reader.goto("/login/contoso")
        expect(reader.locator(".company-note")).to_have_text(text)
        assert reader.locator(".company-note").evaluate("(note) => getComputedStyle(note).direction") == (
            "rtl" if text == ARABIC else "ltr"
        )


def test_preview_follows_the_language_that_is_typed(visits: Visits, portico: Portico) -> None:
    alice = visits.new(viewport=PHONE)
    sign_in(alice, ALICE)
    portico.give_role(ALICE, "owner")
    open_settings(alice, "contoso-lisbon")
    add_arabic(alice)
    arabic_note(alice).fill(ARABIC)
    preview = alice.frame_locator("#preview")
    expect(preview.locator("html[lang=ar] .company-note")).to_have_text(ARABIC)
    alice.get_by_label("Note to users (English)").fill("Hello")
    expect(preview.locator("html[lang=en] .company-note")).to_have_text("Hello")
    looker(alice)("the note in two languages")
