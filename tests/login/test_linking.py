"""A Microsoft identity and an account that is there already become one person: with proof, never by address alone."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa
import time_machine
from werkzeug.test import TestResponse

from app.connections.models import Connection
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.login.linking import proof
from app.login.linking.proof import LinkProof
from app.people.imports.csv_parser import NewPerson as NewAccount
from app.people.invitations import actions as invitations
from app.people.models import Person, Role, SignInMethod
from tests import directory as seed
from tests.accounts import PASSWORD, account, company_of, link, person, sign_in
from tests.assertions import history, json_of, last_refusal
from tests.browser import Browser, pick
from tests.cast import ALICE, BOB, CHARLIE, Cast
from tests.directory import Account
from tests.post_office import PostOffice
from tests.spa import open_page
from tests.tasks import run_tasks

ADAEZE = "adaeze.okonkwo@contoso.example"


def asked(cast: Cast) -> Browser:
    """Alice's identity, new at Contoso, where an account has her address."""
    account(cast.app, company_of(cast.app), ADAEZE, "Adaeze from before", "admin")
    browser = cast.browser()
    answer = browser.sign_in_as(ALICE, "contoso", cast.directory)
    assert answer.headers["Location"] == "/auth/joining"
    assert browser.get("/account").status_code == 302, "nobody is in yet"
    return browser


def people(cast: Cast) -> int:
    with cast.app.app_context():
        return db.session.scalar(sa.select(sa.func.count(Person.id))) or 0


def test_the_password_proves_it_and_the_account_keeps_what_it_has(cast: Cast) -> None:
    browser, before = asked(cast), people(cast)
    page = browser.get("/auth/joining").text
    assert "Adaeze from before" in page
    answer = browser.post_form("/auth/joining/password", page="/auth/joining", password=PASSWORD)
    assert answer.status_code == 303
    assert "Admin" in browser.get("/account").text
    assert people(cast) == before
    joined = person(cast.app, ADAEZE)
    assert (joined.tid, joined.oid, joined.sign_in_method) == (ALICE.tid, ALICE.oid, SignInMethod.ANY)
    assert [entry.subject_id for entry in history(cast.app, "person.joined")] == [joined.id]


def test_afterwards_microsoft_leads_straight_to_it(cast: Cast) -> None:
    asked(cast).post_form("/auth/joining/password", page="/auth/joining", password="wrong")
    browser = cast.browser()
    browser.sign_in_as(ALICE, "contoso", cast.directory)
    browser.post_form("/auth/joining/password", page="/auth/joining", password=PASSWORD)
    again = cast.browser()
    assert again.sign_in_as(ALICE, "contoso", cast.directory).headers["Location"] == "/home"
    assert "Admin" in again.get("/account").text


def test_a_wrong_password_joins_nothing_and_is_limited(cast: Cast) -> None:
    browser = asked(cast)
    codes = [
        browser.post_form("/auth/joining/password", page="/auth/joining", password="wrong").status_code
        for _ in range(11)
    ]
    assert codes == [422] * 10 + [429]
    assert person(cast.app, ADAEZE).oid is None


def test_a_mailed_link_proves_it_and_ends_a_password_that_somebody_else_may_know(
    cast: Cast, post_office: PostOffice
) -> None:
    browser = asked(cast)
    squatter = cast.browser()
    assert sign_in(squatter, ADAEZE) == 303
    browser.post_form("/auth/joining/mail", page="/auth/joining")
    path = link(post_office, cast.app, ADAEZE)
    page = browser.opened(path)
    send = page.replace("/joining?", "/joining/key?")
    assert "connect it to Microsoft" in browser.get(page).text
    assert browser.post_form(send, page=page).status_code == 303
    assert person(cast.app, ADAEZE).oid == ALICE.oid
    assert squatter.get("/account").status_code == 302, "the session that the old password began has ended"
    assert sign_in(cast.browser(), ADAEZE) == 422
    again = cast.browser()
    again.sign_in_as(BOB, "contoso", cast.directory)
    assert again.post_form(send, page="/account").headers["Location"] == "/login"


def test_the_link_is_of_no_use_in_another_browser_or_too_late(cast: Cast, post_office: PostOffice) -> None:
    browser = asked(cast)
    browser.post_form("/auth/joining/mail", page="/auth/joining")
    path = link(post_office, cast.app, ADAEZE)
    other, send = cast.browser(), browser.opened(path).replace("/joining?", "/joining/key?")
    assert "in the same browser" in other.get(path, follow_redirects=True).text
    assert other.post_form(send, page="/login/contoso").headers["Location"] == "/login"
    with time_machine.travel(time.time() + 31 * 60):
        assert browser.opened(path) == "/login/contoso?choose=1"
    assert person(cast.app, ADAEZE).oid is None


def test_whoever_says_that_it_is_not_theirs_is_somebody_new(cast: Cast) -> None:
    browser, before = asked(cast), people(cast)
    assert browser.post_form("/auth/joining/new", page="/auth/joining").status_code == 303
    assert people(cast) == before + 1
    assert person(cast.app, ADAEZE).oid is None
    assert "Admin" not in browser.get("/account").text.partition("</header>")[2].partition("<section")[0]


