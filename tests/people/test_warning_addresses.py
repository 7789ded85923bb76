"""Who gets a company's warnings by email, and at which address."""

import re

from flask import Flask

from app.core.email import Recipient
from app.core.unit_of_work import unit_of_work
from app.people import actions, queries
from app.people.models import Role
from tests.accounts import company_of, link, person, sign_in
from tests.browser import Browser, pick
from tests.cast import ALICE, NO_MAIL, OWNER_PASSWORD, Cast
from tests.login.test_signup import sign_up
from tests.mail_server import LocalMailServer
from tests.people.test_invitations import PHRASE, invite, shown_link
from tests.tasks import run_tasks

OWNER = "owner@contoso.example"


def addresses(app: Flask, of: str = OWNER) -> list[str]:
    company_id = company_of(app, of)
    with app.app_context():
        return [one.address for one in queries.admin_recipients(company_id)]  # type: ignore[arg-type]


def with_microsoft(cast: Cast, browser: Browser) -> None:
    """Links the signed-in account to a Microsoft account without a mailbox, and syncs its profile."""
    (action,) = re.findall(r'action="(/account/microsoft/[^"]+)"', browser.get("/account/microsoft").text)
    started = browser.post_form(action, page="/account/microsoft")
    response = browser.get(pick(cast.directory, started.headers["Location"], NO_MAIL))
    assert response.status_code == 303, response.text
    assert cast.browser().sign_in_as(NO_MAIL, "contoso", cast.directory).status_code == 303
    run_tasks(cast.app)


def test_owner_without_mailbox_is_warned_at_confirmed_address(cast: Cast) -> None:
    owner = cast.browser()
    assert sign_in(owner, OWNER, OWNER_PASSWORD) == 303
    with_microsoft(cast, owner)
    with cast.app.app_context():
        synced = cast.person(NO_MAIL)
        assert synced.sign_in_email == OWNER
        assert synced.synced_at is not None, "the profile was read from Microsoft Graph, without an email address"
        assert synced.email == OWNER, "a missing address at Microsoft doesn't delete a confirmed one"
    assert addresses(cast.app) == [OWNER]


def test_address_known_only_to_microsoft_is_dropped_with_its_mailbox(cast: Cast) -> None:
    alice = cast.alice()
    assert "adaeze.okonkwo@contoso.example" in addresses(cast.app)
    cast.directory.person(ALICE.tid, ALICE.oid, mail=None)
    alice.sign_in_as(ALICE, "contoso", cast.directory)
    run_tasks(cast.app)
    assert addresses(cast.app) == [OWNER]


def test_invited_admin_is_warned_after_accepting(cast: Cast, mail_server: LocalMailServer) -> None:
    path = shown_link(invite(cast.alice(), role="admin"))
    assert "ines@contoso.example" not in addresses(cast.app)
    ines = cast.browser()
    page = ines.opened(path)
    ines.post_form(page, page=page, password=PHRASE)
    assert "ines@contoso.example" in addresses(cast.app)


def test_address_is_warned_once_confirmed(app: Flask, browser: Browser, mail_server: LocalMailServer) -> None:
    sign_up(browser)
    address = "tessa@tailspin.example"
    assert addresses(app, address) == []
    page = browser.opened(link(mail_server, app, address))
    browser.post_form(page, page=page)
    assert addresses(app, address) == [address]


def test_person_without_confirmed_address_is_warned_at_directory_address(cast: Cast) -> None:
    """The mistyped address of a sign-up is not used; the address from the directory is."""
    cast.alice()
    with cast.app.app_context(), unit_of_work():
        mistyped = cast.person(ALICE)
        mistyped.sign_in_email, mistyped.email_is_confirmed = "adaeze@contoos.example", False
    assert addresses(cast.app) == [OWNER, "adaeze.okonkwo@contoso.example"]


def test_address_of_two_people_is_emailed_once(cast: Cast) -> None:
    company_id = person(cast.app, OWNER).company_id
    with cast.app.app_context():
        with unit_of_work():
            second = actions.make(company_id, email="two@contoso.example", name="Two", role=Role.ADMIN, password=PHRASE)
            second.sign_in_email, second.email = None, OWNER
        assert queries.admin_recipients(company_id) == [Recipient(OWNER)]
