"""“Confirm it’s you”: what counts as confirmation, what doesn’t, and which pages require it."""

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
from tests.assertions import audit_entries, last_failure_reason
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


def confirm(browser: Browser, back: str = FACTORS, **fields: str) -> int:
    page = f"{PROOF}?{urlencode({'next': back})}"
    response = browser.post_form(PROOF, page=page, next=back, **fields)
    assert response.status_code != 303 or response.location == back
    return response.status_code


def reauthenticated_at(cast: Cast, email: str = "") -> Any:
    with cast.app.app_context():
        return db.session.scalars(sa.select(Session.reauthenticated_at).order_by(Session.id.desc()).limit(1)).one()


# When confirmation is required


def test_password_sign_in_counts_for_five_minutes(cast: Cast, otto: Browser) -> None:
    assert not asked(otto)
    signed_in_recently(cast.app, RECENT_SIGN_IN - timedelta(seconds=10))
    assert not asked(otto)
    signed_in_long_ago(cast.app)
    assert asked(otto)


def test_password_confirms_identity_and_returns_to_page(cast: Cast, otto: Browser) -> None:
    signed_in_long_ago(cast.app)
    page = otto.get(FACTORS, follow_redirects=True).text
    assert "Confirm it’s you" in page
    assert confirm(otto, password="wrong") == 422
    assert asked(otto)
    assert last_failure_reason(cast.app) == "wrong_password"
    assert confirm(otto, password=PASSWORD) == 303
    assert not asked(otto)
    assert [entry.detail["method"] for entry in audit_entries(cast.app, "session.reauthenticated")] == ["password"]


def test_confirmation_counts_only_in_this_session(cast: Cast, otto: Browser) -> None:
    elsewhere = cast.browser()
    assert sign_in(elsewhere, EMAIL) == 303
    signed_in_long_ago(cast.app)
    assert confirm(otto, password=PASSWORD) == 303
    assert asked(elsewhere)


def test_return_path_stays_on_this_site(cast: Cast, otto: Browser) -> None:
    signed_in_long_ago(cast.app)
    response = otto.post_form(PROOF, page=PROOF, next="//evil.example", password=PASSWORD)
    assert response.location == "/home"


def test_password_alone_is_not_enough_with_two_step_verification(cast: Cast, otto: Browser) -> None:
    totp = add_app(otto)
    signed_in_long_ago(cast.app)
    assert 'name="password"' not in otto.get(PROOF).text
    assert confirm(otto, password=PASSWORD) == 422
    assert confirm(otto, number="000000") == 422
    assert asked(otto)
    number = totp.now()
    assert confirm(otto, number=number) == 303
    assert not asked(otto)
    signed_in_long_ago(cast.app)
    assert confirm(otto, number=number) == 422, "each code counts once"


def test_recovery_code_confirms_once(cast: Cast, otto: Browser) -> None:
    add_app(otto)
    page = "/account/recovery-codes"
    codes = re.findall(r"<code>([a-z0-9-]{19})</code>", otto.post_form(page, page=page).text)
    signed_in_long_ago(cast.app)
    assert confirm(otto, number=codes[0]) == 303
    signed_in_long_ago(cast.app)
    assert confirm(otto, number=codes[0]) == 422


def test_passkey_response_confirms_once(cast: Cast, otto: Browser) -> None:
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
    assert otto.post(PROOF, data=given).status_code == 422, "the challenge was used"
    assert asked(otto)


def test_wrong_passwords_are_rate_limited(cast: Cast, otto: Browser) -> None:
    signed_in_long_ago(cast.app)
    assert [confirm(otto, password="wrong") for _ in range(11)] == [422] * 10 + [429]


# Microsoft


def begin(browser: Browser, cast: Cast, back: str = "/account") -> str:
    """Presses the Microsoft button on the page; returns the URL to which it redirects."""
    page = browser.get(f"{PROOF}?{urlencode({'next': back})}").text
    action = re.search(rf'action="({PROOF}/[^"]+)"', page)
    assert action
    response = browser.post_form(action[1], page=PROOF, next=back)
    assert response.status_code == 303
    return response.headers["Location"]


def stripped(address: str) -> str:
    """The URL at Microsoft as a browser may change it."""
    parts = urlsplit(address)
    query = {name: value[0] for name, value in parse_qs(parts.query).items() if name not in ("prompt", "max_age")}
    return urlunsplit(parts._replace(query=urlencode(query)))


def silently(http_session: requests.Session, address: str) -> str:
    """The directory's redirect for a browser that is already signed in there, without a prompt."""
    response = http_session.get(address, allow_redirects=False, timeout=10)
    assert response.status_code in (302, 303), "the directory prompted"
    back = urlsplit(response.headers["Location"])
    return f"{back.path}?{back.query}"


