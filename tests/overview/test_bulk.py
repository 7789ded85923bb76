"""Changes to several people at once: confirmed first, with their number and who is left out."""

import re
from datetime import timedelta
from html import unescape
from uuid import UUID

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.people.bulk import actions
from app.people.bulk.rules import Action, Change
from app.people.invitations.models import Invitation
from app.people.models import Person, Role
from app.sessions.models import Session
from tests.accounts import PASSWORD, account, company_of, imported, person, sign_in
from tests.assertions import audit_entries, queries
from tests.browser import CSRF, Browser
from tests.cast import ALICE, BOB, Cast
from tests.mail_server import LocalMailServer
from tests.tasks import run_tasks

EXCLUDED = re.compile(r"<li><b>([\d,]+)</b> <span>([^<]*)</span></li>")
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)">')
ACTION = re.compile(r'<form class="panel bulk" method="post" action="([^"]+)"')


def ask(browser: Browser, action: str, *ids: UUID, **query: str) -> str:
    response = browser.get(
        f"/people/selected/{action}", query_string={"person": [str(one) for one in ids], **query} if ids else query
    )
    assert response.status_code == 200, response.status
    return response.text


def title(page: str) -> str:
    found = re.search(r"<h1>([^<]*)</h1>", page)
    assert found
    return unescape(found[1])


def excluded(page: str) -> dict[str, int]:
    return {unescape(reason): int(number) for number, reason in EXCLUDED.findall(page)}


def confirm(browser: Browser, page: str, **values: str) -> TestResponse:
    """Presses the page's button."""
    action = ACTION.search(page)
    assert action
    data: dict[str, list[str]] = {}
    for name, value in HIDDEN.findall(page):
        data.setdefault(name, []).append(unescape(value))
    return browser.post(unescape(action[1]), data={**data, **values})


def message(browser: Browser) -> str:
    found = re.search(r'class="alert[^>]*>.*?<p>([^<]*)</p>', browser.get("/people").text, re.DOTALL)
    return unescape(found[1]) if found else ""


def admin(cast: Cast) -> Browser:
    """Bob, as an admin."""
    bob = cast.bob()
    with cast.app.app_context(), unit_of_work():
        cast.person(BOB).role = Role.ADMIN
    return bob


def test_inviting_confirms_number_and_exclusions(cast: Cast, mail_server: LocalMailServer) -> None:
    alice = cast.alice()
    for n in range(3):
        imported(cast.app, f"new{n}@contoso.example", f"New {n}")
    imported(cast.app, "sent@contoso.example", "Sent", invited=True)
    gone = imported(cast.app, "gone@contoso.example", "Gone")
    with cast.app.app_context(), unit_of_work():
        db.session.get_one(Person, gone.id).is_active = False
    page = ask(alice, "invite", scope="all")
    assert title(page) == "Invite 3 people"
    assert "New 0, New 1, New 2" in page
    assert "4 people left out" in page
    assert excluded(page) == {
        "You can’t change your own account here": 1,
        "Already joined": 1,
        "Deactivated": 1,
        "Already invited; send a reminder instead": 1,
    }
    before = len(audit_entries(cast.app, "invitation.made"))
    assert before == 1, "a question invites no one"
    response = confirm(alice, page)
    assert (response.status_code, response.headers["Location"]) == (303, "/people")
    assert message(alice) == "3 people invited."
    made = audit_entries(cast.app, "invitation.made")[before:]
    assert len(made) == 3
    assert {entry.actor_id for entry in made} == {cast.person_id(ALICE)}
    while run_tasks(cast.app):
        pass
    assert sorted(mail_server.recipients) == [f"new{n}@contoso.example" for n in range(3)]
    assert "Adaeze" in mail_server.texts()[0]
    assert title(ask(alice, "invite", scope="all")) == "No one to invite"


