"""A company’s own page: its name, and its deletion, which is asked for by its last owner and can be canceled."""

from functools import partial

import pytest
import sqlalchemy as sa

from app.companies.models import Company
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.people.models import Role
from tests.accounts import account, company_of, sign_in
from tests.assertions import audit_entries, rows
from tests.at_once import at_once
from tests.browser import Browser
from tests.cast import ALICE, BOB, OWNER_PASSWORD, Cast
from tests.deletion import DELETE, OWNER, PAGE, after, company, company_id, deletes_at, finish_deletion, start, worker
from tests.mail_server import LocalMailServer
from tests.recent import signed_in_long_ago, signed_in_recently
from tests.tasks import run_tasks


@pytest.fixture
def owner(cast: Cast) -> Browser:
    """Contoso's only owner, just signed in."""
    browser = cast.browser()
    assert sign_in(browser, OWNER, OWNER_PASSWORD) == 303
    return browser


def test_page_names_what_goes_and_asks_for_the_login_code(cast: Cast, owner: Browser) -> None:
    page = owner.get(DELETE).text
    for part in ("People", "Connections", "Applications", "Domains", "CRM contacts", "Audit log entries"):
        assert f"<dt>{part}</dt>" in page
    assert "<code>contoso</code>, <code>contoso-lisbon</code>" in page
    again = owner.post_form(DELETE, page=DELETE, code="contosso")
    assert again.status_code == 422
    assert "Enter the login code contoso to delete the company." in again.text
    assert 'value="contosso"' in again.text
    assert deletes_at(cast.app) is None


def test_typed_code_is_read_like_any_login_code(owner: Browser) -> None:
    assert start(owner, " CONTOSO\u200b") == 303


def test_only_an_owner_may_and_only_with_a_recent_sign_in(cast: Cast, owner: Browser) -> None:
    bob = cast.bob()
    assert bob.get(PAGE).status_code == 403
    with cast.app.app_context(), unit_of_work():
        cast.person(BOB).role = Role.ADMIN
    signed_in_recently(cast.app)
    assert "Only the last owner can delete" in bob.get(PAGE).text
    for path in (DELETE, f"{PAGE}/keep", PAGE):
        assert bob.post_form(path, page="/account", code="contoso", name="X").status_code == 403
    signed_in_long_ago(cast.app)
    assert owner.get(DELETE).location.startswith("/account/reauthenticate")
    assert owner.post_form(DELETE, page="/account", code="contoso").location.startswith("/account/reauthenticate")
    assert deletes_at(cast.app) is None


def test_one_of_several_owners_is_shown_who_the_others_are(cast: Cast, owner: Browser) -> None:
    cast.alice()
    page = owner.get(DELETE).text
    assert "Adaeze Okonkwo is an owner, too." in page
    assert 'name="code"' not in page
    assert owner.post_form(DELETE, page="/account", code="contoso").status_code == 422
    assert deletes_at(cast.app) is None
    with cast.app.app_context(), unit_of_work():
        cast.person(ALICE).is_active = False
    assert start(owner) == 303, "who can’t sign in can’t object"


def test_twenty_requests_at_once_start_it_once(cast: Cast, owner: Browser, mail_server: LocalMailServer) -> None:
    token = owner.csrf(DELETE)
    copies = [owner.copied() for _ in range(20)]
    fields = {"csrf_token": token, "code": "contoso"}
    sent = at_once([partial(one.post, DELETE, data=fields) for one in copies])
    assert {one.status_code for one in sent} == {303}
    assert len(audit_entries(cast.app, "company.deletion_requested")) == 1
    run_tasks(cast.app)
    assert len(mail_server.emails) == 1


def test_sessions_end_at_once_except_the_owners_own(cast: Cast, owner: Browser) -> None:
    bob, other = cast.bob(), cast.browser()
    assert sign_in(other, OWNER, OWNER_PASSWORD) == 303
    charlie = cast.charlie()
    assert start(owner) == 303
    assert [one.get("/account").status_code for one in (bob, other, owner, charlie)] == [302, 302, 200, 200]


