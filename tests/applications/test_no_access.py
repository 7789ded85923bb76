"""Someone without access who starts at the application sees how to get it, and continues once they have it."""

import time
from html import unescape

import pytest
import sqlalchemy as sa
import time_machine

from app.companies.models import Company
from app.core.database import db
from app.sessions.models import Session as SessionRow
from tests.accounts import account, company_of
from tests.applications.admin import owner
from tests.applications.client import register, returned
from tests.applications.people import OWNER, Session, sign_in
from tests.applications.protected import protect
from tests.applications.test_assigning_roles import allow
from tests.assertions import audit_entries
from tests.browser import Browser
from tests.cast import ALICE, BOB, CHARLIE, Cast


def test_person_without_access_asks_for_it_and_continues(cast: Cast) -> None:
    made = owner(cast)
    client, bob, role = made.client(), cast.bob(), made.declare("editor")
    allow(made, "editor")
    path = client.page(bob)
    assert path.startswith(f"/apps/{made.id}?next=/oauth/authorize")
    page = bob.get(path)
    assert page.status_code == 200
    for words in ("You don’t have access to Expenses", "certain roles at Contoso", "Björn Lindqvist at Contoso"):
        assert words in page.text
    assert audit_entries(cast.app, "application.authorization_failed")[-1].detail["error"] == "access_denied"
    asked = bob.post_form(f"/apps/{made.id}", page=path, next=Session.next_of(path))
    assert unescape(str(asked.location)) == path
    assert "You asked for access." in bob.get(path).text
    made.assign(BOB, role)
    assert "code" in returned(bob.get(bob.get(path).location))


def test_another_account_continues_the_same_request(cast: Cast) -> None:
    restricted = register(cast.app, "Editors", roles=("editor",), allowed_roles=["editor"])
    account(cast.app, company_of(cast.app), "edith@contoso.example", "Edith Editor")
    bob = cast.bob()
    page = bob.get(restricted.page(bob)).text
    other = unescape(page.partition('btn-quiet" href="/login/')[2].partition('"')[0])
    refused = bob.get(sign_in(bob, f"/login/{other}"))
    assert str(refused.location).startswith("/apps/"), "she has no access either, and is not sent round and round"
    assert "Olivia Owner at Contoso" in bob.get(str(refused.location)).text


def test_application_can_be_answered_that_access_is_denied(cast: Cast) -> None:
    restricted = register(cast.app, "Editors", roles=("editor",), allowed_roles=["editor"])
    alice = cast.alice()
    page = alice.get(restricted.page(alice)).text
    back = unescape(page.partition('href="https://app.example/callback?')[2].partition('"')[0])
    assert back.startswith("error=access_denied&")
    assert "state=the+state" in back
    assert "iss=http" in back
    assert returned(restricted.authorize(alice, prompt="none"))["error"] == "access_denied"


def test_company_without_the_application_has_no_one_to_ask(cast: Cast) -> None:
    cast.alice()
    browser = cast.charlie()
    listed = register(cast.app, "Listed", companies=[])
    path = listed.page(browser)
    page = browser.get(path)
    assert "You don’t have access to Listed" in page.text
    assert "Fabrikam doesn’t have this application." in page.text
    assert "Ask for access" not in page.text
    without_request = path.partition("?")[0]
    assert browser.get(without_request).status_code == 404
    assert browser.post_form(without_request, page="/account").status_code == 404


def test_session_that_the_request_asks_for_becomes_the_active_one(cast: Cast) -> None:
    restricted = register(cast.app, "Editors", roles=("editor",), allowed_roles=["editor"])
    browser = cast.browser()
    for account_, code in ((ALICE, "contoso"), (CHARLIE, "fabrikam")):
        browser.sign_in_as(account_, code, cast.directory)
    path = restricted.page(browser, organization="contoso")
    last_used = sa.select(Company.name).join(SessionRow).order_by(SessionRow.last_seen_at.desc()).limit(1)
    with cast.app.app_context():
        assert db.session.scalar(last_used) == "Contoso", "a further sign-in ends another session than this one"
    assert "certain roles at Contoso" in browser.get(path).text


def test_request_of_another_application_does_not_continue(cast: Cast) -> None:
    restricted = register(cast.app, "Editors", roles=("editor",), allowed_roles=["editor"])
    made = owner(cast)
    waiting = Session.next_of(restricted.page(made.browser))
    response = made.browser.get(f"/apps/{made.id}", query_string={"next": waiting})
    assert "Opening Expenses" in response.text
    assert cast.charlie().get(f"/apps/{made.id}", query_string={"next": waiting}).status_code == 404


def test_expired_request_leaves_the_page_without_its_links(cast: Cast) -> None:
    restricted = register(cast.app, "Editors", roles=("editor",), allowed_roles=["editor"])
    alice = cast.alice()
    path = restricted.page(alice)
    with time_machine.travel(time.time() + 11 * 60):
        page = alice.get(path).text
    assert "Ask for access" in page
    assert "error=access_denied" not in page


def test_protected_application_leads_to_the_same_page_without_a_loop(cast: Cast) -> None:
    wiki = protect(cast.app, roles=["editor"], allowed_roles=["editor"])
    alice, browser = cast.alice(), cast.browser()
    refused = alice.get(wiki.start(browser))
    page = alice.get(str(refused.location)).text
    assert "You don’t have access to Wiki" in page
    assert "Ask for access" in page
    assert "Refresh" not in alice.get(str(refused.location)).headers
    assert "error=access_denied" not in page, "the application's page would lead here again"
    again = wiki.get(browser, f"{wiki.path('start')}?prompt=select_account")
    assert "prompt=select_account" in str(again.location)


@pytest.mark.parametrize("earlier", ["bob", "charlie"])
def test_person_at_the_wrong_login_page_chooses_another_without_losing_the_application(
    cast: Cast, earlier: str
) -> None:
    client = register(cast.app, "Portal")
    # The browser remembers the company at which someone signed in: Contoso or Fabrikam.
    browser: Browser = getattr(cast, earlier)()
    assert browser.post_form("/logout", page="/account").status_code == 200
    asked = client.page(browser)
    login_page = browser.get(asked).location
    text = browser.get(str(login_page)).text
    switch = unescape(text.partition('href="/login?choose=1')[2].partition('"')[0])
    chosen = browser.get(f"/login?choose=1{switch}")
    assert chosen.status_code == 200
    assert Session.next_of(asked) in unescape(chosen.text)
    found = browser.get("/login", query_string={"code": "contoso", "next": Session.next_of(asked)})
    assert "code" in returned(browser.get(sign_in(browser, str(found.location), OWNER)))
