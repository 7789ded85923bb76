"""“Confirm it’s you”: what proves who is there, what doesn’t, and what it is asked for."""

import re
import time
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

import pytest
import requests
import sqlalchemy as sa
import time_machine

from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.http.current import RECENT_SIGN_IN
from app.login.microsoft.identity import AUTH_TIME_SKEW_SECONDS
from app.sessions.models import Session
from tests import directory as seed
from tests.accounts import PASSWORD, account, company_of, sign_in
from tests.assertions import history, last_refusal
from tests.browser import Browser, pick
from tests.cast import ALICE, BOB, Cast
from tests.directory import Account
from tests.passkey import SoftPasskey
from tests.recent import FACTORS, PROOF, add_app, asked, signed_in_long_ago, signed_in_recently
from tests.spa import open_page

EMAIL = "otto@contoso.example"


@pytest.fixture
def otto(cast: Cast) -> Browser:
    account(cast.app, company_of(cast.app), EMAIL, "Otto Owner", "owner")
    browser = cast.browser()
    assert sign_in(browser, EMAIL) == 303
    return browser


def prove(browser: Browser, back: str = FACTORS, **fields: str) -> int:
    page = f"{PROOF}?{urlencode({'next': back})}"
    answer = browser.post_form(PROOF, page=page, next=back, **fields)
    assert answer.status_code != 303 or answer.location == back
    return answer.status_code


def reauthenticated_at(cast: Cast, email: str = "") -> Any:
    with cast.app.app_context():
        return db.session.scalars(sa.select(Session.reauthenticated_at).order_by(Session.id.desc()).limit(1)).one()


# What is asked when


def test_a_sign_in_with_a_password_counts_for_five_minutes(cast: Cast, otto: Browser) -> None:
    assert not asked(otto)
    signed_in_recently(cast.app, RECENT_SIGN_IN - timedelta(seconds=10))
    assert not asked(otto)
    signed_in_long_ago(cast.app)
    assert asked(otto)


def test_the_password_proves_it_and_leads_back(cast: Cast, otto: Browser) -> None:
    signed_in_long_ago(cast.app)
    page = otto.get(FACTORS, follow_redirects=True).text
    assert "Confirm it’s you" in page
    assert prove(otto, password="wrong") == 422
    assert asked(otto)
    assert last_refusal(cast.app) == "wrong_password"
    assert prove(otto, password=PASSWORD) == 303
    assert not asked(otto)
    assert [entry.detail["method"] for entry in history(cast.app, "session.reauthenticated")] == ["password"]


def test_it_counts_in_this_session_alone(cast: Cast, otto: Browser) -> None:
    elsewhere = cast.browser()
    assert sign_in(elsewhere, EMAIL) == 303
    signed_in_long_ago(cast.app)
    assert prove(otto, password=PASSWORD) == 303
    assert asked(elsewhere)


def test_coming_back_stays_on_this_site(cast: Cast, otto: Browser) -> None:
    signed_in_long_ago(cast.app)
    answer = otto.post_form(PROOF, page=PROOF, next="//evil.example", password=PASSWORD)
    assert answer.location == "/home"


def test_with_two_step_verification_the_password_alone_is_not_enough(cast: Cast, otto: Browser) -> None:
    totp = add_app(otto)
    signed_in_long_ago(cast.app)
    assert 'name="password"' not in otto.get(PROOF).text
    assert prove(otto, password=PASSWORD) == 422
    assert prove(otto, number="000000") == 422
    assert asked(otto)
    number = totp.now()
    assert prove(otto, number=number) == 303
    assert not asked(otto)
    signed_in_long_ago(cast.app)
    assert prove(otto, number=number) == 422, "each code counts once"