def signed_in_at_microsoft(cast: Cast, who: Account) -> tuple[Browser, requests.Session]:
    """A browser in which a person is signed in both here and at the directory."""
    browser, http_session = cast.browser(), requests.Session()
    picked = http_session.post(browser.begin("contoso"), data={"account": who.oid}, allow_redirects=False, timeout=10)
    back = urlsplit(picked.headers["Location"])
    assert browser.get(f"{back.path}?{back.query}").status_code == 303
    return browser, http_session


def test_microsoft_is_prompted_and_its_auth_time_counts(cast: Cast) -> None:
    bob = cast.bob()
    page = "/account/microsoft"
    assert asked(bob, page), "a Microsoft sign-in may have been silent, so it doesn't count"
    address = begin(bob, cast, page)
    assert parse_qs(urlsplit(address).query)["prompt"] == ["login"]
    response = bob.get(pick(cast.directory, address, BOB))
    assert (response.status_code, response.location) == (303, page)
    assert not asked(bob, page)
    assert [entry.detail["method"] for entry in audit_entries(cast.app, "session.reauthenticated")] == ["Contoso staff"]


@pytest.mark.parametrize("registered", [False, True])
def test_confirmation_fails_if_browser_strips_the_prompt(cast: Cast, registered: bool) -> None:
    if registered:
        claims = ["acct", "login_hint", "sid", "auth_time"]
        cast.directory.application(seed.CONTOSO, seed.CONTOSO_CLIENT, optional_claims=claims)
    bob, http_session = signed_in_at_microsoft(cast, BOB)
    signed_in_recently(cast.app, None)
    later = time.time() + AUTH_TIME_SKEW_SECONDS + 2
    with time_machine.travel(later):
        response = bob.get(silently(http_session, stripped(begin(bob, cast))))
    assert response.status_code == 400
    assert "We couldn’t confirm it’s you" in response.text
    assert f'href="{PROOF}' in response.text
    assert last_failure_reason(cast.app) == ("auth_time_old" if registered else "auth_time_missing")
    assert reauthenticated_at(cast) is None


def test_prompt_makes_directory_ask_signed_in_person(cast: Cast) -> None:
    bob, http_session = signed_in_at_microsoft(cast, BOB)
    response = http_session.get(begin(bob, cast), allow_redirects=False, timeout=10)
    assert response.status_code == 200, "the picker"


def test_sign_in_with_auth_time_counts_from_that_time(cast: Cast) -> None:
    claims = ["acct", "login_hint", "sid", "auth_time"]
    cast.directory.application(seed.CONTOSO, seed.CONTOSO_CLIENT, optional_claims=claims)
    signed_in_at_microsoft(cast, BOB)
    assert now() - reauthenticated_at(cast) < timedelta(minutes=1)
    fresh = cast.browser()
    with time_machine.travel(time.time() + 120):
        address = fresh.begin("contoso")
    assert fresh.get(pick(cast.directory, address, BOB)).status_code == 303
    assert reauthenticated_at(cast) is None, "it started after the time of Microsoft's sign-in"


def test_another_microsoft_account_is_rejected(cast: Cast) -> None:
    cast.alice()
    bob = cast.bob()
    response = bob.get(pick(cast.directory, begin(bob, cast), ALICE))
    assert response.status_code == 400
    assert last_failure_reason(cast.app) == "other_person"
    assert asked(bob, "/account/microsoft")


def test_connection_of_another_company_is_not_found(cast: Cast) -> None:
    bob = cast.bob()
    for path in (f"{PROOF}/{cast.fabrikam_connection}", f"{PROOF}/nothing"):
        assert bob.post_form(path, page=PROOF).status_code == 404


def test_spa_flow_confirms_as_well(cast: Cast) -> None:
    cast.switch(seed.CONTOSO, "spa")
    bob = cast.browser()
    page = open_page(bob, "contoso")
    assert page.post_tokens(page.tokens(cast.directory, BOB)).status_code == 200
    assert asked(bob, "/account/microsoft")

    page = open_page(bob, path=PROOF)
    assert page.settings["prompt"] == "login"
    silent = page.post_tokens(page.tokens(cast.directory, BOB))
    assert silent.status_code == 401
    assert silent.json
    assert silent.json["error"] == "auth_time_missing"
    assert asked(bob, "/account/microsoft")

    claims = ["acct", "login_hint", "sid", "auth_time"]
    cast.directory.application(seed.CONTOSO, seed.CONTOSO_CLIENT, optional_claims=claims)
    page = open_page(bob, path=PROOF)
    other = page.post_tokens(page.tokens(cast.directory, ALICE))
    assert other.json
    assert other.json["error"] == "other_person"
    page = open_page(bob, path=PROOF)
    assert page.post_tokens({**page.tokens(cast.directory, BOB), "next": "/account/microsoft"}).json == {
        "next": "/account/microsoft"
    }
    assert not asked(bob, "/account/microsoft")


def test_person_without_any_method_sees_what_to_do(cast: Cast) -> None:
    bob = cast.bob()
    with cast.app.app_context(), unit_of_work():
        found = cast.person(BOB)
        found.tid = found.oid = None
    assert "Sign out, sign in again" in bob.get(PROOF).text
