"""Invitations, sign-up and password resets lead to the application at which they began."""

import pytest

from tests.accounts import person
from tests.applications.admin import Owner, errors, owner
from tests.applications.client import register
from tests.applications.test_assigning_roles import allow
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
