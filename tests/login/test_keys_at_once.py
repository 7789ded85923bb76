"""Every key that works once is sent 20 times at once, and works once."""

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
from tests.assertions import history
from tests.at_once import MANY, at_once, posts
from tests.browser import CSRF, Browser, pick
from tests.cast import ALICE, BOB, NO_MAIL, NO_PHOTO, SCRIPT_NAME, Cast
from tests.crm.admin import Admin
from tests.login.test_recovery import link as recovery_link
from tests.login.test_recovery import make_codes
from tests.login.test_signup import sign_up
from tests.login.test_two_step import EMAIL as OTTO
from tests.login.test_two_step import add_app
from tests.people.test_invitations import EMAIL as INVITED
from tests.people.test_invitations import invite, shown_link
from tests.post_office import PostOffice
from tests.spa import open_page

ADAEZE = "adaeze.okonkwo@contoso.example"


def statuses(answers: list[TestResponse]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def one_of(answers: list[TestResponse]) -> TestResponse:
    """The one answer that is a success."""
    good = [answer for answer in answers if answer.status_code == 303]
    assert len(good) == 1, statuses(answers)
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


def test_an_invitation_is_accepted_with_one_password(cast: Cast) -> None:
    path = shown_link(invite(cast.alice()))
    browsers = [cast.browser() for _ in range(MANY)]
    clean = [browser.opened(path) for browser in browsers]
    tokens = [browser.csrf(page) for browser, page in zip(browsers, clean, strict=True)]
    passwords = [f"four words make one {number}" for number in range(MANY)]

    def act(number: int) -> Callable[[], TestResponse]:
        fields = {"csrf_token": tokens[number], "password": passwords[number]}
        return lambda: browsers[number].post(clean[number], data=fields)

    answers = at_once([act(number) for number in range(MANY)])
    winner = answers.index(one_of(answers))
    assert len(history(cast.app, "invitation.accepted")) == 1
    assert sessions(cast, INVITED) == 1
    assert sign_in(cast.browser(), INVITED, passwords[winner]) == 303


def test_an_invitation_is_accepted_by_one_of_many_microsoft_accounts_and_passwords(cast: Cast) -> None:
    path = shown_link(invite(cast.alice()))
    acts: list[Callable[[], TestResponse]] = []
    for identity in (BOB, NO_PHOTO, NO_MAIL, SCRIPT_NAME):
        browser = cast.browser()
        callback = back(cast, browser, path, identity)
        acts.append(partial(browser.get, callback))
    for number in range(MANY - len(acts)):
        browser = cast.browser()
        clean = browser.opened(path)
        fields = {"csrf_token": browser.csrf(clean), "password": f"four words make one {number}"}
        acts.append(partial(browser.post, clean, data=fields))
    one_of(at_once(acts))
    assert len(history(cast.app, "invitation.accepted")) == 1
    taken = person(cast.app, INVITED)
    assert (taken.oid is None) != (taken.password_hash is None)


def back(cast: Cast, browser: Browser, path: str, identity: seed.Account) -> str:
    """From an invitation's Microsoft button to the callback's address, which is not asked for yet."""
    page = browser.get(path, follow_redirects=True).text
    token, proof = CSRF.search(page), re.search(r'name="proof" value="([^"]+)"', page)
    action = re.search(r'action="(/login/[^"]+)"', page)
    assert token and proof and action  # noqa: PT018 - one page
    started = browser.post(action[1], data={"csrf_token": token[1], "proof": proof[1]})
    return pick(cast.directory, started.headers["Location"], identity)


def test_a_button_of_an_invitation_that_was_accepted_meanwhile_joins_nobody(cast: Cast) -> None:
    path = shown_link(invite(cast.alice()))
    late, browser = cast.browser(), cast.browser()
    callback = back(cast, late, path, BOB)
    clean = browser.opened(path)
    assert browser.post_form(clean, page=clean, password=PASSWORD).status_code == 303
    assert late.get(callback).status_code == 400
    assert person(cast.app, INVITED).oid is None


def test_a_button_of_an_invitation_that_was_replaced_joins_nobody(cast: Cast) -> None:
    alice = cast.alice()
    late = cast.browser()
    callback = back(cast, late, shown_link(invite(alice)), BOB)
    invited = person(cast.app, INVITED)
    alice.post_form(f"/people/{invited.id}/invitation", page=f"/people/{invited.id}")
    assert late.get(callback).status_code == 400
    assert person(cast.app, INVITED).oid is None


def test_an_email_address_is_confirmed_once(cast: Cast, post_office: PostOffice) -> None:
    owner = cast.browser()
    sign_up(owner)
    clean = owner.opened(link(post_office, cast.app, "tessa@tailspin.example"))
    one_of(posts([owner.copied() for _ in range(MANY)], clean))
    assert len(history(cast.app, "email.confirmed")) == 1


def test_a_reset_link_changes_the_password_once(cast: Cast, otto: Browser, post_office: PostOffice) -> None:
    cast.browser().post_form("/login/contoso/forgot", page="/login/contoso/forgot", email=OTTO)
    browser = cast.browser()
    clean = browser.opened(link(post_office, cast.app, OTTO))
    one_of(posts([browser.copied() for _ in range(MANY)], clean, password="a wholly other phrase"))
    assert len(history(cast.app, "password.changed")) == 1


def test_a_recovery_code_signs_in_once(cast: Cast) -> None:
    code = make_codes(cast.alice())[0]
    browsers = [cast.browser() for _ in range(MANY)]
    one_of(posts(browsers, "/login/contoso/recovery/use", page="/login/contoso/recovery", key=code))


def test_a_recovery_link_signs_in_once(cast: Cast) -> None:
    browser = cast.browser()
    clean = browser.opened(recovery_link(cast, "owner@contoso.example", "--company", "contoso"))
    browsers = [browser.copied() for _ in range(MANY)]
    one_of(posts(browsers, clean.replace("/recovery?", "/recovery/use?"), page=clean))


def test_a_mailed_linking_key_joins_once(cast: Cast, post_office: PostOffice) -> None:
    account(cast.app, company_of(cast.app), ADAEZE, "Adaeze from before", "admin")
    browser = cast.browser()
    browser.sign_in_as(ALICE, "contoso", cast.directory)
    browser.post_form("/auth/joining/mail", page="/auth/joining")
    clean = browser.opened(link(post_office, cast.app, ADAEZE))
    browsers = [browser.copied() for _ in range(MANY)]
    one_of(posts(browsers, clean.replace("/auth/joining?", "/auth/joining/key?"), page=clean))
    assert sessions(cast, ADAEZE) == 1


def half_signed_in(cast: Cast) -> Browser:
    browser = cast.browser()
    page = "/login/contoso"
    answer = browser.post_form(f"{page}/password", page=page, email=OTTO, password=PASSWORD)
    assert answer.headers["Location"] == "/auth/second-factor"
    return browser


def test_a_code_from_an_authenticator_app_signs_in_once(cast: Cast, otto: Browser) -> None:
    totp = add_app(otto)
    browsers = [half_signed_in(cast) for _ in range(4)]
    browsers += [browsers[number % 4].copied() for number in range(MANY - 4)]
    one_of(posts(browsers, "/auth/second-factor", number=totp.now()))


def test_a_right_password_leads_to_one_session_whatever_the_second_steps(cast: Cast, otto: Browser) -> None:
    """The pending state is spent with its first use: ten recovery codes and an app's code are shown at once."""
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


def test_an_attempt_of_the_server_side_flow_signs_in_once(cast: Cast) -> None:
    browser = cast.browser()
    answer = pick(cast.directory, browser.begin("contoso"), BOB)
    browsers = [browser.copied() for _ in range(MANY)]
    one_of(at_once([partial(browser.get, answer) for browser in browsers]))
    assert len(history(cast.app, "sign_in.admitted")) == 1


def test_a_nonce_of_the_single_page_flow_signs_in_once(cast: Cast) -> None:
    cast.switch(seed.CONTOSO, "spa")
    browser = cast.browser()
    page = open_page(browser, "contoso")
    tokens = page.tokens(cast.directory, BOB)
    browsers = [browser.copied() for _ in range(MANY)]
    headers = {"X-CSRFToken": page.csrf}
    answers = at_once([partial(one.post, page.settings["tokenUrl"], json=tokens, headers=headers) for one in browsers])
    assert [answer.status_code for answer in answers].count(200) == 1, statuses(answers)
    assert len(history(cast.app, "sign_in.admitted")) == 1


def test_a_visit_to_microsoft_connects_dynamics_once(cast: Cast) -> None:
    admin = Admin(cast, cast.alice())
    admin.register()
    answer = pick(cast.directory, admin.begin().headers["Location"], ALICE)
    browsers = [admin.browser.copied() for _ in range(MANY)]
    one_of(at_once([partial(browser.get, answer) for browser in browsers]))
    assert len(history(cast.app, "crm.connected")) == 1


class Unlimited(MemoryCounters):
    """Counters that are never full."""

    def count(self, windows: Sequence[Window], *, always: bool = False) -> Counted | Full:
        return super().count(windows, always=True)


@pytest.fixture(autouse=True)
def unlimited(monkeypatch: pytest.MonkeyPatch) -> None:
    """That one succeeds is to be the key's doing, not a limit's."""
    monkeypatch.setattr(limiter, "_own", Unlimited())
    monkeypatch.setattr(limiter, "_shared", None)
