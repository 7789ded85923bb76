"""Who leaves at Microsoft leaves here, with every session and grant; and no sign-in undoes that."""

import re

import pytest
import sqlalchemy as sa

from app.applications.grants.models import Grant
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people.models import Person, Role
from app.provisioning.scim.models import ScimUser
from app.sessions.models import EndReason
from app.sessions.models import Session as SessionRow
from tests.applications.client import register
from tests.applications.signing_out import deliveries
from tests.assertions import audit_entries, last_failure_reason
from tests.cast import ALICE, BOB, Cast
from tests.login.test_recovery import press
from tests.mail_server import LocalMailServer
from tests.provisioning.directory import Directory, member, person_of
from tests.tasks import run_tasks

OFF = {"op": "Replace", "path": "active", "value": "False"}
ON = {"op": "Replace", "path": "active", "value": True}


@pytest.fixture
def bob(cast: Cast, contoso: Directory) -> str:
    """The id of Bob's user."""
    return str(contoso.user("bob", externalId=BOB.oid)["id"])


def is_active(cast: Cast) -> bool:
    with cast.app.app_context():
        return cast.person(BOB).is_active


def test_deactivated_person_is_signed_out_everywhere(cast: Cast, contoso: Directory, bob: str) -> None:
    client = register(cast.app, "Told", backchannel_logout_uri="https://app.example/logout", allow_offline_access=True)
    browser = cast.bob()
    client.tokens(browser, scope="openid offline_access")
    assert browser.get("/account").status_code == 200
    assert contoso.patch(f"Users/{bob}", OFF).status_code == 200
    assert browser.get("/account").status_code == 302
    with cast.app.app_context():
        assert set(db.session.scalars(sa.select(SessionRow.end_reason))) == {EndReason.DIRECTORY}
        assert db.session.scalars(sa.select(Grant.id).where(Grant.revoked_at.is_(None))).all() == []
    assert len(deliveries(cast)) == 1
    (entry,) = audit_entries(cast.app, "person.deactivated")
    assert entry.detail == {"directory": "Contoso staff"}


def test_sign_in_of_a_deactivated_person_is_refused(cast: Cast, contoso: Directory, bob: str) -> None:
    contoso.patch(f"Users/{bob}", OFF)
    assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 403
    assert last_failure_reason(cast.app) == "deactivated"
    assert not is_active(cast)
    contoso.patch(f"Users/{bob}", ON)
    assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 303


def test_person_whose_user_is_deleted_does_not_return_by_a_sign_in(cast: Cast, contoso: Directory, bob: str) -> None:
    contoso.delete(f"Users/{bob}")
    assert cast.browser().sign_in_as(BOB, "contoso", cast.directory).status_code == 403
    with cast.app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(Person.id)).where(Person.oid == BOB.oid)) == 1


def test_person_who_signed_in_before_is_managed_from_then_on(cast: Cast, contoso: Directory) -> None:
    browser = cast.bob()
    shown = contoso.user("bob", externalId=BOB.oid.upper())
    assert person_of(cast.app, shown).id == cast.person_id(BOB)
    assert len(audit_entries(cast.app, "provisioning.person_connected")) == 1
    assert browser.get("/account").status_code == 200
    contoso.patch(f"Users/{shown['id']}", OFF)
    assert browser.get("/account").status_code == 302


def test_admin_and_directory_both_have_to_agree(cast: Cast, contoso: Directory, bob: str) -> None:
    alice = cast.alice()
    path = f"/people/{cast.person_id(BOB)}"

    def set_active(value: str) -> None:
        alice.post_form(f"{path}/active", page=path, active=value)

    set_active("no")
    contoso.patch(f"Users/{bob}", OFF)
    contoso.patch(f"Users/{bob}", ON)
    assert not is_active(cast), "an admin deactivated them"
    set_active("yes")
    assert is_active(cast)
    contoso.patch(f"Users/{bob}", OFF)
    set_active("yes")
    assert not is_active(cast), "their directory deactivated them"
    assert "Their directory deactivated this person" in alice.get(path).text


def test_another_connections_directory_reactivates_no_one(
    cast: Cast, contoso: Directory, fabrikam: Directory, bob: str
) -> None:
    fabrikam.user("bob", externalId=BOB.oid)
    contoso.patch(f"Users/{bob}", OFF)
    (other,) = fabrikam.found("Users", f'externalId eq "{BOB.oid}"')
    fabrikam.patch(f"Users/{other['id']}", OFF)
    fabrikam.patch(f"Users/{other['id']}", ON)
    assert not is_active(cast)


def test_last_owner_is_deactivated_like_anyone_and_the_admins_get_an_email(
    cast: Cast, contoso: Directory, mail_server: LocalMailServer
) -> None:
    cast.alice()
    shown = contoso.user("alice", externalId=ALICE.oid)
    with cast.app.app_context(), unit_of_work():
        for person in db.session.scalars(sa.select(Person).where(Person.oid.is_(None), Person.role == Role.OWNER)):
            person.role = Role.ADMIN
    contoso.patch(f"Users/{shown['id']}", OFF)
    run_tasks(cast.app)
    readers = {str(one["To"]) for one in mail_server.emails if "no owner who can sign in" in str(one["Subject"])}
    assert readers == {"alice@contoso.example", "owner@contoso.example"}


def test_operator_gives_the_last_owner_access_again(cast: Cast, contoso: Directory) -> None:
    cast.alice()
    shown = contoso.user("alice", externalId=ALICE.oid)
    with cast.app.app_context(), unit_of_work():
        for person in db.session.scalars(sa.select(Person).where(Person.oid.is_(None), Person.role == Role.OWNER)):
            person.role = Role.ADMIN
    arguments = ["people", "recovery-link", "alice@contoso.example", "--company", "contoso"]
    contoso.patch(f"Users/{shown['id']}", OFF)
    printed = cast.app.test_cli_runner().invoke(args=arguments)
    found = re.search(r"(/login/contoso/recovery\?key=\S+)", printed.output)
    assert found, printed.output
    browser = cast.browser()
    assert press(browser, found[1]).status_code == 303
    assert browser.get("/account").status_code == 200


def test_recovery_link_is_refused_while_another_owner_can_sign_in(cast: Cast, contoso: Directory) -> None:
    cast.alice()
    shown = contoso.user("alice", externalId=ALICE.oid)
    contoso.patch(f"Users/{shown['id']}", OFF)
    arguments = ["people", "recovery-link", "alice@contoso.example", "--company", "contoso"]
    assert cast.app.test_cli_runner().invoke(args=arguments).exit_code == 1


def test_deleting_a_person_deletes_what_the_directory_said(cast: Cast, contoso: Directory, bob: str) -> None:
    group = contoso.group()
    contoso.patch(f"Groups/{group['id']}", {"op": "Add", "path": "members", "value": member(bob)})
    alice, path = cast.alice(), f"/people/{cast.person_id(BOB)}"
    assert alice.post_form(f"{path}/delete", page=f"{path}/delete", keep_name="no").status_code == 303
    assert contoso.get(f"Users/{bob}").status_code == 404
    assert contoso.members(group["id"]) == set()
    with cast.app.app_context():
        assert db.session.scalar(sa.select(sa.func.count(ScimUser.id))) == 0