def test_the_offer_signs_in_once(cast: Cast) -> None:
    browser = asked(cast)
    with browser.session_transaction() as kept:
        offer = kept["pending_link"]
    browser.post_form("/auth/joining/password", page="/auth/joining", password=PASSWORD)
    replayer = cast.browser()
    replayer.get("/login/contoso")
    with replayer.session_transaction() as kept:
        kept["pending_link"] = offer
    answer = replayer.post_form("/auth/joining/password", page="/login/contoso", password=PASSWORD)
    assert answer.status_code == 400
    assert last_refusal(cast.app) == "attempt_spent"


MAIL = "ann.seven@mail.example"


def ann(cast: Cast) -> Account:
    """A person in the directory whose user name differs from their mail address."""
    return cast.directory.person(
        seed.CONTOSO, "c00000aa-0000-4000-8000-0000000000aa", name="Ann Seven", upn="ann.upn@contoso.example", mail=MAIL
    )


def arrive(cast: Cast, browser: Browser, who: Account, flow: str) -> str:
    """Signs in with Microsoft; where the browser is led, or the reason why it is not."""
    if flow == "spa":
        page = open_page(browser, "contoso")
        answer = page.bring(page.tokens(cast.directory, who))
        return str(json_of(answer).get("next") or json_of(answer)["error"])
    answer = browser.sign_in_as(who, "contoso", cast.directory)
    return answer.headers.get("Location") or last_refusal(cast.app)


def of_address(cast: Cast, address: str) -> list[Person]:
    with cast.app.app_context():
        found = sa.select(Person).where(sa.or_(Person.email == address, Person.sign_in_email == address))
        return list(db.session.scalars(found))


def invited(cast: Cast) -> None:
    """Ann is invited under her mail address, at a company where people need an invitation."""
    with cast.app.app_context(), unit_of_work():
        wanted = NewAccount(MAIL, "Ann Invited", Role.ADMIN)
        invitations.add(company_of(cast.app), wanted, invitations.SignInAssignment(SignInMethod.ANY), actor_id=None)  # type: ignore[arg-type]
        db.session.execute(sa.update(Connection).values(create_people=False))


@pytest.mark.parametrize("flow", ["server", "spa"])
def test_an_account_under_the_mail_that_graph_alone_tells_is_asked_about(cast: Cast, flow: str) -> None:
    account(cast.app, company_of(cast.app), MAIL, "Ann from before", "admin")
    cast.switch(seed.CONTOSO, flow)
    browser = cast.browser()
    assert arrive(cast, browser, ann(cast), flow) == "/auth/joining"
    assert browser.get("/account").status_code == 302, "nobody is in yet"
    assert "Ann from before" in browser.get("/auth/joining").text
    assert len(of_address(cast, MAIL)) == 1
    assert browser.post_form("/auth/joining/password", page="/auth/joining", password=PASSWORD).status_code == 303
    (joined,) = of_address(cast, MAIL)
    assert (joined.oid, joined.role) == (ann(cast).oid, "admin")
    assert arrive(cast, cast.browser(), ann(cast), flow) == "/home"


@pytest.mark.parametrize("flow", ["server", "spa"])
def test_an_invited_person_whose_mail_is_not_her_user_name_is_offered_the_proof(
    cast: Cast, post_office: PostOffice, flow: str
) -> None:
    invited(cast)
    cast.switch(seed.CONTOSO, flow)
    browser = cast.browser()
    assert arrive(cast, browser, ann(cast), flow) == "/auth/joining"
    page = browser.get("/auth/joining").text
    assert "Open the link in the invitation" in page
    assert "/auth/joining/new" not in page, "new people are not made"
    assert person(cast.app, MAIL).oid is None, "the same address alone is no proof"
    browser.post_form("/auth/joining/mail", page="/auth/joining")
    page = browser.opened(link(post_office, cast.app, MAIL))
    assert browser.post_form(page.replace("/joining?", "/joining/key?"), page=page).status_code == 303
    assert (person(cast.app, MAIL).oid, person(cast.app, MAIL).role) == (ann(cast).oid, "admin")


@pytest.mark.parametrize("flow", ["server", "spa"])
def test_who_is_not_invited_is_refused_whatever_mail_graph_tells(cast: Cast, flow: str) -> None:
    invited(cast)
    cast.switch(seed.CONTOSO, flow)
    assert arrive(cast, cast.browser(), BOB, flow) == "not_invited"


@pytest.mark.parametrize("flow", ["server", "spa"])
def test_while_graph_does_not_tell_the_mail_nobody_is_told_that_they_were_not_invited(cast: Cast, flow: str) -> None:
    invited(cast)
    cast.switch(seed.CONTOSO, flow)
    cast.directory.drill("graph_down")
    assert arrive(cast, cast.browser(), ann(cast), flow) == "profile_unread"
    cast.directory.calm()
    assert arrive(cast, cast.browser(), ann(cast), flow) == "/auth/joining"


