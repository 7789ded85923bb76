"""My data: everything stored about the signed-in person, without secrets or other people's data."""

import json

import sqlalchemy as sa

from app.audit.events.people import ProfileSynced
from app.audit.log import record
from app.core.database import Base
from app.core.unit_of_work import unit_of_work
from app.overview.own_data.data_export import PARTS, WITHHELD
from app.people.models import Person
from tests.cast import ALICE, BOB, OWNER_PASSWORD, Cast

SECRETS = ("hash", "token", "sealed", "attempt")


def test_person_sees_what_is_stored_about_them(cast: Cast) -> None:
    bob = cast.bob()
    cast.alice()
    page = bob.get("/account/data").text
    with cast.app.app_context():
        person = cast.person(BOB)
        for value in (person.name, person.email, person.tid, person.oid):
            assert value
            assert value in page
        assert cast.person(ALICE).name not in page
    assert 'href="/account/data"' in bob.get("/account").text


def test_all_own_data_is_downloaded_as_json(cast: Cast) -> None:
    bob = cast.bob()
    cast.alice()
    bob.get("/account")
    response = bob.get("/account/data.json")
    assert response.mimetype == "application/json"
    stored = json.loads(response.text)
    with cast.app.app_context():
        person = cast.person(BOB)
        assert person.synced_at
        assert stored["person"]["name"] == person.name
        assert stored["person"]["has_password"] is False
        assert stored["read_from_microsoft"]["read_at"] == person.synced_at.isoformat()
        assert stored["read_from_microsoft"]["fields"]["email_address"] == person.email
        assert cast.person(ALICE).name not in response.text
    assert stored["picture"].startswith("data:image/")
    assert [session["auth_label"] for session in stored["sessions"]] == ["Contoso staff"]
    assert [entry["event"] for entry in stored["history"]] == ["person.made", "sign_in.admitted", "own_data.downloaded"]


def test_download_says_whether_a_password_exists_without_its_hash(cast: Cast) -> None:

    owner = cast.browser()
    owner.post_form(
        "/login/contoso/password", page="/login/contoso", email="owner@contoso.example", password=OWNER_PASSWORD
    )
    text = owner.get("/account/data.json").text
    assert json.loads(text)["person"]["has_password"] is True
    assert json.loads(text)["read_from_microsoft"] is None
    assert "argon2" not in text
    assert "argon2" not in owner.get("/account/data").text


def test_page_shows_recent_entries_and_download_all(cast: Cast) -> None:
    bob = cast.bob()
    with cast.app.app_context(), unit_of_work():
        person = cast.person(BOB)
        for _ in range(60):
            record(ProfileSynced(company_id=person.company_id, actor_id=person.id, subject_id=person.id))
    assert "The download has all of it." in bob.get("/account/data").text
    assert len(json.loads(bob.get("/account/data.json").text)["history"]) == 63


def test_everything_that_belongs_to_a_person_is_exported() -> None:
    models = {mapper.class_ for mapper in Base.registry.mappers if "person_id" in mapper.columns}
    assert models == set(PARTS.values())


def test_every_column_is_exported_or_withheld_with_a_reason() -> None:
    assert set(WITHHELD) == {Person, *PARTS.values()}
    for model, withheld in WITHHELD.items():
        columns = {column.key for column in sa.inspect(model).column_attrs}
        assert set(withheld) <= columns, model
        assert [name for name in columns - set(withheld) if any(mark in name for mark in SECRETS)] == [], model
