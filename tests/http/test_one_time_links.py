"""Links with a key: it leaves the URL immediately, viewing doesn't use it up, and an invalid link says why."""

import re
import time
from collections.abc import Callable
from dataclasses import dataclass

import pytest
import sqlalchemy as sa
import time_machine

from app.cli import schedule
from app.connections.models import SetupLink
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.http.one_time_links import LIFE_SECONDS, MOST_OPEN
from app.people.models import EndedKey, Person
from app.people.one_time_tokens import actions as one_time_tokens
from app.people.one_time_tokens.models import EmailTokenPurpose
from app.urls import ROUTES
from tests.accounts import PASSWORD, account, company_of, link, person, sign_in
from tests.assertions import rows, written
from tests.browser import Browser
from tests.cast import ALICE, Cast
from tests.connections.admin import contoso_admin
from tests.connections.test_setup_links import link as setup_link
from tests.login.test_recovery import link as recovery_link
from tests.login.test_signup import sign_up
from tests.mail_server import LocalMailServer
from tests.people.test_invitations import EMAIL as INVITED
from tests.people.test_invitations import invite, shown_link

EMAIL = "rita@contoso.example"
ADAEZE = "adaeze.okonkwo@contoso.example"
TESSA = "tessa@tailspin.example"
PURPOSES = ("invitation", "confirm", "reset", "recovery", "join", "setup")


@dataclass(frozen=True)
class Sent:
    """A link, the browser to open it in, and a text of the page that it opens."""

    path: str
    browser: Browser
    shows: str

    @property
    def key(self) -> str:
        return self.path.partition("key=")[2]


Send = Callable[[str], Sent]


@pytest.fixture
def send(cast: Cast, mail_server: LocalMailServer) -> Send:
    """Creates a new link for a purpose."""

    def confirm() -> Sent:
        browser = cast.browser()
        sign_up(browser)
        return Sent(link(mail_server, cast.app, TESSA), browser, "Confirm your email")

    def reset() -> Sent:
        if not person_exists(cast, EMAIL):
            account(cast.app, company_of(cast.app), EMAIL)
        cast.browser().post_form("/login/contoso/forgot", page="/login/contoso/forgot", email=EMAIL)
        return Sent(link(mail_server, cast.app, EMAIL), cast.browser(), 'type="password"')

    def recovery() -> Sent:
        path = recovery_link(cast, "owner@contoso.example", "--company", "contoso")
        return Sent(path, cast.browser(), "This link signs you in once.")

    def join() -> Sent:
        account(cast.app, company_of(cast.app), ADAEZE)
        browser = cast.browser()
        browser.sign_in_as(ALICE, "contoso", cast.directory)
        browser.post_form("/auth/joining/mail", page="/auth/joining")
        return Sent(link(mail_server, cast.app, ADAEZE), browser, "connect it to Microsoft")

    def invitation() -> Sent:
        return Sent(shown_link(invite(cast.alice())), cast.browser(), "Join")

    def setup() -> Sent:
        return Sent(setup_link(contoso_admin(cast, cast.alice())), cast.browser(), "asked you to register Portico")

    made = {
        "confirm": confirm,
        "reset": reset,
        "recovery": recovery,
        "join": join,
        "invitation": invitation,
        "setup": setup,
    }
    return lambda purpose: made[purpose]()


def person_exists(cast: Cast, email: str) -> bool:
    with cast.app.app_context():
        return db.session.scalar(sa.select(Person.id).where(Person.sign_in_email == email)) is not None


def test_every_kind_of_link_is_tested() -> None:
    assert {route.link for route in ROUTES if route.link} == set(PURPOSES)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_key_is_exchanged_for_a_cookie_and_a_url_without_key(send: Send, purpose: str) -> None:
    sent = send(purpose)
    response = sent.browser.get(sent.path)
    assert response.status_code == 303
    assert sent.key not in str(response.headers)
    assert sent.key not in response.text
    assert response.headers.get_all("Referrer-Policy") == ["no-referrer"]
    assert response.headers["Cache-Control"] == "no-store"
    (cookie,) = [one for one in response.headers.get_all("Set-Cookie") if one.startswith("link.")]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    page = sent.browser.get(response.headers["Location"])
    assert page.status_code == 200
    assert sent.shows in page.text
    assert sent.key not in page.text
    assert sent.key not in page.request.url
    assert page.headers["Referrer-Policy"] == "same-origin"


