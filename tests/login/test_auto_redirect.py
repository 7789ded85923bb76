"""If Microsoft is the only sign-in option, the login page redirects there, without loops."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.companies.models import Company, PasswordSignIn
from app.connections import actions
from app.connections.models import Connection, Flow
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.login.password_policy.rules import NO_CONNECTION, NO_OWNER_SIGNED_IN, can_disable_passwords
from app.people.models import Person, Role
from tests import directory as seed
from tests.assertions import last_refusal
from tests.browser import pick
from tests.cast import ALICE, BOB, CHARLIE, OWNER_PASSWORD, Cast


@pytest.fixture
def closed(cast: Cast) -> Cast:
    """Contoso's passwords are closed; one connection, on the server's side."""
    with cast.app.app_context(), unit_of_work():
        company().password_sign_in = PasswordSignIn.NOBODY
    return cast


def company() -> Company:
    return db.session.scalars(sa.select(Company).where(Company.name == "Contoso")).one()


def goes_to_microsoft(answer: TestResponse) -> bool:
    return answer.status_code == 303 and "/oauth2/v2.0/authorize?" in (answer.location or "")


def test_a_person_goes_straight_to_microsoft_and_comes_back_signed_in(closed: Cast) -> None:
    browser = closed.browser()
    answer = browser.get("/login/contoso?next=/people")
    assert goes_to_microsoft(answer)
    assert answer.headers["Cache-Control"] == "no-store"
    back = browser.get(pick(closed.directory, answer.location or "", ALICE))
    assert (back.status_code, back.location) == (303, "/people")
    assert browser.get("/people").status_code == 200


def test_the_code_is_remembered_on_the_way(closed: Cast) -> None:
    browser = closed.browser()
    browser.get("/login/contoso-lisbon")
    assert 'value="contoso-lisbon"' in browser.get("/login").text


def test_whoever_wants_to_choose_stays_on_the_page(closed: Cast) -> None:
    page = closed.browser().get("/login/contoso?choose=1")
    assert page.status_code == 200
    assert "Sign in with Corporate Account" in page.text
    assert 'type="password"' not in page.text


def test_with_passwords_open_the_page_stays(cast: Cast) -> None:
    for policy in (PasswordSignIn.EVERYONE, PasswordSignIn.ASSIGNED):
        with cast.app.app_context(), unit_of_work():
            company().password_sign_in = policy
        page = cast.browser().get("/login/contoso")
        assert page.status_code == 200
        assert 'type="password"' in page.text


def test_with_two_ways_in_the_page_stays(closed: Cast) -> None:
    with closed.app.app_context(), unit_of_work():
        draft = actions.make(
            company().id, title="Suppliers", tenant=seed.CONTOSO, client_id=seed.CONTOSO_CLIENT, flow=Flow.SERVER
        )
        actions.activate(draft)
    assert closed.browser().get("/login/contoso").status_code == 200


def test_a_window_needs_a_click_so_the_page_stays_and_offers_its_button_first(closed: Cast) -> None:
    closed.switch(seed.CONTOSO, "spa")
    page = closed.browser().get("/login/contoso")
    assert page.status_code == 200
    assert "data-single-page" in page.text
    assert 'type="password"' not in page.text


def test_an_answer_that_another_browser_began_signs_nobody_in(closed: Cast) -> None:
    attacker, victim = closed.browser(), closed.browser()
    back = pick(closed.directory, attacker.get("/login/contoso").location or "", BOB)
    victim.get("/login/contoso")
    assert victim.get(back).status_code == 400
    assert last_refusal(closed.app) == "state"
    assert victim.get("/account").status_code == 302


def test_after_a_refusal_nobody_goes_in_circles(closed: Cast) -> None:
    browser = closed.browser()
    url = browser.get("/login/contoso").location or ""
    state = parse_qs(urlsplit(url).query)["state"][0]
    path = f"/auth/{closed.contoso_connection}/callback?error=access_denied&state={state}"
    refused = browser.get(path)
    assert refused.status_code == 400
    again = re.search(r'href="([^"]+)">Try again', refused.text)
    assert again
    assert again[1] == "/login/contoso?choose=1"
    assert browser.get(again[1]).status_code == 200


def test_after_signing_out_nobody_is_signed_in_again_unasked(closed: Cast) -> None:
    browser = closed.browser()
    browser.get(pick(closed.directory, browser.get("/login/contoso").location or "", ALICE))
    page = browser.post_form("/logout", page="/account").text
    again = re.search(r'href="([^"]+)">Sign in again', page)
    assert again
    assert browser.get(again[1]).status_code == 200


def test_a_browser_without_cookies_ends_on_a_page(closed: Cast) -> None:
    browser = closed.app.test_client(use_cookies=False)
    back = pick(closed.directory, browser.get("/login/contoso").location or "", ALICE)
    answer = browser.get(back)
    assert answer.status_code == 400
    assert "Try again" in answer.text


def test_while_the_directory_is_down_the_page_says_so_and_leads_to_the_choice(closed: Cast) -> None:
    closed.directory.drill("discovery_unreachable")
    answer = closed.browser().get("/login/contoso")
    assert answer.status_code == 503
    assert 'href="/login/contoso?choose=1"' in answer.text


def test_nobody_may_use_a_password_only_once_an_owner_came_through_microsoft(cast: Cast) -> None:
    with cast.app.app_context():
        company_id = company().id
        assert can_disable_passwords(company_id) == NO_OWNER_SIGNED_IN
    cast.bob()
    cast.charlie()
    with cast.app.app_context():
        assert can_disable_passwords(company_id) == NO_OWNER_SIGNED_IN
    browser = cast.browser()
    browser.post_form(
        "/login/contoso/password", page="/login/contoso", email="owner@contoso.example", password=OWNER_PASSWORD
    )
    with cast.app.app_context():
        assert can_disable_passwords(company_id) == NO_OWNER_SIGNED_IN
    cast.alice()
    with cast.app.app_context():
        assert can_disable_passwords(company_id) is None


def test_an_owner_who_came_through_what_is_switched_off_does_not_count(cast: Cast) -> None:
    cast.alice()
    with cast.app.app_context():
        with unit_of_work():
            company_id = company().id
            db.session.execute(sa.update(Connection).where(Connection.tenant == seed.CONTOSO).values(is_enabled=False))
        assert can_disable_passwords(company_id) == NO_CONNECTION


@pytest.mark.parametrize("values", [{"role": Role.ADMIN}, {"is_active": False}])
def test_whoever_is_no_owner_any_more_does_not_count(cast: Cast, values: dict[str, object]) -> None:
    cast.alice()
    with cast.app.app_context():
        with unit_of_work():
            db.session.execute(sa.update(Person).where(Person.oid == ALICE.oid).values(**values))
        assert can_disable_passwords(company().id) == NO_OWNER_SIGNED_IN


def test_a_page_names_who_would_be_shut_out(cast: Cast) -> None:
    alice = cast.alice()
    cast.bob()
    page = alice.get("/account/advanced/lock-out").text
    assert "1 person" in page
    assert "Olivia Owner" in page
    assert "Björn" not in page
    assert cast.bob().get("/account/advanced/lock-out").status_code == 403
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Connection).where(Connection.tenant == seed.CONTOSO).values(is_enabled=False))
    page = alice.get("/account/advanced/lock-out").text
    assert "3 people" in page
    assert "Björn" in page
    assert NO_CONNECTION.words in page


def test_who_would_be_shut_out_is_shown_page_by_page(cast: Cast) -> None:
    alice = cast.alice()
    with cast.app.app_context(), unit_of_work():
        company_id = cast.person(ALICE).company_id
        for number in range(30):
            db.session.add(
                Person(
                    company_id=company_id,
                    name=f"P {number:02}",
                    sort_name=f"p {number:02}",
                    email=f"p{number}@c.example",
                )
            )
    page = alice.get("/account/advanced/lock-out").text
    assert "31 people" in page
    following = re.search(r'href="(/account/advanced/lock-out\?after=[^"]+)" rel="next"', page)
    assert following
    page = alice.get(following[1].replace("&amp;", "&")).text
    assert "P 29" in page
    assert CHARLIE.oid not in page
