"""Two client secrets during a rotation; what ends people's sign-ins: disabling, deleting, signing one person out."""

import re

import sqlalchemy as sa

from app.applications.models import Application
from app.core.database import db
from tests.applications.admin import LIST, Owner, owner
from tests.applications.client import register
from tests.assertions import audit_entries
from tests.cast import BOB, Cast

REMOVE = re.compile(r'action="[^"]*/(secrets/[\w-]+/remove)"')


def removals(made: Owner) -> list[str]:
    return REMOVE.findall(made.page())


def test_second_secret_works_along_with_the_first(cast: Cast) -> None:
    made = owner(cast)
    first = made.client()
    assert removals(made) == [], "the only one is replaced, not removed"
    assert made.press("secrets").status_code == 303
    second = made.client()
    assert second.secret != first.secret
    bob = cast.bob()
    for client in (first, second):
        assert "id_token" in client.tokens(bob)
    assert "Both work" in made.page()


def test_third_secret_cannot_be_added(cast: Cast) -> None:
    made = owner(cast)
    made.press("secrets")
    assert made.press("secrets").headers["Location"] == made.path
    assert "There are two client secrets already" in made.page()
    with cast.app.app_context():
        assert len(made.application().secrets) == 2


def test_old_secret_is_removed_after_confirmation(cast: Cast) -> None:
    made = owner(cast)
    first = made.client()
    made.press("secrets")
    second = made.client()
    old = removals(made)[0]
    asked = made.press(old)
    assert asked.status_code == 409
    assert "no one can sign in to it" in asked.text
    assert "id_token" in first.tokens(cast.bob()), "nothing happened yet"
    assert made.press(old, confirmed="yes").status_code == 303
    bob = cast.bob()
    assert first.redeem(first.code(bob)).status_code == 401
    assert "id_token" in second.tokens(bob)
    assert [one.detail["ending"] for one in audit_entries(cast.app, "application.secret_removed")] == [
        str(first.secret)[-4:]
    ]
    assert "Expires" not in made.page()


def test_removing_the_new_secret_keeps_the_first_without_expiry(cast: Cast) -> None:
    made = owner(cast)
    made.press("secrets")
    assert made.press(removals(made)[1], confirmed="yes").status_code == 303
    with cast.app.app_context():
        assert [one.expires_at for one in made.application().secrets] == [None]


def test_only_secret_is_not_removed(cast: Cast) -> None:
    made = owner(cast)
    with cast.app.app_context():
        only = made.application().secrets[0].id
    assert made.press(f"secrets/{only}/remove", confirmed="yes").status_code == 303
    assert "This is the only client secret" in made.page()
    with cast.app.app_context():
        assert len(made.application().secrets) == 1


def test_disabling_shows_how_many_are_signed_in_and_signs_them_out(cast: Cast) -> None:
    made = owner(cast)
    client, bob = made.client(), cast.bob()
    tokens = client.tokens(bob)
    client.tokens(bob)
    asked = made.press("enabled", enabled="no")
    assert asked.status_code == 409
    assert "<strong>1 person is signed in to it.</strong>" in asked.text
    assert client.userinfo(tokens["access_token"]).status_code == 200
    assert made.press("enabled", enabled="no", confirmed="yes").status_code == 303
    assert client.userinfo(tokens["access_token"]).status_code == 401
    assert client.authorize(bob).status_code == 400
    assert made.press("enabled", enabled="yes").status_code == 303
    assert client.userinfo(tokens["access_token"]).status_code == 401, "what ended stays so"
    assert "id_token" in client.tokens(bob)


def test_deletion_shows_how_many_are_signed_in_and_signs_them_out(cast: Cast) -> None:
    made = owner(cast)
    client, bob = made.client(), cast.bob()
    tokens = client.tokens(bob)
    made.assign(BOB, made.declare("editor"))
    assert "<strong>1 person is signed in to it.</strong>" in made.page("delete")
    assert made.press("delete").headers["Location"] == f"{made.path}/delete", "not without the question"
    assert client.userinfo(tokens["access_token"]).status_code == 200
    assert made.press("delete", confirmed="yes").headers["Location"] == LIST
    assert client.userinfo(tokens["access_token"]).status_code == 401
    assert made.browser.get(made.path).status_code == 404
    with cast.app.app_context():
        assert db.session.scalars(sa.select(Application)).all() == []
    assert [one.detail["name"] for one in audit_entries(cast.app, "application.deleted")] == ["Expenses"]
    assert "deleted the application" in made.browser.get("/audit").text


def test_one_person_is_signed_out_and_no_one_else(cast: Cast) -> None:
    made = owner(cast)
    client = made.client()
    bobs, alices = client.tokens(cast.bob()), client.tokens(made.browser)
    assert re.search(r"<dt>Signed in now</dt><dd>2</dd>", made.page())
    assert made.press(f"people/{cast.person_id(BOB)}/sign-out").status_code == 303
    assert client.userinfo(bobs["access_token"]).status_code == 401
    assert client.userinfo(alices["access_token"]).status_code == 200
    page = made.page()
    assert re.search(r"<dt>Signed in now</dt><dd>1</dd>", page)
    assert re.search(r"<dt>People in the last 30 days</dt><dd>2</dd>", page)
    entry = audit_entries(cast.app, "application.sign_out")[-1]
    assert (entry.subject_id, entry.detail["name"]) == (cast.person_id(BOB), "Expenses")


def test_person_with_ended_session_does_not_count_as_signed_in(cast: Cast) -> None:
    made = owner(cast)
    bob = cast.bob()
    made.client().tokens(bob)
    bob.post_form("/logout", page="/account")
    assert re.search(r"<dt>Signed in now</dt><dd>0</dd>", made.page())


def test_application_of_the_installation_is_shown_but_not_changed(cast: Cast) -> None:
    register(cast.app, "Company Portal", roles=("reader",))
    alice = cast.alice()
    page = alice.get(LIST).text
    assert "Provided by your operator" in page
    found = re.search(rf'href="({LIST}/[\w-]{{36}})">Company Portal', page)
    assert found
    shown = alice.get(found[1]).text
    assert "Disable" not in shown
    assert "/settings" not in shown
    assert "Client secrets" not in shown
    for path in ("settings", "enabled", "delete", "secrets", "roles", "access", "icon"):
        assert alice.post_form(f"{found[1]}/{path}", page=LIST).status_code == 404, path


def test_application_for_other_companies_is_not_shown(cast: Cast) -> None:
    register(cast.app, "Elsewhere", companies=[])
    assert "Elsewhere" not in cast.alice().get(LIST).text