@pytest.mark.parametrize("purpose", PURPOSES)
def test_email_scanners_do_not_use_up_links(cast: Cast, send: Send, purpose: str) -> None:
    sent = send(purpose)
    before = rows(cast.app)
    scanner = cast.browser()
    for browser in (scanner, sent.browser):
        for method in ("HEAD", "GET", "GET"):
            assert browser.open(sent.path, method=method).status_code == 303
        browser.head(sent.path, follow_redirects=True)
        browser.get(sent.path, follow_redirects=True)
    assert written(before, rows(cast.app)) == {}
    assert sent.shows in sent.browser.get(sent.path, follow_redirects=True).text


@pytest.mark.parametrize("purpose", PURPOSES)
def test_url_without_key_is_useless_in_another_browser(cast: Cast, send: Send, purpose: str) -> None:
    sent = send(purpose)
    clean = sent.browser.opened(sent.path)
    other = cast.bob() if purpose == "confirm" else cast.browser()
    response = other.get(clean, follow_redirects=True)
    assert sent.shows not in response.text
    assert response.status_code == 200
    if purpose != "join":  # which leads to the login page, as there is nothing to link
        assert "Open your link first" in response.text


def test_opened_link_stays_usable_for_a_working_day(send: Send) -> None:
    sent = send("setup")
    clean = sent.browser.opened(sent.path)
    with time_machine.travel(time.time() + LIFE_SECONDS - 60):
        assert sent.shows in sent.browser.get(clean).text
    with time_machine.travel(time.time() + LIFE_SECONDS + 60):
        assert "Open your link first" in sent.browser.get(clean).text


def test_two_links_in_one_browser_do_not_interfere(cast: Cast) -> None:
    alice, colleague = cast.alice(), cast.browser()
    first = colleague.opened(shown_link(invite(alice, email="one@contoso.example", name="Number One")))
    second = colleague.opened(shown_link(invite(alice, email="two@contoso.example", name="Number Two")))
    assert "Number One" in colleague.get(first).text
    assert "Number Two" in colleague.get(second).text
    colleague.post_form(first, page=first, password=PASSWORD)
    assert person(cast.app, "one@contoso.example").password_hash
    assert person(cast.app, "two@contoso.example").password_hash is None


def test_browser_keeps_a_limited_number_of_links(cast: Cast) -> None:
    browser = cast.browser()
    for number in range(3 * MOST_OPEN):
        browser.get(f"/setup?key=guess-{number}")
    assert len([cookie for cookie in browser._cookies or {} if "link." in str(cookie)]) == MOST_OPEN


def test_link_of_one_kind_opens_no_other(send: Send) -> None:
    sent = send("reset")
    clean = sent.browser.opened(sent.path)
    for path in ("/invitation", "/setup", "/login/contoso/recovery"):
        response = sent.browser.get(f"{path}?{clean.partition('?')[2]}")
        assert "Open your link first" in response.text


def test_confirmation_opened_before_sign_in_survives_the_sign_in(cast: Cast, send: Send) -> None:
    sent = send("confirm")
    other = cast.browser()
    response = other.get(other.get(sent.path).headers["Location"])
    assert response.status_code == 302
    assert sent.key not in response.headers["Location"]
    sign_in(other, TESSA, "four words make one", "tailspin")
    assert sent.shows in other.get(sent.path, follow_redirects=True).text


@pytest.mark.parametrize(
    "odd", ["_external=1&_scheme=javascript", "_anchor=x", "code=fabrikam", "link=x", "endpoint=home"]
)
def test_other_query_parameters_are_dropped(cast: Cast, odd: str) -> None:
    for path in ("/invitation", "/login/contoso/reset"):
        where = cast.browser().get(f"{path}?key=guess&{odd}").headers["Location"]
        assert re.fullmatch(rf"{path}\?link=[0-9a-f]{{16}}", where)


SAYS = {
    "used": "This link has already been used",
    "expired": "This link has expired",
    "replaced": "This link was replaced by a newer one",
    "revoked": "This link was revoked",
    "unknown": "This link doesn’t work",
}


def use(cast: Cast, sent: Sent, purpose: str) -> None:
    """Uses the link for its purpose."""
    clean = sent.browser.opened(sent.path)
    action = {"recovery": "/recovery/use?", "join": "/joining/key?"}.get(purpose)
    path = clean.replace("/recovery?", action).replace("/joining?", action) if action else clean
    fields = {"password": PASSWORD + " more"} if purpose in ("invitation", "reset") else {}
    assert sent.browser.copied().post_form(path, page=clean, **fields).status_code == 303


