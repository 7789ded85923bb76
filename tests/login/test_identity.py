"""A person's identity: tenant and object ID within a company, never an email address."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import sqlalchemy as sa

from app.cli.companies_file import actions
from app.cli.companies_file.schema import CompaniesFile
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people import actions as people
from app.people.models import Person
from app.sessions import actions as sessions
from app.sessions.models import Session
from tests import directory as seed
from tests.assertions import audit_entries, last_failure_reason, rows, written
from tests.browser import pick
from tests.cast import ALICE, BOB, CHARLIE, COMPANIES, GUEST, OWNER_PASSWORD, Cast
from tests.directory import Account

NEW_OID = "c00000ff-0000-4000-8000-0000000000ff"


def apply(cast: Cast, **connection: Any) -> None:
    """Changes Contoso's connection as an operator does."""
    contoso: dict[str, Any] = COMPANIES["companies"][0]
    changed = {**contoso, "connections": [{**contoso["connections"][0], **connection}]}
    with cast.app.app_context(), unit_of_work():
        actions.apply(CompaniesFile.model_validate({"companies": [changed]}))


def everyone(cast: Cast) -> list[Person]:
    with cast.app.app_context():
        return list(db.session.scalars(sa.select(Person).order_by(Person.id)))


def signed_in_as(cast: Cast, account: Account, code: str = "contoso") -> str:
    """Signs in; the account page."""
    browser = cast.browser()
    response = browser.sign_in_as(account, code, cast.directory)
    assert response.status_code == 303, response.text
    return browser.get("/account").text


def refused(cast: Cast, account: Account, reason: str, status: int = 400, code: str = "contoso") -> str:
    """Expects an error with this reason and nothing written but one audit entry; returns the page."""
    browser = cast.browser()
    back = pick(cast.directory, browser.begin(code), account)
    before = rows(cast.app)
    response = browser.get(back)
    assert response.status_code == status, response.text
    assert written(before, rows(cast.app)) == {"audit_entry": 1}
    assert last_failure_reason(cast.app) == reason
    assert browser.get("/account").status_code == 302
    return response.text


def test_returning_person_is_the_same_person(cast: Cast) -> None:
    signed_in_as(cast, ALICE)
    before = rows(cast.app)
    signed_in_as(cast, ALICE)
    assert written(before, rows(cast.app)) == {"session": 1, "audit_entry": 1}


def test_same_address_from_another_tenant_is_another_person(cast: Cast) -> None:
    alice = "adaeze.okonkwo@contoso.example"
    signed_in_as(cast, ALICE)
    twin = cast.directory.person(seed.FABRIKAM, CHARLIE.oid, mail=alice, upn=alice, name="Adaeze Okonkwo")
    page = signed_in_as(cast, twin, "fabrikam")
    assert "Fabrikam" in page
    found = [person for person in everyone(cast) if person.email == alice]
    assert len({person.id for person in found}) == len({person.company_id for person in found}) == 2


def test_company_asserting_a_victims_address_gets_only_its_own_person(cast: Cast) -> None:
    signed_in_as(cast, ALICE)
    victim = cast.person_id(ALICE)
    claims = {
        "email": "adaeze.okonkwo@contoso.example",
        "preferred_username": "adaeze.okonkwo@contoso.example",
        "upn": "adaeze.okonkwo@contoso.example",
        "oid": ALICE.oid,
    }
    cast.directory.drill("id_token", alg="RS256", tenant=seed.FABRIKAM, claims=claims)
    browser = cast.browser()
    assert browser.sign_in_as(CHARLIE, "fabrikam", cast.directory).status_code == 303
    assert "Fabrikam" in browser.get("/account").text
    assert browser.get(f"/people/{victim}").status_code == 404
    with cast.app.app_context():
        tids = db.session.execute(sa.select(Person.tid, Person.oid).where(Person.oid == ALICE.oid)).all()
    assert sorted(tids) == [(seed.CONTOSO, ALICE.oid), (seed.FABRIKAM, ALICE.oid)]


def test_changed_address_and_name_keep_the_same_person(cast: Cast) -> None:
    signed_in_as(cast, ALICE)
    person_id = cast.person_id(ALICE)
    changed = cast.directory.person(
        ALICE.tid, ALICE.oid, mail="adaeze@elsewhere.example", upn="adaeze@elsewhere.example", name="Adaeze Eze"
    )
    signed_in_as(cast, changed)
    assert cast.person_id(ALICE) == person_id


def test_reassigned_user_name_is_a_new_person(cast: Cast) -> None:
    signed_in_as(cast, ALICE)
    successor = cast.directory.person(
        seed.CONTOSO,
        NEW_OID,
        name="Another Adaeze",
        upn="adaeze.okonkwo@contoso.example",
        mail="adaeze.okonkwo@contoso.example",
    )
    assert "Another Adaeze" in signed_in_as(cast, successor)
    assert cast.person_id(successor) != cast.person_id(ALICE)