def test_a_mail_that_is_anothers_account_is_not_taken_over_by_a_later_reading(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), MAIL)
    cast.directory.drill("graph_down")
    assert arrive(cast, cast.browser(), ann(cast), "server") == "/account"
    cast.directory.calm()
    run_tasks(cast.app)
    arrive(cast, cast.browser(), ann(cast), "server")
    run_tasks(cast.app)
    assert len(of_address(cast, MAIL)) == 1, "she was not asked yet"
    with cast.app.app_context():
        her = cast.person(ann(cast))
        assert (her.email, bool(her.synced_at)) == ("ann.upn@contoso.example", True)


def test_an_account_of_another_company_is_never_asked_about(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), "nadia.haddad@fabrikam.example")
    browser = cast.browser()
    assert browser.sign_in_as(CHARLIE, "fabrikam", cast.directory).headers["Location"] == "/account"


def test_the_single_page_asks_as_well(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), ADAEZE, role="admin")
    cast.switch(seed.CONTOSO, "spa")
    browser = cast.browser()
    page = open_page(browser, "contoso")
    answer = page.bring(page.tokens(cast.directory, ALICE))
    assert answer.json == {"next": "/auth/joining"}
    assert browser.post_form("/auth/joining/password", page="/auth/joining", password=PASSWORD).status_code == 303
    assert person(cast.app, ADAEZE).oid == ALICE.oid


@pytest.mark.parametrize("flow", ["server", "spa"])
def test_somebody_signed_in_connects_their_microsoft_account_whatever_its_address(cast: Cast, flow: str) -> None:
    cast.switch(seed.CONTOSO, flow)
    account(cast.app, company_of(cast.app), "another@address.example", role="owner")
    browser = cast.browser()
    assert sign_in(browser, "another@address.example") == 303
    connect(cast, browser, flow)
    joined = person(cast.app, "another@address.example")
    assert (joined.tid, joined.oid) == (ALICE.tid, ALICE.oid)
    assert "Owner" in browser.get("/account").text


def begin_connecting(browser: Browser) -> TestResponse:
    """Presses the button of the page for connecting a Microsoft account."""
    page = browser.get("/account/microsoft").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    action = page.partition('action="/account/microsoft/')[2].partition('"')[0]
    return browser.post(f"/account/microsoft/{action}", data={"csrf_token": token})


def connect(cast: Cast, browser: Browser, flow: str) -> None:
    if flow == "spa":
        page = open_page(browser, path="/account/microsoft")
        assert page.bring(page.tokens(cast.directory, ALICE)).status_code == 200
        return
    started = begin_connecting(browser)
    assert browser.get(pick(cast.directory, started.headers["Location"], ALICE)).status_code == 303


def test_an_identity_that_is_somebody_else_here_already_is_refused_by_name(cast: Cast) -> None:
    cast.alice()
    account(cast.app, company_of(cast.app), "second@contoso.example")
    browser = cast.browser()
    sign_in(browser, "second@contoso.example")
    started = begin_connecting(browser)
    assert browser.get(pick(cast.directory, started.headers["Location"], ALICE)).status_code == 400
    assert last_refusal(cast.app) == "joined_elsewhere"


def test_connecting_that_another_person_finishes_in_the_same_browser_is_refused(cast: Cast) -> None:
    for email in ("first@contoso.example", "second@contoso.example"):
        account(cast.app, company_of(cast.app), email)
    browser = cast.browser()
    sign_in(browser, "first@contoso.example")
    started = begin_connecting(browser)
    sign_in(browser, "second@contoso.example")
    assert browser.get(pick(cast.directory, started.headers["Location"], ALICE)).status_code == 400
    assert last_refusal(cast.app) == "other_session"
    assert person(cast.app, "first@contoso.example").oid is None
    assert person(cast.app, "second@contoso.example").oid is None


def test_a_proof_of_another_browser_is_none(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), "victim@contoso.example", role="owner")
    with cast.app.test_request_context():
        # The victim's browser.
        victim = LinkProof(str(person(cast.app, "victim@contoso.example").id))
        stolen = proof.issue(victim, cast.contoso_connection)
    attacker = cast.browser()
    back = pick(cast.directory, attacker.begin("contoso", proof=stolen), BOB)
    assert attacker.get(back).status_code == 303
    assert person(cast.app, "victim@contoso.example").oid is None


def test_two_identities_that_join_at_once_leave_one_of_them(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), "both@contoso.example")
    backs = []
    for identity in (ALICE, BOB):
        browser = cast.browser()
        sign_in(browser, "both@contoso.example")
        started = begin_connecting(browser)
        backs.append((browser, pick(cast.directory, started.headers["Location"], identity)))
    with ThreadPoolExecutor(2) as both:
        codes = list(both.map(lambda one: one[0].get(one[1]).status_code, backs))
    assert sorted(codes) == [303, 400]
