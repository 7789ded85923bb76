"""A Microsoft identity is linked to an existing account only with proof, never by email address alone."""

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
from tests.assertions import audit_entries, json_of, last_failure_reason
from tests.browser import Browser, pick
from tests.cast import ALICE, BOB, CHARLIE, Cast
from tests.directory import Account
from tests.mail_server import LocalMailServer
from tests.spa import open_page
from tests.tasks import run_tasks

ADAEZE = "adaeze.okonkwo@contoso.example"


def offered(cast: Cast) -> Browser:
    """Signs in as Alice, who is new at Contoso, where another account has her address."""
    account(cast.app, company_of(cast.app), ADAEZE, "Adaeze from before", "admin")
    browser = cast.browser()
    response = browser.sign_in_as(ALICE, "contoso", cast.directory)
    assert response.headers["Location"] == "/auth/joining"
    assert browser.get("/account").status_code == 302, "no one is signed in yet"
    return browser


def people(cast: Cast) -> int:
    with cast.app.app_context():
        return db.session.scalar(sa.select(sa.func.count(Person.id))) or 0


def test_password_proves_ownership_and_account_keeps_its_role(cast: Cast) -> None:
    browser, before = offered(cast), people(cast)
    page = browser.get("/auth/joining").text
    assert "Adaeze from before" in page
    response = browser.post_form("/auth/joining/password", page="/auth/joining", password=PASSWORD)
    assert response.status_code == 303
    assert "Admin" in browser.get("/account").text
    assert people(cast) == before
    joined = person(cast.app, ADAEZE)
    assert (joined.tid, joined.oid, joined.sign_in_method) == (ALICE.tid, ALICE.oid, SignInMethod.ANY)
    assert [entry.subject_id for entry in audit_entries(cast.app, "person.joined")] == [joined.id]


def test_microsoft_signs_in_to_linked_account_afterwards(cast: Cast) -> None:
    offered(cast).post_form("/auth/joining/password", page="/auth/joining", password="wrong")
    browser = cast.browser()
    browser.sign_in_as(ALICE, "contoso", cast.directory)
    browser.post_form("/auth/joining/password", page="/auth/joining", password=PASSWORD)
    again = cast.browser()
    assert again.sign_in_as(ALICE, "contoso", cast.directory).headers["Location"] == "/home"
    assert "Admin" in again.get("/account").text


def test_wrong_password_links_nothing_and_is_limited(cast: Cast) -> None:
    browser = offered(cast)
    codes = [
        browser.post_form("/auth/joining/password", page="/auth/joining", password="wrong").status_code
        for _ in range(11)
    ]
    assert codes == [422] * 10 + [429]
    assert person(cast.app, ADAEZE).oid is None


def test_emailed_link_proves_ownership_and_removes_password(cast: Cast, mail_server: LocalMailServer) -> None:
    browser = offered(cast)
    squatter = cast.browser()
    assert sign_in(squatter, ADAEZE) == 303
    browser.post_form("/auth/joining/mail", page="/auth/joining")
    path = link(mail_server, cast.app, ADAEZE)
    page = browser.opened(path)
    send = page.replace("/joining?", "/joining/key?")
    assert "connect it to Microsoft" in browser.get(page).text
    assert browser.post_form(send, page=page).status_code == 303
    assert person(cast.app, ADAEZE).oid == ALICE.oid
    assert squatter.get("/account").status_code == 302, "the session started with the old password has ended"
    assert sign_in(cast.browser(), ADAEZE) == 422
    again = cast.browser()
    again.sign_in_as(BOB, "contoso", cast.directory)
    assert again.post_form(send, page="/account").headers["Location"] == "/login"


def test_emailed_link_is_useless_in_another_browser_or_after_30_minutes(
    cast: Cast, mail_server: LocalMailServer
) -> None:
    browser = offered(cast)
    browser.post_form("/auth/joining/mail", page="/auth/joining")
    path = link(mail_server, cast.app, ADAEZE)
    other, send = cast.browser(), browser.opened(path).replace("/joining?", "/joining/key?")
    assert "in the same browser" in other.get(path, follow_redirects=True).text
    assert other.post_form(send, page="/login/contoso").headers["Location"] == "/login"
    with time_machine.travel(time.time() + 31 * 60):
        assert browser.opened(path) == "/login/contoso?choose=1"
    assert person(cast.app, ADAEZE).oid is None


def test_declining_the_account_creates_a_new_person(cast: Cast) -> None:
    browser, before = offered(cast), people(cast)
    assert browser.post_form("/auth/joining/new", page="/auth/joining").status_code == 303
    assert people(cast) == before + 1
    assert person(cast.app, ADAEZE).oid is None
    assert "Admin" not in browser.get("/account").text.partition("</header>")[2].partition("<section")[0]