def test_members_are_refused_with_the_reason_and_owners_and_admins_sign_in(cast: Cast, owner: Browser) -> None:
    cast.bob()
    account(cast.app, company_of(cast.app), "adam@contoso.example", "Adam", Role.ADMIN)
    account(cast.app, company_of(cast.app), "mia@contoso.example", "Mia")
    start(owner)
    browser = cast.browser()
    assert "Contoso will be deleted on" in browser.get("/login/contoso").text
    refused = browser.sign_in_as(BOB, "contoso", cast.directory)
    assert refused.status_code == 403
    assert "Your company will be deleted from Portico" in refused.text
    assert sign_in(browser, "mia@contoso.example") == 403
    assert audit_entries(cast.app, "sign_in.refused")[-1].detail["reason"] == "company_closed"
    assert sign_in(browser, "adam@contoso.example") == 303
    page = browser.get("/home").text
    assert "Contoso and everything in it will be deleted on" in page
    assert "Cancel deletion" not in page
    assert sign_in(browser, OWNER, OWNER_PASSWORD) == 303
    assert "Cancel deletion" in browser.get("/home").text


def test_new_person_is_not_created_meanwhile(cast: Cast, owner: Browser) -> None:
    start(owner)
    before = rows(cast.app)["person"]
    assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 403
    assert rows(cast.app)["person"] == before


def test_session_that_began_during_the_request_is_closed_to_a_member(cast: Cast, owner: Browser) -> None:
    """It is committed after the sessions were ended, so that nothing ended it."""
    bob = cast.bob()
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Company).where(Company.name == "Contoso").values(deletes_at=now()))
    assert bob.get("/account").status_code == 302
    assert owner.get("/account").status_code == 200


def test_owners_are_emailed_at_the_start_the_day_before_and_when_it_is_canceled(
    cast: Cast, owner: Browser, mail_server: LocalMailServer
) -> None:
    start(owner)
    for days in (0, 5.9, 6.1, 6.2):
        with after(days):
            worker(cast.app)
    owner_again = cast.browser()
    with after(6.3):
        sign_in(owner_again, OWNER, OWNER_PASSWORD)
        assert owner_again.post_form(f"{PAGE}/keep", page=PAGE).status_code == 303
        assert "won’t be deleted" in owner_again.get(PAGE).text
    run_tasks(cast.app)
    assert mail_server.subjects() == [
        "Contoso will be deleted from Portico in 7 days",
        "Contoso will be deleted from Portico tomorrow",
        "Contoso won’t be deleted from Portico",
    ]
    assert {one["To"] for one in mail_server.emails} == {OWNER}
    assert all(PAGE in text for text in mail_server.texts())
    with after(30):
        worker(cast.app)
        assert company(cast.app)
    assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 303


def test_owners_have_a_day_even_if_no_worker_was_there_to_remind_them(cast: Cast, owner: Browser) -> None:
    start(owner)
    with after(20):
        worker(cast.app)
        assert company(cast.app)
    with after(20.9):
        worker(cast.app)
        assert company(cast.app)
    with after(21.1):
        worker(cast.app)
        assert company(cast.app) is None


def test_operator_sees_what_is_going_to_be_and_what_was_deleted(cast: Cast, owner: Browser) -> None:
    def listed() -> str:
        return cast.app.test_cli_runner().invoke(args=["companies", "list"]).output

    start(owner)
    org_id = cast.org_id()
    assert "Contoso (will be deleted on" in listed()
    finish_deletion(cast.app, company_id(cast.app))
    assert f"{org_id} (deleted on" in listed()
    assert "Contoso" not in listed()


def test_owner_changes_the_name_which_is_cleaned_and_recorded(cast: Cast, owner: Browser) -> None:
    response = owner.post_form(PAGE, page=PAGE, name="  Contoso\u202e  \u200bGroup ")
    assert response.status_code == 303
    assert "Sign in to Contoso Group" in cast.browser().get("/login/contoso").text
    (entry,) = audit_entries(cast.app, "company.changed")
    assert entry.detail["changed"] == {"name": ["Contoso", "Contoso Group"]}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("", "Enter your company’s name."),
        ("\u2800\u200b", "Enter your company’s name."),
        ("x" * 101, "Use 100 characters or fewer."),
    ],
)
def test_name_that_shows_nothing_or_is_too_long_is_refused(cast: Cast, owner: Browser, typed: str, said: str) -> None:
    response = owner.post_form(PAGE, page=PAGE, name=typed)
    assert response.status_code == 422
    assert said in response.text
    assert company(cast.app)
