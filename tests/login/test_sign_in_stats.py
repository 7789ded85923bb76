"""Sign-ins by day, for owners and admins."""

import re
from datetime import timedelta
from html import unescape

import pytest
import time_machine

from app.audit.events.sign_ins import SignInFailed
from app.audit.log import record
from app.core.database import now
from app.core.unit_of_work import unit_of_work
from app.login.stats.sign_in_stats import axis_top, sign_in_stats
from tests.assertions import queries
from tests.browser import Browser
from tests.cast import ALICE, OWNER_PASSWORD, Cast

PAGE = "/account/advanced/sign-ins"


def fail(cast: Cast, *, days_ago: int) -> None:
    with time_machine.travel(now() - timedelta(days=days_ago)):
        for password in (OWNER_PASSWORD, "wrong", "wrong again"):
            given = {"email": "owner@contoso.example", "password": password}
            cast.browser().post_form("/login/contoso/password", page="/login/contoso", **given)


def follow(browser: Browser, page: str, words: str) -> str:
    """The page behind the first link with these words."""
    links = re.findall(r'<a [^>]*?href="([^"]+)"[^>]*>(.*?)</a>', page, re.DOTALL)
    return browser.get(next(unescape(url) for url, text in links if words in text)).text


def test_sign_ins_and_failures_are_counted_by_day_and_reason(cast: Cast) -> None:
    alice = cast.alice()
    fail(cast, days_ago=3)
    with cast.app.app_context(), queries(cast.app) as sent:
        found = sign_in_stats(cast.person(ALICE).company_id, now().date(), 30)
    assert len(sent) == 2, "Alice’s row, and the counts"
    counted = {(now().date() - one.day).days: (one.successful, one.failed) for one in found.days}
    assert (counted[0], counted[3], counted[1]) == ((1, 0), (1, 2), (0, 0))
    assert found.reasons == [("wrong_password", 2)]
    page = alice.get(PAGE).text
    assert "Wrong password" in page
    assert "1 successful, 2 failed" in page


def test_other_companies_are_not_counted(cast: Cast) -> None:
    alice = cast.alice()
    cast.charlie()
    with cast.app.app_context():
        found = sign_in_stats(cast.person(ALICE).company_id, now().date(), 30)
    assert sum(one.successful for one in found.days) == 1
    assert "No failures." in alice.get(PAGE).text


def test_period_can_be_chosen(cast: Cast) -> None:
    fail(cast, days_ago=20)
    alice = cast.alice()
    assert "0 failed" in alice.get(f"{PAGE}?days=7").text
    assert "2 failed" in alice.get(f"{PAGE}?days=30").text
    for other in ("0", "8", "-7", "many"):
        page = alice.get(f"{PAGE}?days={other}")
        assert page.status_code == 200
        assert "2 failed" in page.text


def test_reason_links_to_its_entries(cast: Cast) -> None:
    alice = cast.alice()
    fail(cast, days_ago=3)
    with cast.app.app_context(), unit_of_work():
        record(SignInFailed(company_id=cast.person(ALICE).company_id, reason="guest"))
    entries = follow(alice, alice.get(PAGE).text, "Wrong password")
    assert entries.count("couldn’t sign in: wrong password") == 2
    assert "guests aren’t allowed" not in entries
    without = follow(alice, entries, "All reasons")
    assert "guests aren’t allowed" in without


def test_day_links_to_its_sign_ins(cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob()
    bob.post_form("/logout", page="/account")
    fail(cast, days_ago=0)
    day = now().date()
    entries = follow(alice, alice.get(PAGE).text, f"{day.day} {day:%b %Y}")
    assert entries.count("couldn’t sign in") == 2
    assert entries.count("signed in for the first time") == 2
    assert "signed out" not in entries


def test_error_code_is_explained(cast: Cast) -> None:
    alice = cast.alice()
    with cast.app.app_context(), unit_of_work():
        record(SignInFailed(company_id=cast.person(ALICE).company_id, reason="aadsts_7000222"))
    assert "aadsts_" not in re.sub(r"<[^>]+>", "", alice.get(PAGE).text)
    assert "(AADSTS7000222)" in alice.get(PAGE).text


@pytest.mark.parametrize(("most", "top"), [(0, 2), (2, 2), (3, 4), (5, 6), (7, 8), (11, 20), (61, 80), (101, 200)])
def test_axis_ends_at_an_even_round_number(most: int, top: int) -> None:
    assert axis_top(most) == top
    assert top % 2 == 0