def test_pending_link_works_once(cast: Cast) -> None:
    browser = offered(cast)
    with browser.session_transaction() as kept:
        offer = kept["pending_link"]
    browser.post_form("/auth/joining/password", page="/auth/joining", password=PASSWORD)
    replayer = cast.browser()
    replayer.get("/login/contoso")
    with replayer.session_transaction() as kept:
        kept["pending_link"] = offer
    response = replayer.post_form("/auth/joining/password", page="/login/contoso", password=PASSWORD)
    assert response.status_code == 400
    assert last_failure_reason(cast.app) == "attempt_spent"


EMAIL = "ann.seven@mail.example"


def ann(cast: Cast) -> Account:
    """A person in the directory whose user name differs from their email address."""
    return cast.directory.person(
        seed.CONTOSO,
        "c00000aa-0000-4000-8000-0000000000aa",
        name="Ann Seven",
        upn="ann.upn@contoso.example",
        mail=EMAIL,
    )


def sign_in_with_microsoft(cast: Cast, browser: Browser, who: Account, flow: str) -> str:
    """Signs in with Microsoft; returns the redirect's target, or the reason for the error."""
    if flow == "spa":
        page = open_page(browser, "contoso")
        response = page.post_tokens(page.tokens(cast.directory, who))
        return str(json_of(response).get("next") or json_of(response)["error"])
    response = browser.sign_in_as(who, "contoso", cast.directory)
    return response.headers.get("Location") or last_failure_reason(cast.app)


def of_address(cast: Cast, address: str) -> list[Person]:
    with cast.app.app_context():
        found = sa.select(Person).where(sa.or_(Person.email == address, Person.sign_in_email == address))
        return list(db.session.scalars(found))


def invited(cast: Cast) -> None:
    """Invites Ann by her email address, at a company where people need an invitation."""
    with cast.app.app_context(), unit_of_work():
        wanted = NewAccount(EMAIL, "Ann Invited", Role.ADMIN)
        invitations.add(company_of(cast.app), wanted, invitations.SignInAssignment(SignInMethod.ANY), actor_id=None)  # type: ignore[arg-type]
        db.session.execute(sa.update(Connection).values(create_people=False))


@pytest.mark.parametrize("flow", ["server", "spa"])
def test_account_with_address_known_only_to_graph_is_offered(cast: Cast, flow: str) -> None:
    account(cast.app, company_of(cast.app), EMAIL, "Ann from before", "admin")
    cast.switch(seed.CONTOSO, flow)
    browser = cast.browser()
    assert sign_in_with_microsoft(cast, browser, ann(cast), flow) == "/auth/joining"
    assert browser.get("/account").status_code == 302, "no one is signed in yet"
    assert "Ann from before" in browser.get("/auth/joining").text
    assert len(of_address(cast, EMAIL)) == 1
    assert browser.post_form("/auth/joining/password", page="/auth/joining", password=PASSWORD).status_code == 303
    (joined,) = of_address(cast, EMAIL)
    assert (joined.oid, joined.role) == (ann(cast).oid, "admin")
    assert sign_in_with_microsoft(cast, cast.browser(), ann(cast), flow) == "/home"


@pytest.mark.parametrize("flow", ["server", "spa"])
def test_invited_person_is_offered_proof_if_address_is_not_the_user_name(
    cast: Cast, mail_server: LocalMailServer, flow: str
) -> None:
    invited(cast)
    cast.switch(seed.CONTOSO, flow)
    browser = cast.browser()
    assert sign_in_with_microsoft(cast, browser, ann(cast), flow) == "/auth/joining"
    page = browser.get("/auth/joining").text
    assert "Open the link in the invitation" in page
    assert "/auth/joining/new" not in page, "new people are not created"
    assert person(cast.app, EMAIL).oid is None, "the same address alone is no proof"
    browser.post_form("/auth/joining/mail", page="/auth/joining")
    page = browser.opened(link(mail_server, cast.app, EMAIL))
    assert browser.post_form(page.replace("/joining?", "/joining/key?"), page=page).status_code == 303
    assert (person(cast.app, EMAIL).oid, person(cast.app, EMAIL).role) == (ann(cast).oid, "admin")


@pytest.mark.parametrize("flow", ["server", "spa"])
def test_uninvited_person_is_rejected_with_any_graph_address(cast: Cast, flow: str) -> None:
    invited(cast)
    cast.switch(seed.CONTOSO, flow)
    assert sign_in_with_microsoft(cast, cast.browser(), BOB, flow) == "not_invited"


@pytest.mark.parametrize("flow", ["server", "spa"])
def test_missing_graph_address_is_not_reported_as_missing_invitation(cast: Cast, flow: str) -> None:
    invited(cast)
    cast.switch(seed.CONTOSO, flow)
    cast.directory.drill("graph_down")
    assert sign_in_with_microsoft(cast, cast.browser(), ann(cast), flow) == "profile_unread"
    cast.directory.clear_drills()
    assert sign_in_with_microsoft(cast, cast.browser(), ann(cast), flow) == "/auth/joining"


