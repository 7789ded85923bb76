"""Contoso's people sign in at /login/contoso."""

import re

from playwright.sync_api import Page, expect

from tests.cast import ALICE, BOB, NO_PHOTO, OWNER_PASSWORD
from tests.e2e.processes import Portico, until
from tests.e2e.visits import Visits, pick, pictures_loaded, press_microsoft, sign_in


def test_a_person_reads_the_note_presses_the_button_and_lands_on_her_account(page: Page) -> None:
    page.goto("/login/contoso")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to Contoso")
    expect(page.get_by_label("Note from Contoso")).to_have_text("Use your Contoso account.")
    page.get_by_role("button", name="Sign in with Corporate Account").click()

    expect(page.get_by_role("heading", level=1)).to_have_text("Pick an account")
    page.get_by_role("button", name="Adaeze Okonkwo").click()

    page.wait_for_url("**/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Adaeze Okonkwo")
    main = page.get_by_role("main")
    expect(main.locator("dl")).to_contain_text("adaeze.okonkwo@contoso.example")
    expect(main.locator("dl")).to_contain_text("Chief Information Officer")
    assert pictures_loaded(page)
    size = main.locator("img.avatar").evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert size == [96, 96]


def test_somebody_without_a_picture_has_initials(page: Page) -> None:
    sign_in(page, NO_PHOTO)
    assert pictures_loaded(page)
    drawn = page.request.get(page.locator("main img.avatar").get_attribute("src") or "")
    assert drawn.headers["content-type"].startswith("image/svg+xml")
    assert "GN" in drawn.text()


def test_a_location_has_its_own_note_and_the_same_button(page: Page) -> None:
    page.goto("/login/contoso-lisbon")
    expect(page.get_by_label("Note from Contoso")).to_have_text("Bem-vindo!")
    expect(page.get_by_text("Lisbon office")).to_be_visible()
    page.locator(".btn-microsoft").click()
    pick(page, BOB)
    expect(page).to_have_url(re.compile("/account$"))


def test_whoever_asked_for_a_page_comes_to_it_after_signing_in(page: Page) -> None:
    page.goto("/people?q=bj")
    page.get_by_label("Login code").fill("Contoso")
    page.get_by_role("button", name="Continue").click()
    page.locator(".btn-microsoft").click()
    pick(page, BOB)
    page.wait_for_url("**/people?q=bj")
    expect(page.get_by_role("main").get_by_role("link", name="Björn Lindqvist")).to_be_visible()


def test_the_login_code_is_remembered(page: Page) -> None:
    page.goto("/login/contoso")
    page.goto("/login")
    expect(page.get_by_label("Login code")).to_have_value("contoso")


def test_two_tabs_at_once_both_finish(visits: Visits) -> None:
    first = visits.new()
    second = first.context.new_page()
    press_microsoft(first)
    press_microsoft(second)
    pick(first, ALICE)
    first.wait_for_url("**/account")
    pick(second, ALICE)
    second.wait_for_url("**/account")
    for tab in (first, second):
        tab.reload()
        expect(tab.get_by_role("heading", level=1)).to_have_text("Adaeze Okonkwo")


def test_the_keyboard_alone_signs_in_and_out(page: Page) -> None:
    page.goto("/login/contoso")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    _tab_to(page, "Sign in with Corporate Account")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Pick an account").wait_for()
    _tab_to(page, "Björn Lindqvist")
    page.keyboard.press("Enter")
    page.wait_for_url("**/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Björn Lindqvist")
    _tab_to(page, "Sign out")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("You’re signed out")


def test_without_javascript_people_sign_in_all_the_same(visits: Visits) -> None:
    page = visits.new(java_script_enabled=False)
    sign_in(page, ALICE)
    expect(page.get_by_role("heading", level=1)).to_have_text("Adaeze Okonkwo")
    expect(page.locator(".needs-script:visible")).to_have_count(0)


def test_the_owner_signs_in_with_a_password(page: Page) -> None:
    page.goto("/login/contoso")
    page.get_by_label("Email address").fill("owner@contoso.example")
    page.get_by_label("Password", exact=True).fill(OWNER_PASSWORD)
    page.get_by_role("button", name="Show password").click()
    expect(page.get_by_label("Password", exact=True)).to_have_attribute("type", "text")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/home")
    page.goto("/account")
    expect(page.get_by_role("heading", level=1)).to_have_text("Olivia Owner")
    expect(page.get_by_role("main")).to_contain_text("You sign in with a password.")


