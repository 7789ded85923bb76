"""Migration from passwords to Microsoft: who has connected, who hasn't, and a reminder."""

import sqlalchemy as sa

from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people.models import Person
from tests.accounts import account, company_of, imported
from tests.assertions import audit_entries
from tests.cast import Cast
from tests.mail_server import LocalMailServer
from tests.tasks import run_tasks


def test_page_counts_and_lists_people_who_have_not_migrated(cast: Cast) -> None:
    alice = cast.alice()
    account(cast.app, company_of(cast.app), "paula@contoso.example", "Paula Password")
    page = alice.get("/people/moving").text
    assert "1 of 3 people have connected Microsoft" in page
    assert "Paula Password" in page
    assert "Olivia Owner" in page
    assert "Adaeze" not in page.partition("<table")[2]


def test_reminder_is_confirmed_and_skips_people_not_invited(cast: Cast, mail_server: LocalMailServer) -> None:
    alice = cast.alice()
    account(cast.app, company_of(cast.app), "paula@contoso.example", "Paula Password")
    imported(cast.app, "ines@contoso.example", invited=True)
    imported(cast.app, "nora@contoso.example", invited=False)
    page = alice.get("/people/moving/remind").text
    assert "Remind 3 people" in page
    assert "1 person left out" in page
    assert "Not invited yet." in page
    assert mail_server.recipients == []
    assert alice.post_form("/people/moving/remind", page="/people/moving/remind").status_code == 303
    assert "Reminder sent to 3 people." in alice.get("/people/moving").text
    while run_tasks(cast.app):
        pass
    assert sorted(mail_server.recipients) == ["ines@contoso.example", "owner@contoso.example", "paula@contoso.example"]
    assert "/login/contoso" in mail_server.texts()[0]
    assert audit_entries(cast.app, "moving.reminded")[-1].detail == {"people": 3}


def test_no_button_is_shown_without_anyone_to_remind(cast: Cast) -> None:
    alice = cast.alice()
    with cast.app.app_context(), unit_of_work():
        owner = db.session.scalars(sa.select(Person).where(Person.email == "owner@contoso.example")).one()
        owner.is_active = False
    page = alice.get("/people/moving/remind").text
    assert "No one to remind" in page
    assert 'class="btn btn-primary"' not in page