def test_password_account_with_same_address_is_not_merged(cast: Cast) -> None:
    with cast.app.app_context(), unit_of_work():
        company_id = db.session.scalar(sa.select(Person.company_id).where(Person.email == "owner@contoso.example"))
        assert company_id
        address = "adaeze.okonkwo@contoso.example"
        people.make(company_id, email=address, name="A squatter", role="owner", password=OWNER_PASSWORD)
    browser = cast.browser()
    asked = browser.sign_in_as(ALICE, "contoso", cast.directory)
    assert asked.headers["Location"] == "/auth/joining"
    browser.post_form("/auth/joining/new", page="/auth/joining")
    assert "squatter" not in browser.get("/account").text
    with cast.app.app_context():
        assert cast.person(ALICE).role == "member"
        assert cast.person(ALICE).password_hash is None
    squatter = cast.browser()
    given = {"email": "adaeze.okonkwo@contoso.example", "password": OWNER_PASSWORD}
    assert squatter.post_form("/login/contoso/password", page="/login/contoso", **given).status_code == 303
    assert "A squatter" in squatter.get("/account").text


def test_guest_is_rejected_unless_company_allows_guests(cast: Cast) -> None:
    assert "guest" in refused(cast, GUEST, "guest")
    apply(cast, allow_guests=True)
    assert "Guest" in signed_in_as(cast, GUEST)
    apply(cast, allow_guests=False)
    refused(cast, GUEST, "guest")


def test_new_person_is_rejected_if_accounts_are_not_automatic(cast: Cast) -> None:
    signed_in_as(cast, ALICE)
    apply(cast, create_people=False)
    signed_in_as(cast, ALICE)
    refused(cast, BOB, "not_invited")


def test_deactivated_person_is_rejected(cast: Cast) -> None:
    signed_in_as(cast, ALICE)
    with cast.app.app_context(), unit_of_work():
        cast.person(ALICE).is_active = False
    assert "deactivated" in refused(cast, ALICE, "deactivated", status=403)


def test_audit_log_distinguishes_first_sign_in_from_later_ones(cast: Cast) -> None:
    signed_in_as(cast, ALICE)
    signed_in_as(cast, ALICE)
    assert [entry.detail["first"] for entry in audit_entries(cast.app, "sign_in.admitted")] == [True, False]
    assert len(audit_entries(cast.app, "person.made")) == 2, "the owner in the companies file, and Alice"


@pytest.mark.parametrize(
    "name", ["\x00\ud800", "a\x00b", "z" * 100_000], ids=["nothing left", "null character", "very long"]
)
def test_names_a_database_rejects_do_not_prevent_sign_in(cast: Cast, name: str) -> None:
    cast.directory.drill(
        "id_token", alg="RS256", claims={"name": name[:9000], "email": name[:5], "login_hint": name[:9]}
    )
    cast.directory.drill("graph_down")
    assert signed_in_as(cast, ALICE)


def test_fifty_concurrent_first_sign_ins_create_one_person(cast: Cast) -> None:
    browsers = [cast.browser() for _ in range(50)]
    backs = [pick(cast.directory, browser.begin("contoso"), ALICE) for browser in browsers]
    before = rows(cast.app)
    with ThreadPoolExecutor(10) as threads:
        responses = list(threads.map(lambda pair: pair[0].get(pair[1]).status_code, zip(browsers, backs, strict=True)))
    assert responses == [303] * 50
    created = written(before, rows(cast.app))
    assert (created["person"], created["session"]) == (1, 50)
    assert len([entry for entry in audit_entries(cast.app, "sign_in.admitted") if entry.detail["first"]]) == 1


def test_worker_killed_during_sign_in_leaves_nothing(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = cast.browser()
    back = pick(cast.directory, browser.begin("contoso"), ALICE)
    before = rows(cast.app)

    def die(*_args: Any, **_values: Any) -> None:
        raise SystemExit

    with monkeypatch.context() as killing:
        killing.setattr(sessions, "start", die)
        with pytest.raises(SystemExit):
            browser.get(back)
    assert written(before, rows(cast.app)) == {}
    signed_in_as(cast, ALICE)


def test_session_belongs_to_its_person_and_company(cast: Cast) -> None:
    signed_in_as(cast, ALICE)
    signed_in_as(cast, CHARLIE, "fabrikam")
    with cast.app.app_context():
        pairs = db.session.execute(sa.select(Session.company_id, Person.company_id).join(Session.person)).all()
    assert len(pairs) == 2
    assert all(of_session == of_person for of_session, of_person in pairs)
