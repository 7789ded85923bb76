"""Who gets a company's warnings by mail, and at which address."""

import re

from flask import Flask

from app.core.unit_of_work import unit_of_work
from app.people import actions, queries
from app.people.models import Role
from tests.accounts import company_of, link, person, sign_in
from tests.browser import Browser, pick
from tests.cast import ALICE, NO_MAIL, OWNER_PASSWORD, Cast
from tests.login.test_signup import sign_up
from tests.people.test_invitations import PHRASE, invite, shown_link
from tests.post_office import PostOffice
from tests.tasks import run_tasks

OWNER = "owner@contoso.example"


def addresses(app: Flask, of: str = OWNER) -> list[str]:
    company_id = company_of(app, of)
    with app.app_context():
        return queries.admin_addresses(company_id)  # type: ignore[arg-type]


def with_microsoft(cast: Cast, browser: Browser) -> None:
    """Links the account that is signed in to one of the directory's that has no mailbox, and reads its profile."""
    (action,) = re.findall(r'action="(/account/microsoft/[^"]+)"', browser.get("/account/microsoft").text)
    started = browser.post_form(action, page="/account/microsoft")
    answer = browser.get(pick(cast.directory, started.headers["Location"], NO_MAIL))
    assert answer.status_code == 303, answer.text
    assert cast.browser().sign_in_as(NO_MAIL, "contoso", cast.directory).status_code == 303
    run_tasks(cast.app)


def test_an_owner_without_a_mailbox_is_warned_at_the_address_she_confirmed_here(cast: Cast) -> None:
    owner = cast.browser()
    assert sign_in(owner, OWNER, OWNER_PASSWORD) == 303
    with_microsoft(cast, owner)
    with cast.app.app_context():
        synced = cast.person(NO_MAIL)
        assert synced.sign_in_email == OWNER
        assert synced.synced_at is not None, "Microsoft Graph was read, and it says that there is no mail"
        assert synced.email == OWNER, "what Microsoft does not know erases nothing that was confirmed here"
    assert addresses(cast.app) == [OWNER]


def test_an_address_that_microsoft_alone_names_goes_when_microsoft_has_it_no_longer(cast: Cast) -> None:
    alice = cast.alice()
    assert "adaeze.okonkwo@contoso.example" in addresses(cast.app)
    cast.directory.person(ALICE.tid, ALICE.oid, mail=None)
    alice.sign_in_as(ALICE, "contoso", cast.directory)
    run_tasks(cast.app)
    assert addresses(cast.app) == [OWNER]


def test_an_invited_admin_is_warned_from_the_acceptance_on(cast: Cast, post_office: PostOffice) -> None:
    path = shown_link(invite(cast.alice(), role="admin"))
    assert "ines@contoso.example" not in addresses(cast.app)
    ines = cast.browser()
    page = ines.opened(path)
    ines.post_form(page, page=page, password=PHRASE)
    assert "ines@contoso.example" in addresses(cast.app)


def test_an_address_is_warned_once_it_is_confirmed(app: Flask, browser: Browser, post_office: PostOffice) -> None:
    sign_up(browser)
    address = "tessa@tailspin.example"
    assert addresses(app, address) == []
    page = browser.opened(link(post_office, app, address))
    browser.post_form(page, page=page)
    assert addresses(app, address) == [address]


def test_who_never_confirmed_an_address_is_warned_at_the_directorys(cast: Cast) -> None:
    """The mistyped address of a sign-up is not used, what the company's own directory says is."""
    cast.alice()
    with cast.app.app_context(), unit_of_work():
        mistyped = cast.person(ALICE)
        mistyped.sign_in_email, mistyped.email_is_confirmed = "adaeze@contoos.example", False
    assert addresses(cast.app) == [OWNER, "adaeze.okonkwo@contoso.example"]


def test_an_address_of_two_people_is_written_to_once(cast: Cast) -> None:
    company_id = person(cast.app, OWNER).company_id
    with cast.app.app_context():
        with unit_of_work():
            second = actions.make(company_id, email="two@contoso.example", name="Two", role=Role.ADMIN, password=PHRASE)
            second.sign_in_email, second.email = None, OWNER
        assert queries.admin_addresses(company_id) == [OWNER]
