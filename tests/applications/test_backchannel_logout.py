"""Back-channel logout: whatever ends a session, every application that got a token in it is told."""

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.applications import actions as applications
from app.applications import queries as application_queries
from app.applications.backchannel.delivery import GIVE_UP_AFTER, KEPT_FOR
from app.applications.backchannel.models import LogoutDelivery, Problem
from app.applications.outbound import Outbound
from app.cli import schedule
from app.companies import actions as companies
from app.companies.models import DEFAULT_IDLE_MINUTES, DEFAULT_SESSION_HOURS, Company
from app.core.database import db, now
from app.core.unit_of_work import refuse_in_unit_of_work, unit_of_work
from app.people import actions as people
from app.people import queries as people_queries
from app.people.models import Person
from app.sessions import actions as sessions
from app.sessions.models import Session as SessionRow
from tests.accounts import PASSWORD, account
from tests.accounts import sign_in as password_sign_in
from tests.applications.admin import company_id
from tests.applications.client import Client, register
from tests.applications.people import Session, sign_in
from tests.applications.receiver import Receiver, receiving
from tests.assertions import history
from tests.browser import Browser
from tests.cast import Cast
from tests.tasks import run_tasks


@pytest.fixture
def receiver(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    with receiving() as started:
        outbound = Outbound((started.host,), before_request=refuse_in_unit_of_work)
        monkeypatch.setitem(cast.app.extensions, "outbound", outbound)
        yield started


@pytest.fixture
def told(cast: Cast, receiver: Receiver) -> Client:
    """An application that wants to be told."""
    return register(cast.app, "Told", backchannel_logout_uri=receiver.uri, allow_offline_access=True)


def deliveries(cast: Cast) -> list[LogoutDelivery]:
    with cast.app.app_context():
        return list(db.session.scalars(sa.select(LogoutDelivery).order_by(LogoutDelivery.id)))


def sign_out(owner: Session) -> None:
    owner.browser.post_form("/logout", page="/account")


def in_unit(cast: Cast, owner: Session, act: Callable[[Person], object]) -> None:
    """Does something to the owner, as another one."""
    with cast.app.app_context(), unit_of_work():
        act(db.session.get_one(Person, owner.person_id))


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
}


@pytest.mark.parametrize("scope", ["openid", "openid offline_access"])
@pytest.mark.parametrize("kind", ENDS)
def test_each_kind_of_end_reaches_the_application(
    cast: Cast,
    owner: Session,
    told: Client,
    receiver: Receiver,
    clock: time_machine.Traveller,
    kind: str,
    scope: str,
) -> None:
    id_token = told.verified(told.tokens(owner.browser, scope=scope)["id_token"])
    ENDS[kind](cast, owner, told, clock)
    assert receiver.tokens == [], "nothing is sent inside the unit of work"
    run_tasks(cast.app)
    (claims,) = receiver.claims(told)
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