def test_invited_person_accepts_through_link(cast: Cast, mail_server: LocalMailServer) -> None:
    alice = cast.alice()
    ines = imported(cast.app, "ines@contoso.example", "Ines")
    confirm(alice, ask(alice, "invite", ines.id))
    while run_tasks(cast.app):
        pass
    link = re.search(r"(/invitation\?key=\w+)", mail_server.texts()[-1])
    assert link
    browser = cast.browser()
    path = browser.opened(link[1])
    assert browser.post_form(path, page=path, password=PASSWORD).status_code == 303
    assert sign_in(cast.browser(), "ines@contoso.example") == 303


def test_reminders_go_only_to_invited_people_and_replace_links(cast: Cast, mail_server: LocalMailServer) -> None:
    alice = cast.alice()
    invited = imported(cast.app, "ines@contoso.example", "Ines", invited=True)
    late = imported(cast.app, "late@contoso.example", "Late", invited=True)
    imported(cast.app, "nora@contoso.example", "Nora")
    with cast.app.app_context(), unit_of_work():
        invitation = db.session.scalars(sa.select(Invitation).where(Invitation.person_id == late.id)).one()
        invitation.expires_at = now() - timedelta(days=1)
        first_key = invitation.key_hash
    page = ask(alice, "remind", scope="all")
    assert title(page) == "Remind 2 people"
    assert excluded(page)["Not invited yet; invite them instead"] == 1
    confirm(alice, page)
    assert message(alice) == "Reminder sent to 2 people."
    while run_tasks(cast.app):
        pass
    assert sorted(mail_server.recipients) == ["ines@contoso.example", "late@contoso.example"]
    renewed = {entry.subject_id for entry in audit_entries(cast.app, "invitation.renewed")}
    assert renewed == {invited.id, late.id}
    with cast.app.app_context():
        again = db.session.scalars(sa.select(Invitation).where(Invitation.person_id == late.id)).one()
        assert again.expires_at > now()
        assert again.key_hash != first_key


def test_no_one_is_invited_without_a_queue(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    alice = cast.alice()
    people = [imported(cast.app, f"new{n}@contoso.example", f"New {n}") for n in range(2)]
    page = ask(alice, "invite", *(one.id for one in people))
    accepted = iter((True, False))
    monkeypatch.setattr("app.people.invitations.notifications.invite", lambda *_: next(accepted))
    confirm(alice, page)
    assert "nothing was changed" in message(alice)
    with cast.app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Invitation.id))) == 0


def test_unconfirmed_owner_cannot_invite(cast: Cast) -> None:
    alice = cast.alice()
    ines = imported(cast.app, "ines@contoso.example", "Ines")
    with cast.app.app_context(), unit_of_work():
        cast.person(ALICE).email_is_confirmed = False
    page = ask(alice, "invite", ines.id)
    assert "Confirm your email first" in page
    assert "btn-primary" not in page
    assert confirm(alice, page).status_code == 422
    assert audit_entries(cast.app, "invitation.made") == []


def test_role_is_set_for_several_and_recorded_for_each(cast: Cast) -> None:
    alice = cast.alice()
    people = [account(cast.app, company_of(cast.app), f"p{n}@contoso.example", f"Person {n}") for n in range(3)]
    page = ask(alice, "role", *(one.id for one in people), cast.person_id(ALICE))
    assert title(page) == "Change the role of 3 people"
    assert excluded(page) == {"You can’t change your own account here": 1}
    assert "They have it already" in page
    assert "Changes 3 people" in page
    missing = confirm(alice, page)
    assert missing.status_code == 422
    assert "Choose a role." in missing.text
    assert confirm(alice, page, role="owner").status_code == 422, "owners are appointed one by one"
    assert confirm(alice, page, role="admin").status_code == 303
    assert message(alice) == "Role changed to Admin for 3 people."
    changed = audit_entries(cast.app, "person.changed")
    assert {entry.subject_id for entry in changed} == {one.id for one in people}
    assert changed[0].detail == {"changed": {"role": ["member", "admin"]}}
    assert "They have it already" in ask(alice, "role", people[0].id)


