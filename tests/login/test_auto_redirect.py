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
from tests.assertions import last_failure_reason
from tests.browser import pick
from tests.cast import ALICE, BOB, CHARLIE, OWNER_PASSWORD, Cast


@pytest.fixture
def no_passwords(cast: Cast) -> Cast:
    """Contoso without password sign-in, with one connection of the server flow."""
    with cast.app.app_context(), unit_of_work():
        company().password_sign_in = PasswordSignIn.NO_ONE
    return cast


def company() -> Company:
    return db.session.scalars(sa.select(Company).where(Company.name == "Contoso")).one()


def goes_to_microsoft(response: TestResponse) -> bool:
    return response.status_code == 303 and "/oauth2/v2.0/authorize?" in (response.location or "")


def test_person_is_redirected_to_microsoft_and_returns_signed_in(no_passwords: Cast) -> None:
    browser = no_passwords.browser()
    response = browser.get("/login/contoso?next=/people")
    assert goes_to_microsoft(response)
    assert response.headers["Cache-Control"] == "no-store"
    back = browser.get(pick(no_passwords.directory, response.location or "", ALICE))
    assert (back.status_code, back.location) == (303, "/people")
    assert browser.get("/people").status_code == 200


def test_login_code_is_remembered_despite_redirect(no_passwords: Cast) -> None:
    browser = no_passwords.browser()
    browser.get(pick(no_passwords.directory, browser.get("/login/contoso-lisbon").headers["Location"], ALICE))
    browser.post_form("/logout", page="/account")
    assert 'value="contoso-lisbon"' in browser.get("/login").text


def test_choose_parameter_shows_page_without_redirect(no_passwords: Cast) -> None:
    page = no_passwords.browser().get("/login/contoso?choose=1")
    assert page.status_code == 200
    assert "Sign in with Corporate Account" in page.text
    assert 'type="password"' not in page.text


def test_page_is_shown_while_passwords_are_allowed(cast: Cast) -> None:
    for policy in (PasswordSignIn.EVERYONE, PasswordSignIn.ASSIGNED):
        with cast.app.app_context(), unit_of_work():
            company().password_sign_in = policy
        page = cast.browser().get("/login/contoso")
        assert page.status_code == 200
        assert 'type="password"' in page.text


def test_page_is_shown_with_two_sign_in_methods(no_passwords: Cast) -> None:
    with no_passwords.app.app_context(), unit_of_work():
        draft = actions.make(
            company().id, title="Suppliers", tenant=seed.CONTOSO, client_id=seed.CONTOSO_CLIENT, flow=Flow.SERVER
        )
        actions.activate(draft)
    assert no_passwords.browser().get("/login/contoso").status_code == 200


def test_spa_connection_is_shown_because_a_popup_needs_a_click(no_passwords: Cast) -> None:
    no_passwords.switch(seed.CONTOSO, "spa")
    page = no_passwords.browser().get("/login/contoso")
    assert page.status_code == 200
    assert "data-single-page" in page.text
    assert 'type="password"' not in page.text


def test_response_to_another_browser_signs_no_one_in(no_passwords: Cast) -> None:
    attacker, victim = no_passwords.browser(), no_passwords.browser()
    back = pick(no_passwords.directory, attacker.get("/login/contoso").location or "", BOB)
    victim.get("/login/contoso")
    assert victim.get(back).status_code == 400
    assert last_failure_reason(no_passwords.app) == "state"
    assert victim.get("/account").status_code == 302


def test_error_does_not_lead_to_a_redirect_loop(no_passwords: Cast) -> None:
    browser = no_passwords.browser()
    url = browser.get("/login/contoso").location or ""
    state = parse_qs(urlsplit(url).query)["state"][0]
    path = f"/auth/{no_passwords.contoso_connection}/callback?error=access_denied&state={state}"
    refused = browser.get(path)
    assert refused.status_code == 400
    again = re.search(r'href="([^"]+)">Try again', refused.text)
    assert again
    assert again[1] == "/login/contoso?choose=1"
    assert browser.get(again[1]).status_code == 200


def test_signing_out_does_not_lead_to_automatic_sign_in(no_passwords: Cast) -> None:
    browser = no_passwords.browser()
    browser.get(pick(no_passwords.directory, browser.get("/login/contoso").location or "", ALICE))
    page = browser.post_form("/logout", page="/account").text
    again = re.search(r'href="([^"]+)">Sign in again', page)
    assert again
    assert browser.get(again[1]).status_code == 200


def test_browser_without_cookies_gets_an_error_page(no_passwords: Cast) -> None:
    browser = no_passwords.app.test_client(use_cookies=False)
    back = pick(no_passwords.directory, browser.get("/login/contoso").location or "", ALICE)
    response = browser.get(back)
    assert response.status_code == 400
    assert "Try again" in response.text


def test_unreachable_directory_shows_error_with_link_to_choices(no_passwords: Cast) -> None:
    no_passwords.directory.drill("discovery_unreachable")
    response = no_passwords.browser().get("/login/contoso")
    assert response.status_code == 503
    assert 'href="/login/contoso?choose=1"' in response.text


def test_passwords_can_be_disabled_only_after_an_owner_used_microsoft(cast: Cast) -> None:
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


def test_owner_of_inactive_connection_does_not_count(cast: Cast) -> None:
    cast.alice()
    with cast.app.app_context():
        with unit_of_work():
            company_id = company().id
            db.session.execute(sa.update(Connection).where(Connection.tenant == seed.CONTOSO).values(is_enabled=False))
        assert can_disable_passwords(company_id) == NO_CONNECTION


@pytest.mark.parametrize("values", [{"role": Role.ADMIN}, {"is_active": False}])
def test_former_owner_does_not_count(cast: Cast, values: dict[str, object]) -> None:
    cast.alice()
    with cast.app.app_context():
        with unit_of_work():
            db.session.execute(sa.update(Person).where(Person.oid == ALICE.oid).values(**values))
        assert can_disable_passwords(company().id) == NO_OWNER_SIGNED_IN


def test_page_names_people_who_would_lose_access(cast: Cast) -> None:
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


def test_people_who_would_lose_access_are_paged(cast: Cast) -> None:
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