def test_a_wrong_password_is_told_and_the_address_kept(page: Page) -> None:
    page.goto("/login/contoso")
    page.get_by_label("Email address").fill("owner@contoso.example")
    page.get_by_label("Password", exact=True).fill("something else entirely")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Wrong email or password")
    expect(page.get_by_label("Email address")).to_have_value("owner@contoso.example")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()


def test_signing_out_ends_the_session_and_offers_microsofts(page: Page) -> None:
    sign_in(page, ALICE)
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You’re signed out")
    offered = page.get_by_role("link", name="Also sign out of Microsoft")
    expect(offered).to_have_attribute("href", re.compile(r"/oauth2/v2\.0/logout\?"))

    page.goto("/account")
    expect(page).to_have_url(re.compile(r"/login/contoso\?.*next=/account$"))

    # The directory still knows her: that session was not ended with ours.
    page.goto("/login/contoso")
    page.get_by_role("button", name="Use a different account").click()
    expect(page.get_by_role("button", name="Adaeze Okonkwo")).to_contain_text("Signed in")


def test_microsofts_sign_out_comes_back_to_a_page_of_ours(page: Page, portico: Portico) -> None:
    sign_in(page, ALICE)
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.get_by_role("link", name="Also sign out of Microsoft").click()
    page.wait_for_url(f"{portico.base_url}/login**")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to your company")


def test_somebody_unassigned_is_told_so_and_the_admin_what_to_do(page: Page, portico: Portico) -> None:
    portico.directory.drill("not_assigned", at="redirect")
    press_microsoft(page)
    pick(page, BOB)
    expect(page).to_have_url(re.compile(r"/auth/\w+/callback"))
    assert "code=" not in page.title()
    expect(page.get_by_text("Who can help")).to_be_visible()
    expect(page.get_by_text("AADSTS50105")).to_be_hidden()
    page.get_by_text("Details for your administrator", exact=True).click()
    expect(page.get_by_text("AADSTS50105")).to_be_visible()
    reference = page.locator("dd code", has_text="PRT-").inner_text()
    assert portico.rows("SELECT event FROM audit_entry WHERE reference = ?", reference) == [("sign_in.refused",)]
    expect(page.get_by_role("button", name="Copy details for your administrator")).to_be_visible()
    expect(page.get_by_role("link", name="Back to sign-in")).to_have_attribute("href", "/login/contoso?choose=1")


def test_cancelling_at_microsoft_comes_back_with_a_plain_word(page: Page) -> None:
    press_microsoft(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("link", name="Try again")).to_be_visible()


def test_sync_now_takes_over_a_change_in_the_directory(page: Page, portico: Portico) -> None:
    sign_in(page, ALICE)
    portico.directory.person(ALICE.tid, ALICE.oid, title="Chief Executive Officer")
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_role("status")).to_contain_text("Profile synced.")
    expect(page.get_by_role("main").locator("dl")).to_contain_text("Chief Executive Officer")


def test_a_returning_persons_profile_is_read_after_the_answer(page: Page, portico: Portico) -> None:
    sign_in(page, ALICE)
    portico.directory.person(ALICE.tid, ALICE.oid, title="Chief Executive Officer")
    # Microsoft knows her still, and asks nothing.
    press_microsoft(page)
    page.wait_for_url("**/account")

    def shown() -> bool:
        page.reload()
        return "Chief Executive Officer" in page.get_by_role("main").inner_text()

    until(shown)


def test_another_browsers_session_can_be_ended(visits: Visits) -> None:
    here, there = visits.new(), visits.new()
    sign_in(there, ALICE)
    sign_in(here, ALICE)
    here.get_by_role("main").get_by_role("button", name="Sign out", exact=True).click()
    expect(here.get_by_role("status")).to_contain_text("Session signed out.")
    expect(here.get_by_text("Only this browser.")).to_be_visible()
    there.goto("/people")
    expect(there).to_have_url(re.compile(r"/login/contoso\?.*next=/people$"))


def test_a_button_that_was_pressed_says_so_and_works_again_after_going_back(page: Page) -> None:
    press_microsoft(page)
    page.get_by_role("heading", name="Pick an account").wait_for()
    page.go_back()
    button = page.locator(".btn-microsoft")
    expect(button).not_to_have_attribute("aria-busy", "true")
    button.click()
    pick(page, BOB)
    page.wait_for_url("**/account")


def _tab_to(page: Page, name: str) -> None:
    """Goes on with the Tab key to what has this name."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if name in page.evaluate("document.activeElement.innerText || document.activeElement.textContent"):
            return
    raise AssertionError(f"Tab never came to “{name}”")
