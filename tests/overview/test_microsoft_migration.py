"""From passwords to Microsoft: who has moved, who has not, and a reminder."""

from tests.accounts import account, company_of
from tests.assertions import history
from tests.cast import Cast
from tests.post_office import PostOffice, work


def test_the_page_shows_who_has_not_moved_and_counts(cast: Cast) -> None:
    alice = cast.alice()
    account(cast.app, company_of(cast.app), "paula@contoso.example", "Paula Password")
    page = alice.get("/people/moving").text
    assert "1 of 3 people have connected Microsoft" in page
    assert "Paula Password" in page
    assert "Olivia Owner" in page
    assert "Adaeze" not in page.partition("<table")[2]


def test_the_reminder_goes_to_those_alone(cast: Cast, post_office: PostOffice) -> None:
    alice = cast.alice()
    account(cast.app, company_of(cast.app), "paula@contoso.example", "Paula Password")
    assert alice.post_form("/people/moving/remind", page="/people/moving").status_code == 303
    while work(cast.app):
        pass
    assert sorted(post_office.readers) == ["owner@contoso.example", "paula@contoso.example"]
    assert "/login/contoso" in post_office.texts()[0]
    assert [entry.detail["people"] for entry in history(cast.app, "moving.reminded")] == [2]
