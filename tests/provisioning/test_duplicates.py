"""An address proves nothing: a user whose address an account has is a second person until it is proven otherwise."""

import pytest
import sqlalchemy as sa

from app.applications.models import ApplicationRole, PersonRole
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people.models import Person
from tests.accounts import PASSWORD, account, company_of, person
from tests.applications.client import register
from tests.assertions import audit_entries
from tests.browser import Browser
from tests.cast import BOB, Cast
from tests.provisioning.directory import Directory, person_of

EMAIL = "bob@contoso.example"


@pytest.fixture
def bob(cast: Cast, contoso: Directory) -> dict[str, object]:
    """A user whose address an account with a password has."""
    account(cast.app, company_of(cast.app), EMAIL, "Bob from before", "admin")
    return contoso.user("bob", externalId=BOB.oid)


def asked(cast: Cast) -> Browser:
    browser = cast.browser()
    response = browser.sign_in_as(BOB, "contoso", cast.directory)
    assert response.headers["Location"] == "/auth/joining"
    return browser


def test_second_person_has_no_address_to_sign_in_with(cast: Cast, bob: dict[str, object]) -> None:
    second, first = person_of(cast.app, bob), person(cast.app, EMAIL)
    assert second.id != first.id
    assert (second.sign_in_email, second.email, second.may_duplicate_id) == (None, None, first.id)
    assert first.oid is None


def test_proof_at_the_first_sign_in_makes_them_one(cast: Cast, contoso: Directory, bob: dict[str, object]) -> None:
    second = person_of(cast.app, bob)
    browser = asked(cast)
    response = browser.post_form("/auth/joining/password", page="/auth/joining", password=PASSWORD)
    assert response.status_code == 303
    assert "Admin" in browser.get("/account").text
    first = person(cast.app, EMAIL)
    assert (first.tid, first.oid) == (BOB.tid, BOB.oid)
    assert person_of(cast.app, bob).id == first.id
    with cast.app.app_context():
        gone = db.session.get_one(Person, second.id)
        assert (gone.is_active, gone.oid, gone.deleted_at is None) == (False, None, False)
    assert [entry.subject_id for entry in audit_entries(cast.app, "provisioning.people_merged")] == [first.id]
    contoso.patch(f"Users/{bob['id']}", {"op": "Replace", "path": "active", "value": False})
    assert browser.get("/account").status_code == 302, "the account is the directory's now"


def test_roles_of_both_are_kept(cast: Cast, bob: dict[str, object]) -> None:
    second, first = person_of(cast.app, bob), person(cast.app, EMAIL)
    application = register(cast.app)
    with cast.app.app_context(), unit_of_work():
        from app.applications.models import Application

        row = db.session.scalars(sa.select(Application).where(Application.client_id == application.client_id)).one()
        roles = [ApplicationRole(application_id=row.id, value=value, name=value) for value in ("a", "b")]
        db.session.add_all(roles)
        db.session.flush()
        for owner, role in ((first, roles[0]), (second, roles[0]), (second, roles[1])):
            db.session.add(PersonRole(company_id=owner.company_id, person_id=owner.id, role_id=role.id))
        ids = {role.id for role in roles}
    asked(cast).post_form("/auth/joining/password", page="/auth/joining", password=PASSWORD)
    with cast.app.app_context():
        held = db.session.execute(sa.select(PersonRole.person_id, PersonRole.role_id)).all()
        assert sorted(tuple(row) for row in held) == sorted((first.id, one) for one in ids)


def test_person_who_says_no_stays_the_second_and_is_not_asked_again(cast: Cast, bob: dict[str, object]) -> None:
    browser = asked(cast)
    assert browser.post_form("/auth/joining/new", page="/auth/joining").status_code == 303
    assert person(cast.app, EMAIL).oid is None
    assert person_of(cast.app, bob).may_duplicate_id is None
    again = cast.browser().sign_in_as(BOB, "contoso", cast.directory)
    assert again.headers["Location"] != "/auth/joining"


def test_wrong_proof_merges_nothing(cast: Cast, bob: dict[str, object]) -> None:
    browser = asked(cast)
    assert browser.post_form("/auth/joining/password", page="/auth/joining", password="wrong").status_code == 422
    assert person(cast.app, EMAIL).oid is None
    assert browser.get("/account").status_code == 302


def test_deactivated_second_person_is_refused_before_any_question(
    cast: Cast, contoso: Directory, bob: dict[str, object]
) -> None:
    contoso.patch(f"Users/{bob['id']}", {"op": "Replace", "path": "active", "value": False})
    assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 403


def test_address_that_an_account_has_is_not_taken_by_a_change(cast: Cast, contoso: Directory) -> None:
    account(cast.app, company_of(cast.app), EMAIL, "Bob from before")
    shown = contoso.user("zoe")
    contoso.patch(f"Users/{shown['id']}", {"op": "Replace", "path": 'emails[type eq "work"].value', "value": EMAIL})
    assert person_of(cast.app, shown).email == "zoe@contoso.example"


def test_user_without_an_object_id_belongs_to_no_person_until_the_mapping_is_corrected(
    cast: Cast, contoso: Directory
) -> None:
    shown = contoso.user("bob", externalId="bob")
    cast.bob()
    with cast.app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Person.id)).where(Person.name == "Bob Example")) == 0
    contoso.patch(f"Users/{shown['id']}", {"op": "Replace", "path": "externalId", "value": BOB.oid})
    assert person_of(cast.app, shown).id == cast.person_id(BOB)
