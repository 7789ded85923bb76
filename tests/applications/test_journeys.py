"""Invitations, sign-up and password resets lead to the application at which they began."""

import re
import time
from html import unescape
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine

from tests.accounts import account, company_of, link, person
from tests.applications.admin import Owner, errors, owner
from tests.applications.client import Client, register, returned
from tests.applications.people import sign_in
from tests.applications.test_assigning_roles import allow
from tests.browser import Browser
from tests.cast import Cast
from tests.mail_server import LocalMailServer
from tests.people.test_invitations import EMAIL, PHRASE, invite, shown_link, with_microsoft
from tests.tasks import run_tasks


def accepted(cast: Cast, path: str) -> str:
    """Accepts an invitation with a password; returns the redirect target."""
    ines = cast.browser()
    page = ines.opened(path)
    response = ines.post_form(page, page=page, password=PHRASE)
    assert response.status_code == 303, response.text
    return str(response.location)


def test_invitation_leads_to_the_application(cast: Cast, mail_server: LocalMailServer) -> None:
    made = owner(cast)
    response = invite(made.browser, application=str(made.id))
    assert "Ines Invited continues to Expenses" in response.text
    path = shown_link(response)
    run_tasks(cast.app)
    assert "to use Expenses" in mail_server.texts()[-1]
    assert "to use Expenses" in cast.browser().get(path, follow_redirects=True).text
    assert accepted(cast, path) == f"/apps/{made.id}"


def test_invitation_accepted_with_microsoft_leads_to_the_application(cast: Cast) -> None:
    made = owner(cast)
    path = shown_link(invite(made.browser, application=str(made.id)))
    assert with_microsoft(cast, path, cast.browser()).location == f"/apps/{made.id}"


def test_resent_invitation_leads_to_the_same_application(cast: Cast, mail_server: LocalMailServer) -> None:
    made = owner(cast)
    invite(made.browser, application=str(made.id))
    ines = person(cast.app, EMAIL)
    again = made.browser.post_form(f"/people/{ines.id}/invitation", page=f"/people/{ines.id}")
    run_tasks(cast.app)
    assert "to use Expenses" in mail_server.texts()[-1]
    assert accepted(cast, shown_link(again)) == f"/apps/{made.id}"


@pytest.mark.parametrize("what", ["delete", "enabled"])
def test_invitation_outlives_its_application(cast: Cast, what: str) -> None:
    made = owner(cast)
    Owner(cast, made.browser).create(name="Another")
    path = shown_link(invite(made.browser, application=str(made.id)))
    assert made.press(what, enabled="no", confirmed="yes").status_code == 303
    Owner(cast, made.browser).create(name="A third")
    assert accepted(cast, path) == "/account"


def test_invitation_to_an_application_that_needs_a_role_says_so(cast: Cast) -> None:
    made = owner(cast)
    made.declare("editor")
    allow(made, "editor")
    response = invite(made.browser, application=str(made.id))
    assert "Ines Invited needs a role to open Expenses." in response.text
    assert f'href="{made.path}"' in response.text


def test_invitation_form_offers_only_applications_that_can_be_opened(cast: Cast) -> None:
    register(cast.app, "Service")
    alice = cast.alice()
    assert 'name="application"' not in alice.get("/people/invite").text
    made = owner(cast)
    foreign = Owner(cast, cast.charlie())
    foreign.create(name="Fabrikam only")
    page = made.browser.get("/people/invite").text
    assert "Expenses</option>" in page
    assert "Service" not in page
    assert "Fabrikam only" not in page
    refused = invite(made.browser, application=str(foreign.id))
    assert (refused.status_code, errors(refused)) == (422, {"application": "Choose one of the options."})


def test_person_without_account_is_asked_to_get_an_invitation(cast: Cast, client: Client) -> None:
    """Instead of creating a company, where the application wants people of an existing one."""
    browser = cast.browser()
    pinned = client.page(browser, prompt="create", organization="contoso")
    own = register(cast.app, "Contoso’s own", company_id=company_of(cast.app)).page(browser, prompt="create")
    listed = register(cast.app, "Listed", companies=[company_of(cast.app)]).page(cast.charlie(), prompt="create")
    for page in (pinned, own, listed):
        assert page.startswith("/login/contoso?")
        assert "ask your administrator for an invitation" in browser.get(page).text
    assert "code" in returned(browser.get(sign_in(browser, pinned)))