def test_profile_sync_does_not_take_address_of_another_account(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), EMAIL)
    cast.directory.drill("graph_down")
    assert sign_in_with_microsoft(cast, cast.browser(), ann(cast), "server") == "/account"
    cast.directory.clear_drills()
    run_tasks(cast.app)
    sign_in_with_microsoft(cast, cast.browser(), ann(cast), "server")
    run_tasks(cast.app)
    assert len(of_address(cast, EMAIL)) == 1, "she was not asked yet"
    with cast.app.app_context():
        her = cast.person(ann(cast))
        assert (her.email, bool(her.synced_at)) == ("ann.upn@contoso.example", True)


def test_account_of_another_company_is_never_offered(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), "nadia.haddad@fabrikam.example")
    browser = cast.browser()
    assert browser.sign_in_as(CHARLIE, "fabrikam", cast.directory).headers["Location"] == "/account"


def test_spa_flow_offers_linking_as_well(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), ADAEZE, role="admin")
    cast.switch(seed.CONTOSO, "spa")
    browser = cast.browser()
    page = open_page(browser, "contoso")
    response = page.post_tokens(page.tokens(cast.directory, ALICE))
    assert response.json == {"next": "/auth/joining"}
    assert browser.post_form("/auth/joining/password", page="/auth/joining", password=PASSWORD).status_code == 303
    assert person(cast.app, ADAEZE).oid == ALICE.oid


@pytest.mark.parametrize("flow", ["server", "spa"])
def test_signed_in_person_links_microsoft_account_with_any_address(cast: Cast, flow: str) -> None:
    cast.switch(seed.CONTOSO, flow)
    account(cast.app, company_of(cast.app), "another@address.example", role="owner")
    browser = cast.browser()
    assert sign_in(browser, "another@address.example") == 303
    connect(cast, browser, flow)
    joined = person(cast.app, "another@address.example")
    assert (joined.tid, joined.oid) == (ALICE.tid, ALICE.oid)
    assert "Owner" in browser.get("/account").text


def start_linking(browser: Browser) -> TestResponse:
    """Presses the button on the page for linking a Microsoft account."""
    page = browser.get("/account/microsoft").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    action = page.partition('action="/account/microsoft/')[2].partition('"')[0]
    return browser.post(f"/account/microsoft/{action}", data={"csrf_token": token})


def connect(cast: Cast, browser: Browser, flow: str) -> None:
    if flow == "spa":
        page = open_page(browser, path="/account/microsoft")
        assert page.post_tokens(page.tokens(cast.directory, ALICE)).status_code == 200
        return
    started = start_linking(browser)
    assert browser.get(pick(cast.directory, started.headers["Location"], ALICE)).status_code == 303


def test_identity_already_linked_to_another_person_is_rejected(cast: Cast) -> None:
    cast.alice()
    account(cast.app, company_of(cast.app), "second@contoso.example")
    browser = cast.browser()
    sign_in(browser, "second@contoso.example")
    started = start_linking(browser)
    assert browser.get(pick(cast.directory, started.headers["Location"], ALICE)).status_code == 400
    assert last_failure_reason(cast.app) == "joined_elsewhere"


def test_linking_finished_by_another_person_in_same_browser_is_rejected(cast: Cast) -> None:
    for email in ("first@contoso.example", "second@contoso.example"):
        account(cast.app, company_of(cast.app), email)
    browser = cast.browser()
    sign_in(browser, "first@contoso.example")
    started = start_linking(browser)
    sign_in(browser, "second@contoso.example")
    assert browser.get(pick(cast.directory, started.headers["Location"], ALICE)).status_code == 400
    assert last_failure_reason(cast.app) == "other_session"
    assert person(cast.app, "first@contoso.example").oid is None
    assert person(cast.app, "second@contoso.example").oid is None


def test_proof_of_another_browser_is_ignored(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), "victim@contoso.example", role="owner")
    with cast.app.test_request_context():
        # In the victim's browser.
        victim = LinkProof(str(person(cast.app, "victim@contoso.example").id))
        stolen = proof.issue(victim, cast.contoso_connection)
    attacker = cast.browser()
    back = pick(cast.directory, attacker.begin("contoso", proof=stolen), BOB)
    assert attacker.get(back).status_code == 303
    assert person(cast.app, "victim@contoso.example").oid is None


def test_only_one_of_two_concurrent_identities_is_linked(cast: Cast) -> None:
    account(cast.app, company_of(cast.app), "both@contoso.example")
    backs = []
    for identity in (ALICE, BOB):
        browser = cast.browser()
        sign_in(browser, "both@contoso.example")
        started = start_linking(browser)
        backs.append((browser, pick(cast.directory, started.headers["Location"], identity)))
    with ThreadPoolExecutor(2) as both:
        codes = list(both.map(lambda one: one[0].get(one[1]).status_code, backs))
    assert sorted(codes) == [303, 400]
