"""The home of owners and admins: what is failing, and the setup checklist."""

import re
from datetime import date
from uuid import UUID

import pytest
import sqlalchemy as sa

from app.audit.events.sign_ins import SignInFailed
from app.audit.log import record
from app.companies.models import Company, LoginPage, PasswordSignIn
from app.connections.models import Connection, Draft
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.crm.models import CrmConnection, SyncState
from app.entra_apps.models import EntraApp
from app.people.models import Person, Role
from tests.assertions import audit_entries, queries
from tests.browser import Browser
from tests.cast import ALICE, BOB, OWNER_PASSWORD, Cast
from tests.directory import CONTOSO

DONE = re.compile(r'<li class="is-done">.*?<h3>([^<]+)</h3>', re.DOTALL)
DISMISS, RESTORE = "/checklist/dismiss", "/checklist/restore"
FIELDS = {
    "company": "Tailspin Toys",
    "code": "tailspin",
    "name": "Tessa Toys",
    "email": "tessa@tailspin.example",
    "password": OWNER_PASSWORD,
}


@pytest.fixture
def tessa(cast: Cast) -> Browser:
    """The owner of a company that has just signed up."""
    browser = cast.browser()
    response = browser.post_form("/signup", page="/signup", **FIELDS)
    assert response.headers["Location"] == "/home"
    return browser


def done(browser: Browser) -> list[str]:
    return DONE.findall(browser.get("/home").text)


def company_id(cast: Cast) -> UUID:
    return cast.person(ALICE).company_id


def test_owners_and_admins_start_at_home_and_members_at_account(cast: Cast) -> None:
    places = []
    for role in Role:
        cast.bob()
        with cast.app.app_context(), unit_of_work():
            cast.person(BOB).role = role
        places.append(cast.browser().sign_in_as(BOB, "contoso", cast.directory).headers["Location"])
    assert places == ["/home", "/home", "/account"]


def test_new_company_has_all_steps_open(tessa: Browser) -> None:
    page = tessa.get("/home").text
    assert "0 of 6 done" in page
    assert "Confirm your email address first." in page
    assert "Connect Microsoft Entra ID first." in page
    assert done(tessa) == []


def test_steps_complete_themselves(cast: Cast, tessa: Browser) -> None:
    with cast.app.app_context():
        owner = db.session.scalars(sa.select(Person).where(Person.name == "Tessa Toys")).one()
        owner_id, theirs = owner.id, owner.company_id
        with unit_of_work():
            owner.email_is_confirmed = True
            db.session.execute(sa.update(LoginPage).where(LoginPage.company_id == theirs).values(note="Hello"))
            db.session.add(Person(company_id=theirs, name="Ann", sort_name="ann"))
        with unit_of_work():
            db.session.get_one(Company, theirs).password_sign_in = PasswordSignIn.NO_ONE
    assert done(tessa) == [
        "Confirm your email address",
        "Write the note to users",
        "Invite people",
        "Turn passwords off",
    ], owner_id


def test_checklist_disappears_when_complete(cast: Cast) -> None:
    alice = cast.alice()
    assert done(alice) == [
        "Confirm your email address",
        "Connect Microsoft Entra ID",
        "Write the note to users",
        "Invite people",
    ]
    with cast.app.app_context(), unit_of_work():
        db.session.get_one(Company, company_id(cast)).password_sign_in = PasswordSignIn.NO_ONE
        cast.person(ALICE).role = Role.ADMIN
    page = alice.get("/home").text
    assert "Set up Portico" not in page, "recovery codes are for owners"
    assert "Show setup checklist" not in page


def test_dismissing_hides_checklist_of_this_company_and_is_recorded(cast: Cast) -> None:
    alice, charlie = cast.alice(), cast.charlie()
    for _ in range(2):
        assert alice.post_form(DISMISS, page="/home").headers["Location"] == "/home"
    assert "Set up Portico" not in alice.get("/home").text
    assert "Set up Portico" in charlie.get("/home").text
    (entry,) = audit_entries(cast.app, "company.checklist_dismissed")
    assert entry.actor_id == cast.person_id(ALICE)
    alice.post_form(RESTORE, page="/home")
    assert "Set up Portico" in alice.get("/home").text
    assert len(audit_entries(cast.app, "company.checklist_restored")) == 1


def test_members_get_403_for_home_and_checklist(cast: Cast) -> None:
    bob = cast.bob()
    assert bob.get("/home").status_code == 403
    assert bob.post_form(DISMISS, page="/account").status_code == 403


def test_rejected_credential_comes_first_with_link_to_fix(cast: Cast) -> None:
    alice = cast.alice()
    with cast.app.app_context(), unit_of_work():
        draft = db.session.scalars(sa.select(Draft).where(Draft.tenant == CONTOSO)).one()
        notice = {
            "id": str(draft.id),
            "title": draft.title,
            "outlook": "refused",
            "day": date(2026, 11, 24).isoformat(),
        }
        db.session.get_one(Company, company_id(cast)).notices = [notice]
        link = f'href="/account/advanced/active-directory/{draft.id}#credentials">Add a credential'
    page = alice.get("/home").text
    assert "Microsoft rejects the credential of “Contoso staff”" in page
    assert page.index(link) < page.index("<h1>")
    assert page.count(link) == 1


def test_crm_problem_that_needs_a_person_is_shown(cast: Cast) -> None:
    alice = cast.alice()
    with cast.app.app_context(), unit_of_work():
        app = EntraApp(company_id=company_id(cast), tenant=CONTOSO, client_id="c")
        crm = CrmConnection(company_id=company_id(cast), kind="delegated", entra_app=app, sync_state=SyncState())
        crm.environment, crm.trouble = "https://contoso.crm.dynamics.com", "signed_out"
        db.session.add(crm)
    page = alice.get("/home").text
    assert page.index('href="/crm">Open CRM') < page.index("<h1>")
    with cast.app.app_context(), unit_of_work():
        db.session.scalars(sa.select(CrmConnection)).one().trouble = "unreachable"
    assert "Open CRM" not in alice.get("/home").text, "it is retried automatically"


@pytest.mark.parametrize(
    ("reason", "number", "is_shown"),
    [
        ("aadsts_7000215", 3, True),
        ("aadsts_7000215", 2, False),
        ("wrong_password", 9, False),
        ("id_token_issuer", 4, True),
    ],
)
def test_sign_ins_failing_because_of_configuration_are_shown(
    cast: Cast, reason: str, number: int, is_shown: bool
) -> None:
    alice = cast.alice()
    with cast.app.app_context(), unit_of_work():
        for _ in range(number):
            record(SignInFailed(company_id=company_id(cast), reason=reason))
    assert (f"{number} sign-ins failed in the last 24 hours" in alice.get("/home").text) == is_shown


def test_home_needs_four_queries(cast: Cast) -> None:
    alice = cast.alice()
    with queries(cast.app) as sent:
        alice.get("/home")
    assert len(sent) == 4, "Alice’s row, the company’s facts, its sign-ins, its connections"
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(Connection).values(is_enabled=False))
    assert "No active connection" in alice.get("/home").text