def test_method_is_set_for_all_matches_of_the_filter(cast: Cast) -> None:
    alice = cast.alice()
    for n in range(4):
        account(cast.app, company_of(cast.app), f"p{n}@contoso.example", f"Person {n}")
    page = ask(alice, "method", scope="all", q="person", sort="-name", role="member")
    assert title(page) == "Change the sign-in method of 4 people"
    response = confirm(alice, page, method="any")
    assert response.headers["Location"] == "/people?q=person&role=member&sort=-name"
    assert message(alice) == "Sign-in method updated for 4 people."
    assert [person(cast.app, f"p{n}@contoso.example").sign_in_method for n in range(4)] == ["any"] * 4
    assert person(cast.app, "owner@contoso.example").sign_in_method == "password"
    assert audit_entries(cast.app, "person.method_set")[-1].detail["people"] == 4
    assert confirm(alice, page, method=str(UUID(int=3))).status_code == 422


def test_deactivating_signs_out_and_can_be_undone(cast: Cast) -> None:
    alice, bob = cast.alice(), cast.bob()
    page = ask(alice, "deactivate", cast.person_id(BOB))
    assert "btn-danger" in page
    assert bob.get("/account").status_code == 200
    confirm(alice, page)
    assert message(alice) == "1 person deactivated."
    assert bob.get("/account").status_code == 302
    assert len(audit_entries(cast.app, "person.deactivated")) == 1
    assert "Reactivate" in alice.get("/people?state=deactivated").text
    confirm(alice, ask(alice, "reactivate", cast.person_id(BOB)))
    assert message(alice) == "1 person reactivated."
    with cast.app.app_context():
        assert cast.person(BOB).is_active
        assert (
            db.session.scalar(
                sa.select(Session.id).where(Session.person_id == cast.person(BOB).id, ~Session.ended_at.is_not(None))
            )
            is None
        )
    assert len(audit_entries(cast.app, "person.reactivated")) == 1


@pytest.mark.parametrize("action", [*Action])
def test_admin_cannot_change_owners_and_no_one_changes_themselves(cast: Cast, action: str) -> None:
    cast.alice()
    browser = admin(cast)
    page = ask(browser, action, cast.person_id(ALICE), cast.person_id(BOB))
    assert title(page).startswith("No one to ")
    assert excluded(page) == {"You can’t change your own account here": 1, "Only owners can change owners": 1}
    assert "Back to people" in page
    confirm(browser, page, role="member", method="password")
    with cast.app.app_context():
        alice = cast.person(ALICE)
        assert (alice.role, alice.is_active, alice.sign_in_method) == ("owner", True, "any")
    assert audit_entries(cast.app, "person.changed") == []


def test_last_owner_is_kept_despite_concurrent_changes(cast: Cast) -> None:
    """Two owners deactivate each other concurrently: the second has lost the right by then."""
    cast.alice()
    owner = person(cast.app, "owner@contoso.example")
    with cast.app.app_context():
        for change in (Change(Action.DEACTIVATE), Change(Action.ROLE, role=Role.MEMBER)):
            with unit_of_work():
                # As an owner who has just been made an admin, and one who is no longer active.
                cast.person(ALICE).role = Role.ADMIN
                db.session.flush()
                assert actions.apply(owner.company_id, change, [owner.id], actor_id=cast.person(ALICE).id) == 0
                cast.person(ALICE).role, cast.person(ALICE).is_active = Role.OWNER, False
                db.session.flush()
                assert actions.apply(owner.company_id, change, [owner.id], actor_id=cast.person(ALICE).id) == 0
                db.session.rollback()
        with unit_of_work():
            # Even if the actor were not counted among the owners.
            chosen = [db.session.get_one(Person, owner.id), cast.person(ALICE)]
            assert actions._keeping_an_owner(owner.company_id, chosen) == []
            assert actions._keeping_an_owner(owner.company_id, chosen[:1]) == chosen[:1]


