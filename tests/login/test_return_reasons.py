"""Signed-out people reach their company's login page, see why, and return to where they were."""

import re
from datetime import timedelta

import pytest
import time_machine

from app.core.database import now
from tests.browser import Browser
from tests.cast import BOB, OWNER_PASSWORD, Cast

NEXT = "/people?q=ad"
OWNER = "owner@contoso.example"


def login_page(browser: Browser) -> str:
    """The login page that a signed-out browser reaches instead of the requested page."""
    found = browser.get(NEXT, follow_redirects=True)
    assert (found.request.path, found.request.args["next"]) == ("/login/contoso", NEXT)
    return found.text


def as_owner(cast: Cast) -> Browser:
    browser = cast.browser()
    given = {"email": OWNER, "password": OWNER_PASSWORD}
    assert browser.post_form("/login/contoso/password", page="/login/contoso", **given).status_code == 303
    return browser


def test_expired_session_leads_to_own_login_page_and_back(cast: Cast) -> None:
    owner = as_owner(cast)
    with time_machine.travel(now() + timedelta(days=8)):
        page = login_page(owner)
        assert "Your session expired. Sign in to continue where you were." in page
        kept = re.search(r'name="next"[^>]* value="([^"]+)"', page)
        assert kept
        given = {"email": OWNER, "password": OWNER_PASSWORD, "next": kept[1]}
        response = owner.post_form("/login/contoso/password", page="/login/contoso?choose=1", **given)
        assert response.headers["Location"] == NEXT


def test_person_signed_out_by_admin_sees_the_reason(cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob()
    alice.post_form(f"/people/{cast.person_id(BOB)}/sessions/end", page="/account")
    assert "An admin signed you out." in login_page(bob)


def test_password_change_is_explained_in_other_browsers(cast: Cast) -> None:
    here, there = as_owner(cast), as_owner(cast)
    fields = {"old": OWNER_PASSWORD, "password": "another long password"}
    assert here.post_form("/account/password", page="/account/password", **fields).status_code in (302, 303)
    assert "Your password was changed, so you were signed out." in login_page(there)


def test_going_back_after_signing_out_says_so(cast: Cast) -> None:
    bob = cast.bob()
    signed_out = bob.post(
        "/logout", data={"csrf_token": bob.csrf("/account")}, headers={"Referer": f"{base(cast)}{NEXT}"}
    )
    again = re.search(r'href="([^"]+)">Sign in again', signed_out.text)
    assert again
    assert again[1] == "/login/contoso?choose=1&amp;next=/people?q%3Dad"
    assert "You’re signed out. Sign in to continue." in login_page(bob)


@pytest.mark.parametrize("referrer", ["https://evil.example/people", "https://evil.example", "nonsense", ""])
def test_signing_out_never_returns_to_another_site(cast: Cast, referrer: str) -> None:
    bob = cast.bob()
    page = bob.post("/logout", data={"csrf_token": bob.csrf("/account")}, headers={"Referer": referrer}).text
    assert 'href="/login/contoso?choose=1">Sign in again' in page


def test_first_visit_asks_for_login_code(cast: Cast) -> None:
    page = cast.browser().get(NEXT, follow_redirects=True)
    assert page.request.path == "/login"
    assert "Work email or login code" in page.text


def test_login_code_can_be_changed_without_a_next_page(cast: Cast) -> None:
    bob = cast.bob()
    bob.post_form("/logout", page="/account")
    page = bob.get("/login")
    assert page.status_code == 200
    assert 'value="contoso"' in page.text


def test_unknown_reason_is_not_shown(cast: Cast) -> None:
    page = cast.browser().get("/login/contoso?why=Call+555-0100").text
    assert "555" not in page
    assert "return-reason" not in page


def base(cast: Cast) -> str:
    return str(cast.app.config["BASE_URL"])