def replace(cast: Cast, sent: Sent, purpose: str) -> None:
    """Requests a newer link."""
    if purpose == "invitation":
        path = f"/people/{person(cast.app, INVITED).id}"
        cast.alice().post_form(f"{path}/invitation", page=path)
    elif purpose == "confirm":
        sent.browser.post_form("/account/confirmation", page="/account")
    elif purpose == "reset":
        with cast.app.app_context(), unit_of_work():
            one_time_tokens.issue(person_row(EMAIL), EmailTokenPurpose.RESET)
    else:
        sent.browser.post_form("/auth/joining/mail", page="/auth/joining")


def person_row(email: str) -> Person:
    return db.session.scalars(sa.select(Person).where(Person.sign_in_email == email)).one()


def revoke(cast: Cast, sent: Sent, purpose: str) -> None:
    if purpose == "invitation":
        path = f"/people/{person(cast.app, INVITED).id}"
        cast.alice().post_form(f"{path}/invitation/revoke", page=path)
        return
    with cast.app.app_context(), unit_of_work():
        if purpose == "setup":
            db.session.scalars(sa.select(SetupLink)).one().revoked_at = now()
        else:
            person_row({"reset": EMAIL, "recovery": "owner@contoso.example"}[purpose]).is_active = False


ENDINGS = [
    *[(purpose, "used") for purpose in ("invitation", "confirm", "reset", "recovery")],
    *[(purpose, "expired") for purpose in ("invitation", "confirm", "reset", "recovery", "setup")],
    ("invitation", "replaced"),
    *[(purpose, "revoked") for purpose in ("invitation", "reset", "recovery", "setup")],
    *[(purpose, "unknown") for purpose in ("invitation", "confirm", "reset", "recovery", "setup")],
]


@pytest.mark.parametrize(("purpose", "ending"), ENDINGS)
def test_invalid_link_says_why_before_anything_is_typed(cast: Cast, send: Send, purpose: str, ending: str) -> None:
    sent = send(purpose)
    path, later = sent.path, 0
    if ending == "unknown":
        path = path[:-3]
    elif ending == "expired":
        later = 15 * 24 * 3600
    else:
        {"used": use, "replaced": replace, "revoked": revoke}[ending](cast, sent, purpose)
    with time_machine.travel(time.time() + later):
        if later and purpose == "confirm":
            sent = Sent(path, cast.browser(), sent.shows)
            sign_in(sent.browser, TESSA, "four words make one", "tailspin")
        response = sent.browser.get(path, follow_redirects=True)
        assert response.status_code == (404 if ending == "unknown" else 410)
        assert SAYS[ending] in response.text
        assert "<form" not in response.text
        assert 'class="btn btn-primary" href="/' in response.text, "it links onward"
        clean = sent.browser.opened(path)
        clean = clean.replace("/recovery?", "/recovery/use?")
        token = {"csrf_token": sent.browser.csrf("/signup"), "password": PASSWORD}
        assert sent.browser.post(clean, data=token).status_code == response.status_code


@pytest.mark.parametrize("ending", ["unknown", "used"])
def test_invalid_linking_key_says_why_and_offers_another(cast: Cast, send: Send, ending: str) -> None:
    sent = send("join")
    path = sent.path[:-3] if ending == "unknown" else sent.path
    if ending == "used":
        with cast.app.app_context(), unit_of_work():
            assert one_time_tokens.redeem(person_row(ADAEZE).company_id, EmailTokenPurpose.JOIN, sent.key)
    page = sent.browser.get(path, follow_redirects=True).text
    assert {"unknown": "doesn’t work", "used": "already been used"}[ending] in page
    assert "Email a link to" in page


def test_ended_links_are_purged_after_90_days(cast: Cast, send: Send) -> None:
    sent = send("invitation")
    replace(cast, sent, "invitation")
    with cast.app.app_context():
        schedule.forget_ended_keys()
        assert db.session.scalars(sa.select(EndedKey)).one()
        with time_machine.travel(time.time() + 91 * 24 * 3600):
            schedule.forget_ended_keys()
        assert db.session.scalars(sa.select(EndedKey)).all() == []