def test_additional_matches_require_another_confirmation(cast: Cast) -> None:
    alice = cast.alice()
    imported(cast.app, "a@contoso.example", "New A")
    page = ask(alice, "invite", scope="all", q="new")
    imported(cast.app, "b@contoso.example", "New B")
    response = confirm(alice, page)
    assert response.status_code == 409
    assert title(response.text) == "Invite 2 people"
    assert "More people match now" in response.text
    assert audit_entries(cast.app, "invitation.made") == []
    assert confirm(alice, response.text).status_code == 303
    assert message(alice) == "2 people invited."


def test_many_people_are_changed_by_the_worker_in_batches(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "BATCH", 2)
    alice = cast.alice()
    people = [account(cast.app, company_of(cast.app), f"p{n}@contoso.example", f"Person {n}") for n in range(5)]
    confirm(alice, ask(alice, "role", scope="all", q="person"), role="admin")
    assert message(alice).startswith("Working on 5 people.")
    assert audit_entries(cast.app, "person.changed") == []
    assert run_tasks(cast.app) == 3
    assert len(audit_entries(cast.app, "person.changed")) == 5
    confirm(alice, ask(alice, "method", scope="all", q="person"), method=str(_connection(cast)))
    assert run_tasks(cast.app) == 3
    assert [entry.detail["people"] for entry in audit_entries(cast.app, "person.method_set")] == [2, 2, 1]
    assert {person(cast.app, f"p{n}@contoso.example").sign_in_method for n in range(5)} == {"connection"}
    with cast.app.app_context():
        actions.change_batch.function(
            str(people[0].company_id), str(cast.person_id(ALICE)), "role", "admin", None, None, [str(people[0].id)]
        )
    assert len(audit_entries(cast.app, "person.changed")) == 5, "repeating a batch changes nothing"


def test_missing_selection_is_explained(cast: Cast) -> None:
    alice = cast.alice()
    page = ask(alice, "invite")
    assert title(page) == "No one is selected"
    assert "Select at least one person in the list." in page
    assert "<form" not in page.partition("<main")[2]
    token = CSRF.search(alice.get("/people/selected/role?scope=all").text)
    assert token
    assert alice.post("/people/selected/role", data={"csrf_token": token[1], "role": "admin"}).status_code == 303
    assert message(alice) == "Nothing to change."


@pytest.mark.parametrize("path", ["/people/selected/invite?scope=all", "/people/selected/erase"])
def test_members_get_403_and_unknown_action_404(cast: Cast, path: str) -> None:
    cast.alice()
    assert cast.bob().get(path).status_code == 403
    assert "data-selection" not in cast.bob().get("/people").text
    assert cast.alice().get(path).status_code == (404 if "erase" in path else 200)


def test_people_of_another_company_are_not_selected(cast: Cast) -> None:
    cast.alice()
    ines = imported(cast.app, "ines@contoso.example", "Ines")
    outsider = cast.charlie()
    assert title(ask(outsider, "invite", ines.id)) == "No one is selected"
    assert title(ask(outsider, "deactivate", scope="all", q="ines")) == "No one is selected"
    with cast.app.app_context(), unit_of_work():
        theirs = cast.person(ALICE).company_id
        charlie = sa.select(Person).where(Person.company_id != theirs, Person.role == Role.OWNER)
        actor = db.session.scalars(charlie).one()
        assert actions.apply(actor.company_id, Change(Action.DEACTIVATE), [ines.id], actor_id=actor.id) == 0


def test_confirmation_needs_the_same_queries_for_any_number_of_people(cast: Cast) -> None:
    alice = cast.alice()

    def cost() -> int:
        with queries(cast.app) as sent:
            ask(alice, "method", scope="all")
        return len(sent)

    few = cost()
    for n in range(12):
        imported(cast.app, f"new{n}@contoso.example", f"New {n}")
    assert cost() == few


def _connection(cast: Cast) -> UUID:
    from app.connections.models import Connection

    with cast.app.app_context():
        company_id = cast.person(ALICE).company_id
        return db.session.scalars(sa.select(Connection.id).where(Connection.company_id == company_id)).one()
