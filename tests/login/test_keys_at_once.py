"""Every single-use key is sent 20 times concurrently and works once."""

import re
import time
from collections.abc import Callable, Sequence
from functools import partial

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.core.database import db
from app.http.counters import Counted, Full, MemoryCounters, Window
from app.http.rate_limits import limiter
from app.sessions.models import Session
from tests import directory as seed
from tests.accounts import PASSWORD, account, company_of, link, person, sign_in
from tests.assertions import audit_entries
from tests.at_once import MANY, at_once, posts
from tests.browser import CSRF, Browser, pick
from tests.cast import ALICE, BOB, NO_MAIL, NO_PHOTO, SCRIPT_NAME, Cast
from tests.crm.admin import Admin
from tests.login.test_recovery import link as recovery_link
from tests.login.test_recovery import make_codes
from tests.login.test_signup import sign_up
from tests.login.test_two_step import EMAIL as OTTO
from tests.login.test_two_step import add_app
from tests.mail_server import LocalMailServer
from tests.people.test_invitations import EMAIL as INVITED
from tests.people.test_invitations import invite, shown_link
from tests.spa import open_page

ADAEZE = "adaeze.okonkwo@contoso.example"


def statuses(responses: list[TestResponse]) -> list[int]:
    return sorted(response.status_code for response in responses)


def one_of(responses: list[TestResponse]) -> TestResponse:
    """The only successful response."""
    good = [response for response in responses if response.status_code == 303]
    assert len(good) == 1, statuses(responses)
    return good[0]


def sessions(cast: Cast, email: str) -> int:
    with cast.app.app_context():
        found = person(cast.app, email).id
        return db.session.scalar(sa.select(sa.func.count(Session.id)).where(Session.person_id == found)) or 0


@pytest.fixture
def otto(cast: Cast) -> Browser:
    """An owner with a password, signed in."""
    account(cast.app, company_of(cast.app), OTTO, "Otto Owner", "owner")
    browser = cast.browser()
    assert sign_in(browser, OTTO) == 303
    return browser


def test_invitation_is_accepted_with_one_of_many_passwords(cast: Cast) -> None:
    path = shown_link(invite(cast.alice()))
    browsers = [cast.browser() for _ in range(MANY)]
    clean = [browser.opened(path) for browser in browsers]
    tokens = [browser.csrf(page) for browser, page in zip(browsers, clean, strict=True)]
    passwords = [f"four words make one {number}" for number in range(MANY)]

    def act(number: int) -> Callable[[], TestResponse]:
        fields = {"csrf_token": tokens[number], "password": passwords[number]}
        return lambda: browsers[number].post(clean[number], data=fields)

    responses = at_once([act(number) for number in range(MANY)])
    winner = responses.index(one_of(responses))
    assert len(audit_entries(cast.app, "invitation.accepted")) == 1
    assert sessions(cast, INVITED) == 1
    assert sign_in(cast.browser(), INVITED, passwords[winner]) == 303


def test_invitation_is_accepted_by_one_of_many_accounts_and_passwords(cast: Cast) -> None:
    path = shown_link(invite(cast.alice()))
    acts: list[Callable[[], TestResponse]] = []
    for identity in (BOB, NO_PHOTO, NO_MAIL, SCRIPT_NAME):
        browser = cast.browser()
        callback = callback_url(cast, browser, path, identity)
        acts.append(partial(browser.get, callback))
    for number in range(MANY - len(acts)):
        browser = cast.browser()
        clean = browser.opened(path)
        fields = {"csrf_token": browser.csrf(clean), "password": f"four words make one {number}"}
        acts.append(partial(browser.post, clean, data=fields))
    one_of(at_once(acts))
    assert len(audit_entries(cast.app, "invitation.accepted")) == 1
    taken = person(cast.app, INVITED)
    assert (taken.oid is None) != (taken.password_hash is None)


def callback_url(cast: Cast, browser: Browser, path: str, identity: seed.Account) -> str:
    """Presses an invitation's Microsoft button; returns the callback URL, not yet requested."""
    page = browser.get(path, follow_redirects=True).text
    token, proof = CSRF.search(page), re.search(r'name="proof" value="([^"]+)"', page)
    action = re.search(r'action="(/login/[^"]+)"', page)
    assert token and proof and action  # noqa: PT018 - one page
    started = browser.post(action[1], data={"csrf_token": token[1], "proof": proof[1]})
    return pick(cast.directory, started.headers["Location"], identity)


def test_microsoft_sign_in_for_an_accepted_invitation_is_rejected(cast: Cast) -> None:
    path = shown_link(invite(cast.alice()))
    late, browser = cast.browser(), cast.browser()
    callback = callback_url(cast, late, path, BOB)
    clean = browser.opened(path)
    assert browser.post_form(clean, page=clean, password=PASSWORD).status_code == 303
    assert late.get(callback).status_code == 400
    assert person(cast.app, INVITED).oid is None


def test_microsoft_sign_in_for_a_replaced_invitation_is_rejected(cast: Cast) -> None:
    alice = cast.alice()
    late = cast.browser()
    callback = callback_url(cast, late, shown_link(invite(alice)), BOB)
    invited = person(cast.app, INVITED)
    alice.post_form(f"/people/{invited.id}/invitation", page=f"/people/{invited.id}")
    assert late.get(callback).status_code == 400
    assert person(cast.app, INVITED).oid is None


