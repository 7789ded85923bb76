"""Advanced options, Login page: codes, notes, locations, and password sign-in."""

import time

import time_machine

from app.companies import queries as companies
from app.companies.models import PasswordSignIn
from tests.assertions import json_of
from tests.browser import Browser
from tests.cast import ALICE, OWNER_PASSWORD, Cast

LOGIN_PAGES = "/account/advanced/login-page"


def _primary_page(cast: Cast) -> str:
    with cast.app.app_context():
        company = companies.by_code("contoso")
        assert company
        return f"{LOGIN_PAGES}/{company.login_pages[0].id}"


def _rename(browser: Browser, page: str, code: str, note: str = "") -> int:
    return browser.post_form(f"{page}/save", page=page, code=code, note=note).status_code


def test_note_is_shown_as_text_with_safe_links(cast: Cast) -> None:
    alice, page = cast.alice(), _primary_page(cast)
    assert _rename(alice, page, "contoso", "Ask <b>IT</b>: https://help.contoso.example javascript:alert(1)") == 303
    shown = cast.browser().get("/login/contoso").text
    assert "&lt;b&gt;IT&lt;/b&gt;" in shown
    assert 'href="https://help.contoso.example"' in shown
    assert 'href="javascript' not in shown


def test_note_over_500_characters_is_rejected_and_kept_in_the_form(cast: Cast) -> None:
    alice, page = cast.alice(), _primary_page(cast)
    response = alice.post_form(f"{page}/save", page=page, code="contoso", note="n" * 501)
    assert response.status_code == 422
    assert "n" * 501 in response.text


def test_renamed_code_redirects_for_90_days_and_redirect_uris_stay(cast: Cast) -> None:
    alice, page = cast.alice(), _primary_page(cast)
    assert _rename(alice, page, "contoso-group") == 303
    forwarded = cast.browser().get("/login/contoso?next=/people")
    assert forwarded.headers["Location"] == "/login/contoso-group?next=/people"
    assert cast.browser().sign_in_as(ALICE, "contoso-group", cast.directory).status_code == 303
    with time_machine.travel(time.time() + 91 * 86400):
        assert cast.browser().get("/login/contoso").status_code == 404


def test_location_can_be_removed_and_main_page_cannot(cast: Cast) -> None:
    alice, main = cast.alice(), _primary_page(cast)
    with cast.app.app_context():
        company = companies.by_code("contoso")
        assert company
        lisbon = f"{LOGIN_PAGES}/{company.login_pages[1].id}"
    assert alice.post_form(f"{main}/remove", page=main).status_code == 404
    assert alice.post_form(f"{lisbon}/remove", page=lisbon).status_code == 303
    assert alice.get(lisbon).status_code == 404
    assert "Lisbon office" not in alice.get(LOGIN_PAGES).text
    assert cast.browser().get("/login/contoso").status_code == 200


def test_old_code_stays_reserved_for_its_company(cast: Cast) -> None:
    alice, page = cast.alice(), _primary_page(cast)
    _rename(alice, page, "contoso-group")
    charlie = cast.charlie()
    taken = charlie.post_form(f"{LOGIN_PAGES}/new", page=LOGIN_PAGES, location="Here", code="contoso")
    assert taken.status_code == 303
    assert "This code is taken" in charlie.get(LOGIN_PAGES).text
    assert _rename(alice, page, "contoso") == 303
    assert cast.browser().get("/login/contoso").status_code == 200


def test_code_availability_is_checked_while_typing(cast: Cast) -> None:
    alice = cast.alice()
    for code, free in (("fabrikam", False), ("admin", False), ("a", False), ("-x", False), ("Contoso-Two", True)):
        response = json_of(alice.get(f"{LOGIN_PAGES}/code?code={code}"))
        assert response["free"] is free, code


def test_location_has_its_own_code_and_note_and_shares_connection(cast: Cast) -> None:
    alice = cast.alice()
    made = alice.post_form(f"{LOGIN_PAGES}/new", page=LOGIN_PAGES, location="Oslo office", code="contoso-oslo")
    page = made.headers["Location"]
    alice.post_form(f"{page}/save", page=page, code="contoso-oslo", location="Oslo office", note="Velkommen")
    shown = cast.browser().get("/login/contoso-oslo").text
    assert "Velkommen" in shown
    assert "Oslo office" in shown
    assert cast.browser().sign_in_as(ALICE, "contoso-oslo", cast.directory).status_code == 303


def test_preview_is_the_real_login_page_and_framed_only_by_our_own_pages(cast: Cast) -> None:
    alice, page = cast.alice(), _primary_page(cast)
    preview = alice.get(f"{page}/preview?note=Not+saved+yet")
    assert "Not saved yet" in preview.text
    assert "frame-ancestors 'self'" in preview.headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in alice.get(page).headers["Content-Security-Policy"]


def test_passwords_can_be_disabled_only_after_an_owner_used_microsoft(cast: Cast) -> None:
    olivia = cast.browser()
    olivia.post_form(
        "/login/contoso/password", page="/login/contoso", email="owner@contoso.example", password=OWNER_PASSWORD
    )
    olivia.post_form(f"{LOGIN_PAGES}/passwords", page=LOGIN_PAGES, policy="nobody")
    assert "An owner must sign in with Microsoft once" in olivia.get(LOGIN_PAGES).text
    assert _policy(cast) == PasswordSignIn.EVERYONE
    alice = cast.alice()
    alice.post_form(f"{LOGIN_PAGES}/passwords", page=LOGIN_PAGES, policy="nobody")
    assert _policy(cast) == PasswordSignIn.NO_ONE


def _policy(cast: Cast) -> str:
    with cast.app.app_context():
        company = companies.by_code("contoso")
        assert company
        return company.password_sign_in


def test_members_get_403_and_outsiders_404(cast: Cast) -> None:
    page = _primary_page(cast)
    assert cast.bob().get(page).status_code == 403
    charlie = cast.charlie()
    assert charlie.get(page).status_code == 404
    assert charlie.get(f"{page}/preview").status_code == 404
    assert charlie.post_form(f"{page}/save", page=LOGIN_PAGES, code="mine", note="").status_code == 404