def test_a_recovery_code_proves_it_once(cast: Cast, otto: Browser) -> None:
    add_app(otto)
    page = "/account/recovery-codes"
    codes = re.findall(r"<code>([a-z0-9-]{19})</code>", otto.post_form(page, page=page).text)
    signed_in_long_ago(cast.app)
    assert prove(otto, number=codes[0]) == 303
    signed_in_long_ago(cast.app)
    assert prove(otto, number=codes[0]) == 422


def test_a_passkey_proves_it_once(cast: Cast, otto: Browser) -> None:
    passkey = SoftPasskey(cast.app.config["BASE_URL"])
    credential = passkey.create(otto.get(FACTORS).text)
    otto.post_form(f"{FACTORS}/passkeys", page="/account", credential=credential, name="Phone")
    signed_in_long_ago(cast.app)
    given = {"csrf_token": otto.csrf("/account"), "credential": passkey.get(otto.get(PROOF).text), "next": FACTORS}
    cookie = otto.get_cookie("browser")
    assert cookie
    assert otto.post(PROOF, data=given).status_code == 303
    assert not asked(otto)
    signed_in_long_ago(cast.app)
    otto.set_cookie("browser", cookie.value)
    assert otto.post(PROOF, data=given).status_code == 422, "the challenge is spent"
    assert asked(otto)


def test_guessing_is_slowed_down(cast: Cast, otto: Browser) -> None:
    signed_in_long_ago(cast.app)
    assert [prove(otto, password="wrong") for _ in range(11)] == [422] * 10 + [429]


# Microsoft


def begin(browser: Browser, cast: Cast, back: str = "/account") -> str:
    """Presses Microsoft's button on the page; the address that it leads to."""
    page = browser.get(f"{PROOF}?{urlencode({'next': back})}").text
    action = re.search(rf'action="({PROOF}/[^"]+)"', page)
    assert action
    answer = browser.post_form(action[1], page=PROOF, next=back)
    assert answer.status_code == 303
    return answer.headers["Location"]


def stripped(address: str) -> str:
    """The address at Microsoft as a browser may change it."""
    parts = urlsplit(address)
    query = {name: value[0] for name, value in parse_qs(parts.query).items() if name not in ("prompt", "max_age")}
    return urlunsplit(parts._replace(query=urlencode(query)))


def silently(http_session: requests.Session, address: str) -> str:
    """Where the directory leads a browser that it has signed in already, without asking anything."""
    answer = http_session.get(address, allow_redirects=False, timeout=10)
    assert answer.status_code in (302, 303), "it asked"
    back = urlsplit(answer.headers["Location"])
    return f"{back.path}?{back.query}"


def signed_in_at_microsoft(cast: Cast, who: Account) -> tuple[Browser, requests.Session]:
    """A person who is signed in here and, in the same browser, at the directory."""
    browser, http_session = cast.browser(), requests.Session()
    picked = http_session.post(browser.begin("contoso"), data={"account": who.oid}, allow_redirects=False, timeout=10)
    back = urlsplit(picked.headers["Location"])
    assert browser.get(f"{back.path}?{back.query}").status_code == 303
    return browser, http_session


def test_microsoft_is_asked_to_ask_and_its_auth_time_proves_it(cast: Cast) -> None:
    bob = cast.bob()
    page = "/account/microsoft"
    assert asked(bob, page), "a sign-in of Microsoft's that may have been silent is no proof"
    address = begin(bob, cast, page)
    assert parse_qs(urlsplit(address).query)["prompt"] == ["login"]
    answer = bob.get(pick(cast.directory, address, BOB))
    assert (answer.status_code, answer.location) == (303, page)
    assert not asked(bob, page)
    assert [entry.detail["method"] for entry in history(cast.app, "session.reauthenticated")] == ["Contoso staff"]


