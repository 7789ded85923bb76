"""What a person may open, where members start, and how someone without access asks for it."""

import re

import sqlalchemy as sa

from app.applications.models import AccessRequest
from app.core.database import db
from tests.applications.admin import Owner, owner
from tests.applications.client import register
from tests.applications.test_assigning_roles import allow
from tests.assertions import audit_entries, queries
from tests.browser import Browser
from tests.cast import ALICE, BOB, Cast
from tests.mail_server import LocalMailServer, text_of
from tests.tasks import run_tasks

APPS = "/apps"


def names(browser: Browser) -> list[str]:
    """The applications that can be opened."""
    return re.findall(r'<a class="stretched-link" href="[^"]+">([^<]+)</a>', browser.get(APPS).text)


def test_people_see_the_applications_of_their_company(cast: Cast) -> None:
    made = owner(cast)
    for number in range(2):
        register(cast.app, f"Portal {number}", start_url="https://portal.example/")
    assert names(cast.bob()) == ["Expenses", "Portal 0", "Portal 1"]
    assert names(cast.charlie()) == ["Portal 0", "Portal 1"]
    made.press("enabled", enabled="no", confirmed="yes")
    assert names(cast.bob()) == ["Portal 0", "Portal 1"], "one that is disabled can’t be opened"


def test_application_without_start_url_is_left_out(cast: Cast) -> None:
    register(cast.app, "Service")
    assert names(cast.bob()) == []


def test_application_with_initiate_login_uri_receives_the_issuer(cast: Cast) -> None:
    register(
        cast.app, "Portal", start_url="https://portal.example/", initiate_login_uri="https://portal.example/start?a=b"
    )
    assert 'href="https://portal.example/start?a=b&amp;iss=http%3A%2F%2Flocalhost%3A5000"' in cast.bob().get(APPS).text


def test_empty_states_explain_what_appears_here(cast: Cast) -> None:
    assert "When Contoso adds one that you can use" in cast.bob().get(APPS).text
    assert "Create application" in cast.alice().get(APPS).text


def test_member_starts_at_the_only_application(cast: Cast) -> None:
    made = owner(cast)
    response = cast.browser().sign_in_as(BOB, "contoso", cast.directory)
    assert response.headers["Location"] == f"/apps/{made.id}"
    bob = cast.bob()
    opening = bob.get(f"/apps/{made.id}")
    assert opening.headers["Refresh"] == "0; url=https://app.example/"
    assert 'href="https://app.example/"' in opening.text


def test_member_who_requested_a_page_gets_it(cast: Cast) -> None:
    owner(cast)
    response = cast.browser().sign_in_as(BOB, "contoso", cast.directory, next_path="/people")
    assert response.headers["Location"] == "/people"


def test_owners_start_at_home_and_members_with_a_choice_at_account(cast: Cast) -> None:
    made = owner(cast)
    response = cast.browser().sign_in_as(ALICE, "contoso", cast.directory)
    assert response.headers["Location"] == "/home"
    Owner(cast, made.browser).create(name="Another")
    response = cast.browser().sign_in_as(BOB, "contoso", cast.directory)
    assert response.headers["Location"] == "/account"


def test_member_without_access_to_only_application_starts_at_account(cast: Cast) -> None:
    made = owner(cast)
    made.declare("editor")
    allow(made, "editor")
    response = cast.browser().sign_in_as(BOB, "contoso", cast.directory)
    assert response.headers["Location"] == "/account"


def test_access_is_requested_once_and_granted_on_application_page(cast: Cast, mail_server: LocalMailServer) -> None:
    made = owner(cast)
    role, bob, path = made.declare("editor"), cast.bob(), f"/apps/{made.id}"
    allow(made, "editor")
    assert names(bob) == []
    assert "You don’t have access to Expenses" in bob.get(path).text
    assert "Refresh" not in bob.get(path).headers
    run_tasks(cast.app)
    before = len(mail_server.emails)
    for page in (path, "/account"):
        assert bob.post_form(path, page=page).status_code == 303
    assert "You asked for access." in bob.get(path).text
    assert len(audit_entries(cast.app, "application.access_requested")) == 1
    run_tasks(cast.app)
    sent = mail_server.emails[before:]
    assert {message["Subject"] for message in sent} == {"Björn Lindqvist asks for access to Expenses"}
    assert made.path in text_of(sent[0])
    assert "Requests for access" in made.page()
    made.assign(BOB, role)
    assert "Requests for access" not in made.page()
    assert names(bob) == ["Expenses"]
    assert bob.get(path).headers["Refresh"] == "0; url=https://app.example/"


def test_access_request_is_declined(cast: Cast) -> None:
    made = owner(cast)
    made.declare("editor")
    allow(made, "editor")
    bob, path = cast.bob(), f"/apps/{made.id}"
    bob.post_form(path, page=path)
    assert made.press(f"people/{cast.person_id(BOB)}/decline").status_code == 303
    assert "Requests for access" not in made.page()
    assert "Ask for access" in bob.get(path).text


def test_a_deleted_persons_request_is_deleted(cast: Cast) -> None:
    made = owner(cast)
    made.declare("editor")
    allow(made, "editor")
    path = f"/apps/{made.id}"
    cast.bob().post_form(path, page=path)
    person = f"/people/{cast.person_id(BOB)}/delete"
    assert made.browser.post_form(person, page=person, keep_name="no").status_code == 303
    with cast.app.app_context():
        assert db.session.scalars(sa.select(AccessRequest)).all() == []


def test_person_with_access_cannot_request_it(cast: Cast) -> None:
    made = owner(cast)
    assert cast.bob().post_form(f"/apps/{made.id}", page="/account").status_code == 303
    assert audit_entries(cast.app, "application.access_requested") == []


def test_outsider_cannot_request_access(cast: Cast) -> None:
    made = owner(cast)
    assert cast.charlie().post_form(f"/apps/{made.id}", page="/account").status_code == 404


def test_launchpad_costs_two_queries_for_any_number_of_applications(cast: Cast) -> None:
    for number in range(5):
        register(cast.app, f"Portal {number}", start_url="https://portal.example/", roles=("reader",))
    bob = cast.bob()
    with queries(cast.app) as sent:
        bob.get(APPS)
    assert len(sent) == 2, "who Bob is, and the applications"
