"""Deactivating a connection ends its sessions, and the access that applications have because of them."""

import pytest
import sqlalchemy as sa

from app.cli.companies_file import actions as companies_file
from app.cli.companies_file.schema import CompaniesFile
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people.models import Person
from app.sessions.access import Access, end_access
from app.sessions.models import EndReason, Session
from tests.applications.client import Client
from tests.applications.people import signed_in_with_password
from tests.applications.receiver import Receiver
from tests.applications.signing_out import deliveries
from tests.assertions import audit_entries
from tests.cast import BOB, COMPANIES, Cast
from tests.connections.admin import Admin, contoso_admin
from tests.tasks import run_tasks


@pytest.fixture
def admin(cast: Cast) -> Admin:
    """Contoso's owner, signed in through the connection."""
    return contoso_admin(cast, cast.alice())


def deactivate(admin: Admin) -> None:
    assert admin.press("enabled", enabled="no", confirmed="yes").status_code == 303


def apply_file(cast: Cast, *, enabled: bool) -> None:
    file = CompaniesFile.model_validate(COMPANIES)
    file.companies[0].connections[0].enabled = enabled
    with cast.app.app_context(), unit_of_work():
        companies_file.apply(file)


@pytest.mark.parametrize("scope", ["openid", "openid offline_access"])
@pytest.mark.parametrize("by", ["admin", "operator"])
def test_deactivated_connection_ends_sessions_and_grants_and_tells_applications(
    cast: Cast, admin: Admin, notified: Client, receiver: Receiver, by: str, scope: str
) -> None:
    bob = cast.bob()
    tokens = notified.tokens(bob, scope=scope)
    hint = notified.verified(tokens["id_token"])
    if by == "admin":
        deactivate(admin)
    else:
        apply_file(cast, enabled=False)
    assert [row.sid for row in deliveries(cast)] == [hint["sid"]], "in the same transaction"
    assert bob.get("/account").status_code == 302
    assert "An admin signed you out." in bob.get("/login?next=/account", follow_redirects=True).text
    assert notified.userinfo(tokens["access_token"]).status_code == 401
    assert notified.refresh(tokens["refresh_token"]).status_code == 400
    run_tasks(cast.app)
    (claims,) = receiver.claims(notified)
    assert claims["sid"] == hint["sid"]


def test_offline_access_ends_when_its_session_ended_before(
    cast: Cast, admin: Admin, notified: Client, receiver: Receiver
) -> None:
    bob = cast.bob()
    tokens = notified.tokens(bob, scope="openid offline_access")
    bob.post_form("/logout", page="/account")
    run_tasks(cast.app)
    refreshed = notified.refresh(tokens["refresh_token"])
    assert refreshed.status_code == 200, "offline access survives a sign-out"
    deactivate(admin)
    assert notified.refresh(refreshed.get_json()["refresh_token"]).status_code == 400
    run_tasks(cast.app)
    assert len(receiver.claims(notified)) == 2, "of the sign-out, and of the end of offline access"


def test_who_deactivates_it_stays_signed_in(cast: Cast, admin: Admin, notified: Client) -> None:
    """Otherwise an owner without a password could not activate it again."""
    tokens = notified.tokens(admin.browser, scope="openid offline_access")
    cast.bob()
    asked = admin.press("enabled", enabled="no")
    assert asked.status_code == 409
    assert "<strong>1 other person is signed in with it.</strong>" in asked.text
    assert "You stay signed in" in asked.text
    with cast.app.app_context():
        ended = sa.select(sa.func.count()).where(Session.ended_at.is_not(None))
        assert db.session.scalar(ended) == 0, "nothing happened yet"
    deactivate(admin)
    assert admin.browser.get(admin.path).status_code == 200
    assert notified.refresh(tokens["refresh_token"]).status_code == 200
    assert len(audit_entries(cast.app, "session.ended")) == 1


def test_own_sessions_in_other_browsers_end(cast: Cast, admin: Admin) -> None:
    other = cast.alice()
    deactivate(admin)
    assert other.get("/account").status_code == 302


def test_sessions_with_a_password_and_of_other_companies_stay(cast: Cast, admin: Admin, notified: Client) -> None:
    owner, charlie = signed_in_with_password(cast), cast.charlie()
    kept = [notified.tokens(browser, scope="openid offline_access") for browser in (owner.browser, charlie)]
    deactivate(admin)
    for browser in (owner.browser, charlie):
        assert browser.get("/account").status_code == 200
    for tokens in kept:
        assert notified.refresh(tokens["refresh_token"]).status_code == 200
    assert deliveries(cast) == []


def test_activation_and_a_saved_change_end_nothing(cast: Cast, admin: Admin) -> None:
    bob = cast.bob()
    apply_file(cast, enabled=True)
    assert bob.get("/account").status_code == 200
    deactivate(admin)
    assert admin.press("enabled", enabled="yes").status_code == 303
    bob = cast.bob()
    assert bob.get("/account").status_code == 200


def test_end_is_recorded_with_its_actor(cast: Cast, admin: Admin) -> None:
    cast.bob()
    deactivate(admin)
    (entry,) = audit_entries(cast.app, "session.ended")
    assert (entry.subject_id, entry.actor_id) == (cast.person_id(BOB), admin_id(cast))
    with cast.app.app_context():
        reasons = db.session.scalars(sa.select(Session.end_reason).where(Session.ended_at.is_not(None))).all()
        assert reasons == [EndReason.ADMIN]


def admin_id(cast: Cast) -> object:
    with cast.app.app_context():
        return db.session.scalars(sa.select(Person.id).where(Person.role == "owner", Person.oid.is_not(None))).one()


def test_all_access_ends_or_none_does(cast: Cast, notified: Client) -> None:
    """The session, its audit entry, offline access and the outbox are one transaction."""
    tokens = notified.tokens(cast.bob(), scope="openid offline_access")
    with cast.app.app_context():
        bob = cast.person(BOB)
        access = Access.of_person(bob.company_id, bob.id)

    def fail() -> None:
        with cast.app.app_context(), unit_of_work():
            assert end_access(access, EndReason.ADMIN) == 1
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert (deliveries(cast), audit_entries(cast.app, "session.ended")) == ([], [])
    assert notified.userinfo(tokens["access_token"]).status_code == 200
    with cast.app.app_context(), unit_of_work():
        assert end_access(access, EndReason.ADMIN) == 1
    assert (len(deliveries(cast)), len(audit_entries(cast.app, "session.ended"))) == (1, 1)
    assert notified.refresh(tokens["refresh_token"]).status_code == 400