def test_email_address_is_confirmed_once(cast: Cast, mail_server: LocalMailServer) -> None:
    owner = cast.browser()
    sign_up(owner)
    clean = owner.opened(link(mail_server, cast.app, "tessa@tailspin.example"))
    one_of(posts([owner.copied() for _ in range(MANY)], clean))
    assert len(audit_entries(cast.app, "email.confirmed")) == 1


def test_reset_link_changes_password_once(cast: Cast, otto: Browser, mail_server: LocalMailServer) -> None:
    cast.browser().post_form("/login/contoso/forgot", page="/login/contoso/forgot", email=OTTO)
    browser = cast.browser()
    clean = browser.opened(link(mail_server, cast.app, OTTO))
    one_of(posts([browser.copied() for _ in range(MANY)], clean, password="a wholly other phrase"))
    assert len(audit_entries(cast.app, "password.changed")) == 1


def test_recovery_code_works_once(cast: Cast) -> None:
    code = make_codes(cast.alice())[0]
    browsers = [cast.browser() for _ in range(MANY)]
    one_of(posts(browsers, "/login/contoso/recovery/use", page="/login/contoso/recovery", key=code))


def test_recovery_link_works_once(cast: Cast) -> None:
    browser = cast.browser()
    clean = browser.opened(recovery_link(cast, "owner@contoso.example", "--company", "contoso"))
    browsers = [browser.copied() for _ in range(MANY)]
    one_of(posts(browsers, clean.replace("/recovery?", "/recovery/use?"), page=clean))


def test_emailed_linking_key_works_once(cast: Cast, mail_server: LocalMailServer) -> None:
    account(cast.app, company_of(cast.app), ADAEZE, "Adaeze from before", "admin")
    browser = cast.browser()
    browser.sign_in_as(ALICE, "contoso", cast.directory)
    browser.post_form("/auth/joining/mail", page="/auth/joining")
    clean = browser.opened(link(mail_server, cast.app, ADAEZE))
    browsers = [browser.copied() for _ in range(MANY)]
    one_of(posts(browsers, clean.replace("/auth/joining?", "/auth/joining/key?"), page=clean))
    assert sessions(cast, ADAEZE) == 1


def half_signed_in(cast: Cast) -> Browser:
    browser = cast.browser()
    page = "/login/contoso"
    response = browser.post_form(f"{page}/password", page=page, email=OTTO, password=PASSWORD)
    assert response.headers["Location"] == "/auth/second-factor"
    return browser


def test_authenticator_code_works_once(cast: Cast, otto: Browser) -> None:
    totp = add_app(otto)
    browsers = [half_signed_in(cast) for _ in range(4)]
    browsers += [browsers[number % 4].copied() for number in range(MANY - 4)]
    one_of(posts(browsers, "/auth/second-factor", number=totp.now()))


def test_password_creates_one_session_with_any_second_steps(cast: Cast, otto: Browser) -> None:
    """The pending state works once: ten recovery codes and an app's code are sent concurrently."""
    totp = add_app(otto)
    numbers = [*make_codes(otto), totp.at(int(time.time()))]
    browser = half_signed_in(cast)
    browsers = [browser.copied() for _ in numbers]
    token = browser.csrf("/auth/second-factor")

    def act(number: int) -> Callable[[], TestResponse]:
        fields = {"csrf_token": token, "number": numbers[number]}
        return lambda: browsers[number].post("/auth/second-factor", data=fields)

    before = sessions(cast, OTTO)
    one_of(at_once([act(number) for number in range(len(numbers))]))
    assert sessions(cast, OTTO) == before + 1


def test_redirect_transaction_signs_in_once(cast: Cast) -> None:
    browser = cast.browser()
    response = pick(cast.directory, browser.begin("contoso"), BOB)
    browsers = [browser.copied() for _ in range(MANY)]
    one_of(at_once([partial(browser.get, response) for browser in browsers]))
    assert len(audit_entries(cast.app, "sign_in.admitted")) == 1


def test_spa_nonce_signs_in_once(cast: Cast) -> None:
    cast.switch(seed.CONTOSO, "spa")
    browser = cast.browser()
    page = open_page(browser, "contoso")
    tokens = page.tokens(cast.directory, BOB)
    browsers = [browser.copied() for _ in range(MANY)]
    headers = {"X-CSRFToken": page.csrf}
    responses = at_once(
        [partial(one.post, page.settings["tokenUrl"], json=tokens, headers=headers) for one in browsers]
    )
    assert [response.status_code for response in responses].count(200) == 1, statuses(responses)
    assert len(audit_entries(cast.app, "sign_in.admitted")) == 1


def test_crm_authorization_connects_once(cast: Cast) -> None:
    admin = Admin(cast, cast.alice())
    admin.register()
    response = pick(cast.directory, admin.begin().headers["Location"], ALICE)
    browsers = [admin.browser.copied() for _ in range(MANY)]
    one_of(at_once([partial(browser.get, response) for browser in browsers]))
    assert len(audit_entries(cast.app, "crm.connected")) == 1


class Unlimited(MemoryCounters):
    """Counters that are never full."""

    def count(self, windows: Sequence[Window], *, always: bool = False) -> Counted | Full:
        return super().count(windows, always=True)


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """Disables rate limits, so that only the key itself limits its use."""
    monkeypatch.setattr(limiter, "_own", Unlimited())
    monkeypatch.setattr(limiter, "_shared", None)
