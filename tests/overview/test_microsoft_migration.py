"""From passwords to Microsoft: who has moved, who has not, and a reminder."""

import sqlalchemy as sa

from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people.models import Person
from tests.accounts import account, company_of, imported
from tests.assertions import history
from tests.cast import Cast
from tests.post_office import PostOffice
from tests.tasks import run_tasks


def test_the_page_shows_who_has_not_moved_and_counts(cast: Cast) -> None:
    alice = cast.alice()
    account(cast.app, company_of(cast.app), "paula@contoso.example", "Paula Password")
    page = alice.get("/people/moving").text
    assert "1 of 3 people have connected Microsoft" in page
    assert "Paula Password" in page
    assert "Olivia Owner" in page
    assert "Adaeze" not in page.partition("<table")[2]


def test_the_reminder_asks_first_and_goes_to_those_who_know_of_their_account(
    cast: Cast, post_office: PostOffice
) -> None:
    alice = cast.alice()
    account(cast.app, company_of(cast.app), "paula@contoso.example", "Paula Password")
    imported(cast.app, "ines@contoso.example", invited=True)
    imported(cast.app, "nora@contoso.example", invited=False)
    page = alice.get("/people/moving/remind").text
    assert "Remind 3 people" in page
    assert "1 person left out" in page
    assert "Not invited yet." in page
    assert post_office.readers == []
    assert alice.post_form("/people/moving/remind", page="/people/moving/remind").status_code == 303
    assert "Reminder sent to 3 people." in alice.get("/people/moving").text
    while run_tasks(cast.app):
        pass
    assert sorted(post_office.readers) == ["ines@contoso.example", "owner@contoso.example", "paula@contoso.example"]
    assert "/login/contoso" in post_office.texts()[0]
    assert history(cast.app, "moving.reminded")[-1].detail == {"people": 3}


def test_without_anyone_to_remind_there_is_no_button(cast: Cast) -> None:
    alice = cast.alice()
    with cast.app.app_context(), unit_of_work():
        owner = db.session.scalars(sa.select(Person).where(Person.email == "owner@contoso.example")).one()
        owner.is_active = False
    page = alice.get("/people/moving/remind").text
    assert "No one to remind" in page
    assert 'class="btn btn-primary"' not in page