def test_only_applications_that_got_a_token_in_the_session_are_told(
    cast: Cast, owner: Session, told: Client, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    other = register(cast.app, "Other", backchannel_logout_uri=receiver.uri, subject_type="pairwise")
    register(cast.app, "Never used", backchannel_logout_uri=receiver.uri)
    silent = register(cast.app, "Without an address")
    for one in (told, told, other, silent):
        one.tokens(owner.browser)
    never_redeemed = register(cast.app, "Never redeemed", backchannel_logout_uri=receiver.uri)
    never_redeemed.code(owner.browser)
    clock.shift(timedelta(seconds=61))
    sign_out(owner)
    run_tasks(cast.app)
    assert sorted(row.client_id for row in deliveries(cast)) == sorted([told.client_id, other.client_id])
    assert len(receiver.tokens) == 2


def test_a_code_that_is_being_redeemed_while_the_session_ends_counts(
    cast: Cast, owner: Session, told: Client, receiver: Receiver
) -> None:
    told.code(owner.browser)
    sign_out(owner)
    run_tasks(cast.app)
    assert len(receiver.claims(told)) == 1


def test_another_browsers_session_goes_on(cast: Cast, owner: Session, told: Client, receiver: Receiver) -> None:
    other = cast.browser()
    sign_in(other, "/login/contoso")
    sid = told.verified(told.tokens(owner.browser)["id_token"])["sid"]
    other_sid = told.verified(told.tokens(other)["id_token"])["sid"]
    sign_out(owner)
    run_tasks(cast.app)
    assert [claims["sid"] for claims in receiver.claims(told)] == [sid]
    assert sid != other_sid


def test_what_is_rolled_back_tells_no_one(cast: Cast, owner: Session, told: Client, receiver: Receiver) -> None:
    told.tokens(owner.browser)

    def fail(person: Person) -> None:
        sessions.end_others(person.company_id, person.id, None, actor_id=person.id)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        in_unit(cast, owner, fail)
    run_tasks(cast.app)
    assert (receiver.tokens, deliveries(cast)) == ([], [])


def due(cast: Cast) -> None:
    """What a worker does in a minute."""
    with cast.app.app_context():
        schedule.deliver_due_logout_tokens()
    run_tasks(cast.app)


def test_a_receiver_that_is_down_for_ten_minutes_gets_it(
    cast: Cast, owner: Session, told: Client, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    told.tokens(owner.browser)
    receiver.statuses = [503] * 100
    sign_out(owner)
    run_tasks(cast.app)
    for _ in range(10):
        clock.shift(timedelta(minutes=1))
        due(cast)
    assert 3 <= len(receiver.tokens) <= 4, "later and later"
    receiver.statuses = []
    clock.shift(timedelta(minutes=10))
    due(cast)
    (row,) = deliveries(cast)
    assert (row.is_delivered, row.status) == (True, 200)
    count = len(receiver.tokens)
    assert len({claims["jti"] for claims in receiver.claims(told)}) == count, "each try has a new token"
    clock.shift(timedelta(days=1))
    due(cast)
    assert len(receiver.tokens) == count


def test_nothing_is_sent_before_its_time(
    cast: Cast, owner: Session, told: Client, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    told.tokens(owner.browser)
    receiver.statuses = [503]
    sign_out(owner)
    run_tasks(cast.app)
    clock.shift(timedelta(seconds=20))
    due(cast)
    assert len(receiver.tokens) == 1
    clock.shift(timedelta(seconds=11))
    due(cast)
    assert len(receiver.tokens) == 2


def test_after_a_day_it_gives_up(
    cast: Cast, owner: Session, told: Client, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    told.tokens(owner.browser)
    receiver.statuses = [503] * 2
    sign_out(owner)
    run_tasks(cast.app)
    clock.shift(GIVE_UP_AFTER)
    due(cast)
    (row,) = deliveries(cast)
    assert row.finished_at is not None
    assert (row.is_delivered, row.status, row.tries) == (False, 503, 2)


@pytest.mark.parametrize("status", [400, 401, 404, 302, 307])
def test_a_refusal_is_final_and_a_redirect_is_not_followed(
    cast: Cast, owner: Session, told: Client, receiver: Receiver, clock: time_machine.Traveller, status: int
) -> None:
    told.tokens(owner.browser)
    receiver.statuses = [status]
    sign_out(owner)
    run_tasks(cast.app)
    (row,) = deliveries(cast)
    assert row.finished_at is not None
    assert (row.is_delivered, row.status) == (False, status)
    clock.shift(timedelta(hours=1))
    due(cast)
    assert receiver.paths == ["/backchannel"]


@pytest.mark.parametrize("behavior", ["silent", "dripping"])
def test_a_slow_response_ends_in_bounded_time_and_is_tried_again(
    cast: Cast, owner: Session, told: Client, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, behavior: str
) -> None:
    monkeypatch.setattr("app.applications.outbound.TOTAL_SECONDS", 0.5)
    told.tokens(owner.browser)
    receiver.behavior = behavior
    sign_out(owner)
    run_tasks(cast.app)
    (row,) = deliveries(cast)
    assert (row.finished_at, row.status, row.problem) == (None, None, Problem.UNREACHABLE)
    assert not receiver.over.is_set()


def test_an_endless_response_is_not_read(cast: Cast, owner: Session, told: Client, receiver: Receiver) -> None:
    told.tokens(owner.browser)
    receiver.behavior = "endless"
    sign_out(owner)
    run_tasks(cast.app)
    (row,) = deliveries(cast)
    assert row.is_delivered
    assert not receiver.over.is_set()


@pytest.mark.parametrize(
    "uri",
    [
        "https://localhost:{port}/backchannel",
        "https://127.0.0.1:{port}/backchannel",
        "https://[::1]:{port}/backchannel",
        "https://169.254.169.254/latest",
        "https://10.0.0.1/",
        "http://app.example/backchannel",
        "http://localhost:{port}/backchannel",
    ],
)
def test_a_private_or_plain_address_is_refused_unless_the_operator_allows_it(
    cast: Cast, owner: Session, monkeypatch: pytest.MonkeyPatch, uri: str
) -> None:
    with receiving() as receiver:
        monkeypatch.setitem(cast.app.extensions, "outbound", Outbound(("another.example",)))
        client = register(cast.app, "Inside", backchannel_logout_uri=uri.format(port=receiver.port))
        client.tokens(owner.browser)
        sign_out(owner)
        run_tasks(cast.app)
        (row,) = deliveries(cast)
        assert row.finished_at is not None, "another try would be refused as well"
        assert (row.is_delivered, row.problem) == (False, Problem.NOT_PUBLIC)
        assert receiver.paths == []


def test_an_unreachable_application_keeps_no_worker_busy_for_each_of_its_tokens(
    cast: Cast, owner: Session, told: Client, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    others = [cast.browser() for _ in range(3)]
    for browser in others:
        sign_in(browser, "/login/contoso")
        told.tokens(browser)
    receiver.statuses = [503]
    with cast.app.app_context(), unit_of_work():
        person = people_queries.person(company_id(cast), owner.person_id)
        assert person
        people.set_password(person, "another long password", actor_id=person.id)
    run_tasks(cast.app)
    assert len(receiver.tokens) == 1, "the first was refused, so that the others wait"
    clock.shift(timedelta(seconds=31))
    due(cast)
    assert len({claims["sid"] for claims in receiver.claims(told)}) == 3
    assert all(row.is_delivered for row in deliveries(cast))


def test_what_a_lost_queue_or_a_dead_worker_left_is_delivered(
    cast: Cast, owner: Session, told: Client, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    told.tokens(owner.browser)
    sign_out(owner)
    cast.app.extensions["queue"].flush()
    due(cast)
    assert len(receiver.tokens) == 1


def test_a_deleted_application_is_still_told(cast: Cast, owner: Session, told: Client, receiver: Receiver) -> None:
    """Its delivery has all that it needs."""
    told.tokens(owner.browser)
    sign_out(owner)
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(LogoutDelivery).values(application_id=None))
    run_tasks(cast.app)
    assert len(receiver.claims(told)) == 1


def test_an_address_that_was_removed_is_called_no_more(
    cast: Cast, owner: Session, told: Client, receiver: Receiver
) -> None:
    told.tokens(owner.browser)
    sign_out(owner)
    with cast.app.app_context(), unit_of_work():
        found = application_queries.by_client_id(told.client_id)
        assert found
        applications.change(found, backchannel_logout_uri=None)
    run_tasks(cast.app)
    (row,) = deliveries(cast)
    assert (receiver.tokens, row.problem) == ([], Problem.NO_ADDRESS)


def test_a_logout_token_is_no_hint_for_signing_out(
    cast: Cast, owner: Session, told: Client, receiver: Receiver
) -> None:
    told.tokens(owner.browser)
    sign_out(owner)
    run_tasks(cast.app)
    again: Browser = cast.browser()
    sign_in(again, "/login/contoso")
    told.tokens(again)
    assert again.get("/oauth/logout", query_string={"id_token_hint": receiver.tokens[0]}).status_code == 200
    assert again.get("/account").status_code == 200


def test_the_log_is_bounded(
    cast: Cast, owner: Session, told: Client, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    told.tokens(owner.browser)
    sign_out(owner)
    run_tasks(cast.app)
    for shifted, left in ((KEPT_FOR - timedelta(hours=1), 1), (timedelta(hours=2), 0)):
        clock.shift(shifted)
        with cast.app.app_context():
            schedule.purge_logout_deliveries()
        assert len(deliveries(cast)) == left


def test_an_expired_session_is_in_the_audit_log_once(cast: Cast, owner: Session, clock: time_machine.Traveller) -> None:
    clock.shift(timedelta(minutes=DEFAULT_IDLE_MINUTES, seconds=1))
    expire(cast)
    expire(cast)
    (entry,) = history(cast.app, "session.expired")
    assert (entry.subject_id, entry.actor_id) == (owner.person_id, None)


def test_oidcc_backchannel_logout_discovery_endpoint_verification(client: Client) -> None:
    metadata = client.machine().get("/.well-known/openid-configuration").get_json()
    assert metadata["backchannel_logout_supported"] is True
    assert metadata["backchannel_logout_session_supported"] is True
    assert metadata["end_session_endpoint"]


def test_oidcc_backchannel_rp_initiated_logout(cast: Cast, owner: Session, told: Client, receiver: Receiver) -> None:
    hint = told.tokens(owner.browser)["id_token"]
    owner.browser.get("/oauth/logout", query_string={"id_token_hint": hint})
    run_tasks(cast.app)
    (claims,) = receiver.claims(told)
    assert claims["sid"] == told.verified(hint)["sid"]
