"""Whatever ends a session, every application that got a token in it is notified."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.applications import actions as applications
from app.applications import queries as application_queries
from app.applications.advanced import actions as own_applications
from app.cli import schedule
from app.companies import actions as companies
from app.companies.models import DEFAULT_IDLE_MINUTES, DEFAULT_SESSION_HOURS, Company
from app.core.database import db, now
from app.core.unit_of_work import unit_of_work
from app.people import actions as people
from app.people.models import Person
from app.sessions import actions as sessions
from app.sessions.models import Session as SessionRow
from tests.accounts import PASSWORD, account
from tests.accounts import sign_in as password_sign_in
from tests.applications.client import Client, register
from tests.applications.people import Session, sign_in
from tests.applications.receiver import Receiver
from tests.applications.signing_out import deliveries, in_unit, sign_out
from tests.assertions import audit_entries
from tests.cast import Cast
from tests.tasks import run_tasks


def expire(cast: Cast) -> None:
    with cast.app.app_context():
        schedule.end_expired_sessions()


def replace(cast: Cast, owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    sign_in(owner.browser, "/login/contoso")


def enter_more(cast: Cast, owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    for name in ("Adatum", "Litware", "Northwind", "Proseware", "Tailspin"):
        clock.shift(timedelta(seconds=1))
        with cast.app.app_context(), unit_of_work():
            made = companies.create(name, name.lower())
            people.make(made.id, email=f"o@{name.lower()}.example", name="O", role="owner", password=PASSWORD)
        assert password_sign_in(owner.browser, f"o@{name.lower()}.example", code=name.lower()) == 303


def idle(cast: Cast, owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    expire(cast)
    assert deliveries(cast) == []
    clock.shift(timedelta(minutes=DEFAULT_IDLE_MINUTES, seconds=1))
    expire(cast)


def grow_old(cast: Cast, owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(hours=DEFAULT_SESSION_HOURS, seconds=-60))
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(SessionRow).values(last_seen_at=now()))
    expire(cast)
    assert deliveries(cast) == []
    clock.shift(timedelta(seconds=61))
    expire(cast)


def end_by_admin(cast: Cast, owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    with cast.app.app_context():
        session_id = db.session.scalars(
            sa.select(SessionRow.id).where(SessionRow.person_id == owner.person_id, SessionRow.ended_at.is_(None))
        ).one()
    other = with_other_owner(cast, owner)
    in_unit(cast, owner, lambda person: sessions.end(person.company_id, person.id, session_id, actor_id=other.id))


def with_other_owner(cast: Cast, owner: Session) -> Person:
    with cast.app.app_context():
        company_id = db.session.get_one(Person, owner.person_id).company_id
    return account(cast.app, company_id, "other@contoso.example", role="owner")


def deactivate(cast: Cast, owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    other = with_other_owner(cast, owner)
    in_unit(cast, owner, lambda person: people.set_active(person, active=False, actor_id=other.id))


def delete(cast: Cast, owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    other = with_other_owner(cast, owner)
    in_unit(cast, owner, lambda person: people.delete(person, keep_name=False, actor_id=other.id))


def change_password(cast: Cast, owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    in_unit(cast, owner, lambda person: people.set_password(person, "another long password", actor_id=person.id))


def deactivate_company(cast: Cast, owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    in_unit(
        cast,
        owner,
        lambda person: companies.change(db.session.get_one(Company, person.company_id), is_active=False),
    )


def disable_application(cast: Cast, owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    with cast.app.app_context(), unit_of_work():
        found = application_queries.by_client_id(client.client_id)
        assert found
        applications.change(found, is_enabled=False)


def delete_application(cast: Cast, owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    def act(person: Person) -> None:
        found = application_queries.by_client_id(client.client_id)
        assert found
        found.company_id = person.company_id
        own_applications.delete(found, actor_id=person.id)

    in_unit(cast, owner, act)


ENDS = {
    "sign-out": lambda cast, owner, client, clock: sign_out(owner),
    "replaced session": replace,
    "sixth session": enter_more,
    "idle": idle,
    "absolute limit": grow_old,
    "admin": end_by_admin,
    "password": change_password,
    "deactivation": deactivate,
    "deletion": delete,
    "company": deactivate_company,
    "application": disable_application,
    "deleted application": delete_application,
}


@pytest.mark.parametrize("scope", ["openid", "openid offline_access"])
@pytest.mark.parametrize("kind", ENDS)
def test_each_kind_of_end_reaches_the_application(
    cast: Cast,
    owner: Session,
    notified: Client,
    receiver: Receiver,
    clock: time_machine.Traveller,
    kind: str,
    scope: str,
) -> None:
    id_token = notified.verified(notified.tokens(owner.browser, scope=scope)["id_token"])
    ENDS[kind](cast, owner, notified, clock)
    assert receiver.tokens == [], "nothing is sent inside the unit of work"
    run_tasks(cast.app)
    (claims,) = receiver.claims(notified)
    assert (claims["sub"], claims["sid"]) == (id_token["sub"], id_token["sid"])
    assert "nonce" not in claims
    assert 0 < claims["exp"] - claims["iat"] <= 120
    assert receiver.content_types == ["application/x-www-form-urlencoded"]
    (row,) = deliveries(cast)
    assert (row.is_delivered, row.status, row.tries) == (True, 200, 1)


def test_who_may_use_the_application_no_longer_is_signed_out_of_it_alone(
    cast: Cast, owner: Session, receiver: Receiver
) -> None:
    """The role that it needs is gone, or the company."""
    other = register(cast.app, "Other", backchannel_logout_uri=receiver.uri)
    guarded = register(
        cast.app, "Guarded", backchannel_logout_uri=receiver.uri, roles=["editor"], allowed_roles=["editor"]
    )

    def assign(values: list[str]) -> Callable[[Person], object]:
        def act(person: Person) -> None:
            found = application_queries.by_client_id(guarded.client_id)
            assert found
            applications.assign_roles(person, found, values)

        return act

    in_unit(cast, owner, assign(["editor"]))
    for one in (other, guarded):
        one.tokens(owner.browser)
    in_unit(cast, owner, assign([]))
    run_tasks(cast.app)
    assert [row.client_id for row in deliveries(cast)] == [guarded.client_id]
    with cast.app.app_context(), unit_of_work():
        found = application_queries.by_client_id(other.client_id)
        assert found
        applications.set_companies(found, [])
    run_tasks(cast.app)
    assert [row.client_id for row in deliveries(cast)] == [guarded.client_id, other.client_id]
    assert owner.browser.get("/account").status_code == 200


def test_only_applications_that_got_a_token_in_the_session_are_notified(
    cast: Cast, owner: Session, notified: Client, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    other = register(cast.app, "Other", backchannel_logout_uri=receiver.uri, subject_type="pairwise")
    register(cast.app, "Never used", backchannel_logout_uri=receiver.uri)
    silent = register(cast.app, "Without an address")
    for one in (notified, notified, other, silent):
        one.tokens(owner.browser)
    never_redeemed = register(cast.app, "Never redeemed", backchannel_logout_uri=receiver.uri)
    never_redeemed.code(owner.browser)
    clock.shift(timedelta(seconds=61))
    sign_out(owner)
    run_tasks(cast.app)
    assert sorted(row.client_id for row in deliveries(cast)) == sorted([notified.client_id, other.client_id])
    assert len(receiver.tokens) == 2


def test_a_code_that_is_being_redeemed_while_the_session_ends_counts(
    cast: Cast, owner: Session, notified: Client, receiver: Receiver
) -> None:
    notified.code(owner.browser)
    sign_out(owner)
    run_tasks(cast.app)
    assert len(receiver.claims(notified)) == 1


def test_another_browsers_session_goes_on(cast: Cast, owner: Session, notified: Client, receiver: Receiver) -> None:
    other = cast.browser()
    sign_in(other, "/login/contoso")
    sid = notified.verified(notified.tokens(owner.browser)["id_token"])["sid"]
    other_sid = notified.verified(notified.tokens(other)["id_token"])["sid"]
    sign_out(owner)
    run_tasks(cast.app)
    assert [claims["sid"] for claims in receiver.claims(notified)] == [sid]
    assert sid != other_sid


def test_what_is_rolled_back_tells_no_one(cast: Cast, owner: Session, notified: Client, receiver: Receiver) -> None:
    notified.tokens(owner.browser)

    def fail(person: Person) -> None:
        sessions.end_others(person.company_id, person.id, None, actor_id=person.id)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_unit(cast, owner, fail)
    run_tasks(cast.app)
    assert (receiver.tokens, deliveries(cast)) == ([], [])


def test_an_expired_session_is_in_the_audit_log_once(cast: Cast, owner: Session, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(minutes=DEFAULT_IDLE_MINUTES, seconds=1))
    expire(cast)
    expire(cast)
    (entry,) = audit_entries(cast.app, "session.expired")
    assert (entry.subject_id, entry.actor_id) == (owner.person_id, None)