@pytest.mark.parametrize("registered", [False, True])
def test_a_browser_that_strips_the_prompt_proves_nothing(cast: Cast, registered: bool) -> None:
    if registered:
        claims = ["acct", "login_hint", "sid", "auth_time"]
        cast.directory.application(seed.CONTOSO, seed.CONTOSO_CLIENT, optional_claims=claims)
    bob, http_session = signed_in_at_microsoft(cast, BOB)
    signed_in_recently(cast.app, None)
    later = time.time() + AUTH_TIME_SKEW_SECONDS + 2
    with time_machine.travel(later):
        answer = bob.get(silently(http_session, stripped(begin(bob, cast))))
    assert answer.status_code == 400
    assert "We couldn’t confirm it’s you" in answer.text
    assert f'href="{PROOF}' in answer.text
    assert last_refusal(cast.app) == ("auth_time_old" if registered else "auth_time_missing")
    assert reauthenticated_at(cast) is None


def test_with_the_prompt_the_directory_asks_also_who_is_signed_in_there(cast: Cast) -> None:
    bob, http_session = signed_in_at_microsoft(cast, BOB)
    answer = http_session.get(begin(bob, cast), allow_redirects=False, timeout=10)
    assert answer.status_code == 200, "the picker"


def test_a_sign_in_that_microsoft_dates_counts_from_its_date(cast: Cast) -> None:
    claims = ["acct", "login_hint", "sid", "auth_time"]
    cast.directory.application(seed.CONTOSO, seed.CONTOSO_CLIENT, optional_claims=claims)
    signed_in_at_microsoft(cast, BOB)
    assert now() - reauthenticated_at(cast) < timedelta(minutes=1)
    fresh = cast.browser()
    with time_machine.travel(time.time() + 120):
        address = fresh.begin("contoso")
    assert fresh.get(pick(cast.directory, address, BOB)).status_code == 303
    assert reauthenticated_at(cast) is None, "it began after Microsoft says that the person signed in"


def test_another_microsoft_account_proves_nothing(cast: Cast) -> None:
    cast.alice()
    bob = cast.bob()
    answer = bob.get(pick(cast.directory, begin(bob, cast), ALICE))
    assert answer.status_code == 400
    assert last_refusal(cast.app) == "other_person"
    assert asked(bob, "/account/microsoft")


def test_another_companys_connection_proves_nothing(cast: Cast) -> None:
    bob = cast.bob()
    for path in (f"{PROOF}/{cast.fabrikam_connection}", f"{PROOF}/nothing"):
        assert bob.post_form(path, page=PROOF).status_code == 404


def test_the_single_page_proves_it_as_well(cast: Cast) -> None:
    cast.switch(seed.CONTOSO, "spa")
    bob = cast.browser()
    page = open_page(bob, "contoso")
    assert page.bring(page.tokens(cast.directory, BOB)).status_code == 200
    assert asked(bob, "/account/microsoft")

    page = open_page(bob, path=PROOF)
    assert page.settings["prompt"] == "login"
    silent = page.bring(page.tokens(cast.directory, BOB))
    assert silent.status_code == 401
    assert silent.json
    assert silent.json["error"] == "auth_time_missing"
    assert asked(bob, "/account/microsoft")

    claims = ["acct", "login_hint", "sid", "auth_time"]
    cast.directory.application(seed.CONTOSO, seed.CONTOSO_CLIENT, optional_claims=claims)
    page = open_page(bob, path=PROOF)
    other = page.bring(page.tokens(cast.directory, ALICE))
    assert other.json
    assert other.json["error"] == "other_person"
    page = open_page(bob, path=PROOF)
    assert page.bring({**page.tokens(cast.directory, BOB), "next": "/account/microsoft"}).json == {
        "next": "/account/microsoft"
    }
    assert not asked(bob, "/account/microsoft")


def test_who_has_nothing_to_prove_it_with_is_told_what_to_do(cast: Cast) -> None:
    bob = cast.bob()
    with cast.app.app_context(), unit_of_work():
        found = cast.person(BOB)
        found.tid = found.oid = None
    assert "Sign out, sign in again" in bob.get(PROOF).text
