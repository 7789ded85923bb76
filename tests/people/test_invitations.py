"""Invitations: by email or link, with a role and expiry, resent, revoked, and accepted once."""

import re
import time

import pytest
import time_machine
from werkzeug.test import TestResponse

from app.core.unit_of_work import unit_of_work
from app.people.invitations.actions import INVITATION_LIFE
from app.people.models import SignInMethod
from tests import directory as seed
from tests.accounts import link, person, sign_in
from tests.assertions import audit_entries
from tests.browser import CSRF, Browser, pick
from tests.cast import ALICE, BOB, Cast
from tests.mail_server import LocalMailServer
from tests.spa import open_page

EMAIL = "ines@contoso.example"
PHRASE = "four words make one"


def invite(browser: Browser, **changed: str) -> TestResponse:
    given = {"email": EMAIL, "name": "Ines Invited", "role": "member", "method": "any", **changed}
    return browser.post_form("/people/invite", page="/people/invite", **given)


def shown_link(response: TestResponse) -> str:
    found = re.search(r"(/invitation\?key=\w+)", response.text)
    assert found, response.text
    return found[1]


def with_microsoft(cast: Cast, path: str, browser: Browser) -> TestResponse:
    """Presses the invitation's Microsoft button and picks Bob's account."""
    page = browser.get(path, follow_redirects=True).text
    token, proof = CSRF.search(page), re.search(r'name="proof" value="([^"]+)"', page)
    action = re.search(r'action="(/login/[^"]+)"', page)
    assert token and proof and action  # noqa: PT018 - one page
    started = browser.post(action[1], data={"csrf_token": token[1], "proof": proof[1]})
    return browser.get(pick(cast.directory, started.headers["Location"], BOB))


def test_email_and_page_contain_the_same_link(cast: Cast, mail_server: LocalMailServer) -> None:
    response = invite(cast.alice())
    assert shown_link(response) == link(mail_server, cast.app, EMAIL)
    assert "Adaeze" in mail_server.texts()[-1]


def test_invitation_is_accepted_with_a_password_and_its_role(cast: Cast) -> None:
    path = shown_link(invite(cast.alice(), role="admin"))
    ines = cast.browser()
    page = ines.opened(path)
    assert ines.post_form(page, page=page, password="password1234").status_code == 422
    assert ines.post_form(page, page=page, password=PHRASE).status_code == 303
    assert "Admin" in ines.get("/account").text
    assert sign_in(cast.browser(), EMAIL, PHRASE) == 303
    assert len(audit_entries(cast.app, "invitation.accepted")) == 1
    assert cast.browser().get(path, follow_redirects=True).status_code == 410, "it works once"


def test_invitation_is_accepted_with_any_microsoft_identity(cast: Cast) -> None:
    path = shown_link(invite(cast.alice(), role="admin"))
    ines = cast.browser()
    assert with_microsoft(cast, path, ines).status_code == 303
    taken = person(cast.app, EMAIL)
    assert (taken.tid, taken.oid, taken.role) == (BOB.tid, BOB.oid, "admin")
    assert cast.browser().get(path, follow_redirects=True).status_code == 410


def test_invitation_is_accepted_in_the_spa_flow(cast: Cast) -> None:
    path = shown_link(invite(cast.alice()))
    cast.switch(seed.CONTOSO, "spa")
    ines = cast.browser()
    page = open_page(ines, path=ines.opened(path))
    assert page.post_tokens(page.tokens(cast.directory, BOB)).status_code == 200
    assert person(cast.app, EMAIL).oid == BOB.oid


def test_invited_person_can_join_without_automatic_accounts(cast: Cast) -> None:
    alice = cast.alice()
    path = shown_link(invite(alice))
    with cast.app.app_context(), unit_of_work():
        from app.connections.models import Connection
        from app.core.database import db

        db.session.query(Connection).filter(Connection.tenant == seed.CONTOSO).update({"create_people": False})
    assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 400
    assert with_microsoft(cast, path, cast.browser()).status_code == 303


def test_chosen_connection_is_the_only_method_offered(cast: Cast) -> None:
    alice = cast.alice()
    options = re.findall(r'<option value="([0-9a-f-]{36})"', alice.get("/people/invite").text)
    path = shown_link(invite(alice, method=options[0]))
    page = cast.browser().get(path, follow_redirects=True).text
    assert 'type="password"' not in page or "Create account" in page
    assert person(cast.app, EMAIL).sign_in_method == SignInMethod.CONNECTION


def test_link_expires_and_is_replaced_by_a_newer_one(cast: Cast) -> None:
    alice = cast.alice()
    first = shown_link(invite(alice))
    ines = person(cast.app, EMAIL)
    again = alice.post_form(f"/people/{ines.id}/invitation", page=f"/people/{ines.id}")
    assert cast.browser().get(first, follow_redirects=True).status_code == 410
    second = shown_link(again)
    assert cast.browser().get(second, follow_redirects=True).status_code == 200
    with time_machine.travel(time.time() + INVITATION_LIFE.total_seconds() + 60):
        assert cast.browser().get(second, follow_redirects=True).status_code == 410


def test_revoked_invitation_removes_the_person(cast: Cast) -> None:
    alice = cast.alice()
    path = shown_link(invite(alice))
    ines = person(cast.app, EMAIL)
    assert alice.post_form(f"/people/{ines.id}/invitation/revoke", page=f"/people/{ines.id}").status_code == 303
    assert cast.browser().get(path, follow_redirects=True).status_code == 410
    page = alice.get("/people").text.replace("Invitation for Ines Invited revoked", "")
    assert "Ines" not in page.partition("<table")[2]
    assert audit_entries(cast.app, "invitation.revoked")[0].detail["email"] == EMAIL


def test_accepted_account_cannot_be_revoked(cast: Cast) -> None:
    alice = cast.alice()
    bob_id = cast.bob() and cast.person_id(BOB)
    assert alice.post_form(f"/people/{bob_id}/invitation/revoke", page="/people").status_code == 404
    assert alice.post_form(f"/people/{bob_id}/invitation", page="/people").status_code == 404


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"email": "owner@contoso.example"}, "already exists"),
        ({"email": "ADAEZE.okonkwo@contoso.example"}, "already exists"),
        ({"email": "no address"}, "Enter a valid email address."),
        ({"name": ""}, "Enter a name"),
        ({"role": "king"}, "Choose one of the options."),
        ({"method": "00000000-0000-4000-8000-000000000000"}, "Choose one of the options."),
    ],
)
def test_invalid_field_is_explained(cast: Cast, changed: dict[str, str], words: str) -> None:
    response = invite(cast.alice(), **changed)
    assert response.status_code == 422
    assert words in response.text


def test_admin_cannot_invite_an_owner(cast: Cast) -> None:
    path = shown_link(invite(cast.alice(), role="admin"))
    admin = cast.browser()
    page = admin.opened(path)
    admin.post_form(page, page=page, password=PHRASE)
    assert invite(admin, email="x@contoso.example", role="owner").status_code == 422
    assert cast.person_id(ALICE)
