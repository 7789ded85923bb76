"""Contoso's people sign in at /login/contoso."""

import re

from playwright.sync_api import Page, expect

from tests.cast import ALICE, BOB, NO_PHOTO, OWNER_PASSWORD
from tests.directory import CONTOSO, CONTOSO_CLIENT
from tests.e2e.processes import Portico, until
from tests.e2e.visits import Visits, images_loaded, pick, press_microsoft, sign_in


def test_person_reads_note_signs_in_and_reaches_account(page: Page) -> None:
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
    assert images_loaded(page)
    size = main.locator("img.avatar").evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert size == [96, 96]


def test_person_without_photo_has_initials(page: Page) -> None:
    sign_in(page, NO_PHOTO)
    assert images_loaded(page)
    drawn = page.request.get(page.locator("main img.avatar").get_attribute("src") or "")
    assert drawn.headers["content-type"].startswith("image/svg+xml")
    assert "GN" in drawn.text()


def test_location_has_its_own_note_and_the_same_button(page: Page) -> None:
    page.goto("/login/contoso-lisbon")
    expect(page.get_by_label("Note from Contoso")).to_have_text("Bem-vindo!")
    expect(page.get_by_text("Lisbon office")).to_be_visible()
    page.locator(".btn-microsoft").click()
    pick(page, BOB)
    expect(page).to_have_url(re.compile("/account$"))


def test_requested_page_opens_after_sign_in(page: Page) -> None:
    page.goto("/people?q=bj")
    page.get_by_label("Login code").fill("Contoso")
    page.get_by_role("button", name="Continue").click()
    page.locator(".btn-microsoft").click()
    pick(page, BOB)
    page.wait_for_url("**/people?q=bj")
    expect(page.get_by_role("main").get_by_role("link", name="Björn Lindqvist")).to_be_visible()


def test_login_code_is_remembered(page: Page) -> None:
    sign_in(page, BOB)
    page.goto("/login")
    expect(page.get_by_label("Login code")).to_have_value("contoso")


def test_sign_ins_in_two_tabs_both_finish(visits: Visits) -> None:
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


def test_sign_in_and_out_work_by_keyboard(page: Page) -> None:
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


def test_sign_in_works_without_javascript(visits: Visits) -> None:
    page = visits.new(java_script_enabled=False)
    sign_in(page, ALICE)
    expect(page.get_by_role("heading", level=1)).to_have_text("Adaeze Okonkwo")
    expect(page.locator(".needs-script:visible")).to_have_count(0)


def test_owner_signs_in_with_password(page: Page) -> None:
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


def test_wrong_password_shows_error_and_keeps_address(page: Page) -> None:
    page.goto("/login/contoso")
    page.get_by_label("Email address").fill("owner@contoso.example")
    page.get_by_label("Password", exact=True).fill("something else entirely")
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("Wrong email or password")
    expect(page.get_by_label("Email address")).to_have_value("owner@contoso.example")
    expect(page.get_by_label("Password", exact=True)).to_be_focused()


def test_signing_out_ends_session_and_offers_microsoft_sign_out(page: Page) -> None:
    sign_in(page, ALICE)
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You’re signed out")
    sign_out_link = page.get_by_role("link", name="Also sign out of Microsoft")
    expect(sign_out_link).to_have_attribute("href", re.compile(r"/oauth2/v2\.0/logout\?"))

    page.goto("/account")
    expect(page).to_have_url(re.compile(r"/login/contoso\?.*next=/account$"))

    # Signing out of Portico didn't end her session at the directory.
    page.goto("/login/contoso")
    page.get_by_role("button", name="Use a different account").click()
    expect(page.get_by_role("button", name="Adaeze Okonkwo")).to_contain_text("Signed in")


def test_microsoft_sign_out_returns_to_portico(page: Page, portico: Portico) -> None:
    sign_in(page, ALICE)
    page.get_by_role("button", name="Sign out", exact=True).first.click()
    page.get_by_role("link", name="Also sign out of Microsoft").click()
    page.wait_for_url(f"{portico.base_url}/login**")
    expect(page.get_by_role("heading", level=1)).to_have_text("Sign in to your company")


def test_sign_out_at_microsoft_ends_the_session_here(page: Page, portico: Portico) -> None:
    ((connection,),) = portico.rows("SELECT public_id FROM connection_draft WHERE title = 'Contoso staff'")
    logout_url = f"{portico.base_url}/auth/{connection}/front-channel-logout"
    portico.directory.call("PATCH", f"tenants/{CONTOSO}/applications/{CONTOSO_CLIENT}", {"logout_url": logout_url})
    sign_in(page, ALICE)
    other = page.context.new_page()
    with other.expect_response(lambda response: "/front-channel-logout?sid=" in response.url) as answered:
        other.goto(f"{portico.directory.origin}/{CONTOSO}/oauth2/v2.0/logout")
    assert answered.value.status == 200
    expect(other.get_by_role("heading", level=1)).to_have_text("You are signed out")
    page.goto("/account")
    expect(page.get_by_role("main")).to_contain_text("You signed out of Microsoft, so you were signed out here.")
    # Had our headers blocked the frame, it would show Chromium's error page.
    assert [frame.url for frame in other.frames if frame.url.startswith(logout_url)]


def test_unassigned_person_sees_error_with_details_for_admin(page: Page, portico: Portico) -> None:
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


def test_canceling_at_microsoft_returns_with_try_again(page: Page) -> None:
    press_microsoft(page)
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("link", name="Try again")).to_be_visible()


def test_sync_now_shows_change_in_directory(page: Page, portico: Portico) -> None:
    sign_in(page, ALICE)
    portico.directory.person(ALICE.tid, ALICE.oid, title="Chief Executive Officer")
    page.get_by_role("button", name="Sync now").click()
    expect(page.get_by_role("status")).to_contain_text("Profile synced.")
    expect(page.get_by_role("main").locator("dl")).to_contain_text("Chief Executive Officer")


def test_profile_of_returning_person_is_synced_after_the_response(page: Page, portico: Portico) -> None:
    sign_in(page, ALICE)
    portico.directory.person(ALICE.tid, ALICE.oid, title="Chief Executive Officer")
    # Microsoft still has her session and asks nothing.
    press_microsoft(page)
    page.wait_for_url("**/account")

    def shown() -> bool:
        page.reload()
        return "Chief Executive Officer" in page.get_by_role("main").inner_text()

    until(shown)


def test_session_in_another_browser_can_be_signed_out(visits: Visits) -> None:
    here, there = visits.new(), visits.new()
    sign_in(there, ALICE)
    sign_in(here, ALICE)
    here.get_by_role("main").get_by_role("button", name="Sign out", exact=True).click()
    expect(here.get_by_role("status")).to_contain_text("Session signed out.")
    expect(here.get_by_text("Only this browser.")).to_be_visible()
    there.goto("/people")
    expect(there).to_have_url(re.compile(r"/login/contoso\?.*next=/people$"))


def test_pressed_button_works_again_after_going_back(page: Page) -> None:
    press_microsoft(page)
    page.get_by_role("heading", name="Pick an account").wait_for()
    page.go_back()
    button = page.locator(".btn-microsoft")
    expect(button).not_to_have_attribute("aria-busy", "true")
    button.click()
    pick(page, BOB)
    page.wait_for_url("**/account")


def _tab_to(page: Page, name: str) -> None:
    """Presses Tab until the element with this name has the focus."""
    for _ in range(60):
        page.keyboard.press("Tab")
        if name in page.evaluate("document.activeElement.innerText || document.activeElement.textContent"):
            return
    raise AssertionError(f"Tab never reached “{name}”")
