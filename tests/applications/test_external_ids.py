"""The claim `external_id`: a person's ID in another system of the company, from an import."""

import io

import pytest
import sqlalchemy as sa

from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people import actions as people
from app.people.models import Person
from tests.accounts import PASSWORD, person
from tests.applications.client import Client
from tests.applications.people import Session, sign_in
from tests.assertions import json_of
from tests.browser import Browser
from tests.cast import Cast
from tests.tasks import run_tasks

ANNA = "anna@contoso.example"
TAKEN = "Another person has this external ID."


def imported(cast: Cast, browser: Browser, content: str) -> str:
    """Imports a file; the report of its skipped rows."""
    data = {
        "csrf_token": browser.csrf("/people/import"),
        "method": "any",
        "file": (io.BytesIO(content.encode()), "p.csv"),
    }
    page = browser.post("/people/import", data=data).headers["Location"]
    run_tasks(cast.app)
    return browser.get(f"{page}/report").text


def stored(email: str) -> Person:
    """Inside an application context."""
    return db.session.scalars(sa.select(Person).where(Person.sign_in_email == email)).one()


def signed_in(cast: Cast, email: str) -> Browser:
    with cast.app.app_context(), unit_of_work():
        found = stored(email)
        people.set_password(found, PASSWORD, actor_id=found.id)
    browser = cast.browser()
    sign_in(browser, "/login/contoso", email, PASSWORD)
    return browser


def test_imported_id_is_a_claim_everywhere(cast: Cast, owner: Session, client: Client) -> None:
    imported(cast, owner.browser, f"Email,External ID\n{ANNA},HR-4711\n")
    anna = signed_in(cast, ANNA)
    tokens = client.tokens(anna, scope="openid")
    assert client.verified(tokens["id_token"])["external_id"] == "HR-4711"
    assert json_of(client.userinfo(tokens["access_token"]))["external_id"] == "HR-4711"
    assert "external_id" in json_of(client.machine().get("/.well-known/openid-configuration"))["claims_supported"]
    assert "external_id" not in client.verified(client.tokens(owner.browser)["id_token"]), "not from an import"


def test_admins_and_the_person_see_it(cast: Cast, owner: Session) -> None:
    imported(cast, owner.browser, f"Email,External ID\n{ANNA},HR-4711\n")
    anna = signed_in(cast, ANNA)
    page = f"/people/{person(cast.app, ANNA).id}"
    assert "HR-4711" in owner.browser.get(page).text
    assert "HR-4711" not in anna.get(page).text, "members see no one's"
    assert "HR-4711" in anna.get("/account/data").text
    assert json_of(anna.get("/account/data.json"))["person"]["external_id"] == "HR-4711"


@pytest.mark.parametrize("value", ["with space", "x" * 101, "ümlaut"], ids=["space", "long", "letter"])
def test_unusable_id_is_reported_with_its_row(cast: Cast, owner: Session, value: str) -> None:
    report = imported(cast, owner.browser, f"Email,External ID\n{ANNA},{value}\n")
    assert "Enter an external ID of up to 100" in report
    assert value in report, "so that the report can be corrected and imported again"


def test_id_of_another_person_is_refused(cast: Cast, owner: Session) -> None:
    """Applications would take one for the other."""
    report = imported(
        cast, owner.browser, f"Email,External ID\n{ANNA},HR-1\nbea@contoso.example,HR-1\ncleo@contoso.example,HR-2\n"
    )
    assert report.count(TAKEN) == 1
    assert person(cast.app, ANNA).external_id == "HR-1"
    again = imported(cast, owner.browser, f"Email,External ID\ndora@contoso.example,HR-2\n{ANNA},HR-1\n")
    assert again.count(TAKEN) == 1
    assert again.count("This email already exists.") == 1


def test_id_of_a_deleted_person_is_free_again(cast: Cast, owner: Session) -> None:
    imported(cast, owner.browser, f"Email,External ID\n{ANNA},HR-1\n")
    with cast.app.app_context(), unit_of_work():
        assert people.delete(stored(ANNA), keep_name=True, actor_id=owner.person_id) is None
    report = imported(cast, owner.browser, "Email,External ID\nbea@contoso.example,HR-1\n")
    assert TAKEN not in report
    assert person(cast.app, "bea@contoso.example").external_id == "HR-1"


def test_companies_have_ids_of_their_own(cast: Cast, owner: Session) -> None:
    imported(cast, owner.browser, f"Email,External ID\n{ANNA},HR-1\n")
    assert TAKEN not in imported(cast, cast.charlie(), "Email,External ID\nann@fabrikam.example,HR-1\n")