def test_company_without_an_application_for_new_ones_is_asked_for(cast: Cast) -> None:
    """An application for several companies that are listed is for none that is created now."""
    both = [company_of(cast.app), company_of(cast.app, "charlie@fabrikam.example")]
    listed = register(cast.app, "Listed", companies=[one for one in both if one])
    cast.charlie()
    assert not listed.page(cast.browser(), prompt="create").startswith("/signup")


RITA, NEW = "rita@contoso.example", "a wholly other phrase"
HREF = re.compile(r'href="(/login/contoso/forgot[^"]*)"')


class Forgetful:
    """Someone who forgot the password on the login page of an authorization request."""

    def __init__(self, cast: Cast, client: Client) -> None:
        account(cast.app, company_of(cast.app), RITA, "Rita Reset")
        self.cast, self.browser = cast, cast.browser()
        self.login_page = client.page(self.browser, organization="contoso")
        self.waiting = parse_qs(urlsplit(self.login_page).query)["next"][0]
        found = HREF.search(self.browser.get(self.login_page).text)
        assert found
        self.forgot = unescape(found[1])
        assert self.browser.post_form(self.forgot, page=self.forgot, email=RITA, next=self.waiting).status_code == 200

    def reset(self, browser: Browser, mail_server: LocalMailServer) -> str:
        """Chooses a new password with the emailed link; the login page that follows."""
        page = browser.opened(link(mail_server, self.cast.app, RITA))
        response = browser.post_form(page, page=page, password=NEW)
        assert response.status_code == 303, response.text
        return str(response.location)


def test_password_reset_returns_to_the_application(cast: Cast, client: Client, mail_server: LocalMailServer) -> None:
    rita = Forgetful(cast, client)
    assert f'value="{rita.waiting}"'.replace("&", "&amp;") in rita.browser.get(rita.forgot).text
    login_page = rita.reset(rita.browser, mail_server)
    assert "Password changed. Sign in with your new password." in rita.browser.get(login_page).text
    waiting = sign_in(rita.browser, login_page, RITA, NEW)
    assert "code" in returned(rita.browser.get(waiting))


def test_password_reset_in_another_browser_leads_to_the_launchpad(cast: Cast, mail_server: LocalMailServer) -> None:
    portal = register(cast.app, "Portal", start_url="https://portal.example/")
    rita, other = Forgetful(cast, portal), cast.browser()
    login_page = rita.reset(other, mail_server)
    assert re.search("then open .*Portal.* under Apps", other.get(login_page).text)
    assert sign_in(other, login_page, RITA, NEW) == "/apps"


def test_password_reset_after_the_request_expired_leads_to_the_launchpad(
    cast: Cast, mail_server: LocalMailServer
) -> None:
    rita = Forgetful(cast, register(cast.app, "Portal", start_url="https://portal.example/"))
    with time_machine.travel(time.time() + 11 * 60):
        login_page = rita.reset(rita.browser, mail_server)
        assert sign_in(rita.browser, login_page, RITA, NEW) == "/apps"


def test_password_reset_for_an_application_without_address_says_to_go_back(
    cast: Cast, client: Client, mail_server: LocalMailServer
) -> None:
    rita, other = Forgetful(cast, client), cast.browser()
    login_page = rita.reset(other, mail_server)
    assert "then go back to the application" in other.get(login_page).text


def test_page_wanted_at_one_company_is_not_reached_through_another(cast: Cast, client: Client) -> None:
    rita = Forgetful(cast, client)
    pages = {code: rita.browser.get(f"/login/{code}/reset").text for code in ("contoso", "fabrikam")}
    assert {code: "next=/oauth/authorize" in page for code, page in pages.items()} == {
        "contoso": True,
        "fabrikam": False,
    }


def test_expired_request_names_the_application_and_links_to_it(cast: Cast, client: Client) -> None:
    portal = register(cast.app, "Portal", start_url="https://portal.example/")
    browser = cast.browser()
    waiting, without_address = portal.page(browser), client.page(browser)
    with time_machine.travel(time.time() + 11 * 60):
        page = browser.get(parse_qs(urlsplit(waiting).query)["next"][0])
        assert page.status_code == 400
        assert "Start again at Portal." in page.text
        assert 'href="https://portal.example/"' in page.text
        page = browser.get(parse_qs(urlsplit(without_address).query)["next"][0])
        assert "Start again at Example App." in page.text
