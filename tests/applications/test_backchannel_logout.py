"""Back-channel logout: how logout tokens are delivered."""

from datetime import timedelta
from uuid import UUID

import pytest
import sqlalchemy as sa
import time_machine

from app.applications import actions as applications
from app.applications import queries as application_queries
from app.applications.backchannel.delivery import GIVE_UP_AFTER, KEPT_FOR
from app.applications.backchannel.models import LogoutDelivery, Problem
from app.applications.outbound import Outbound
from app.cli import schedule
from app.companies.models import Company
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people import actions as people
from app.people import queries as people_queries
from tests.applications.client import Client, register
from tests.applications.people import Session, sign_in
from tests.applications.receiver import Receiver, receiving
from tests.applications.signing_out import deliveries, sign_out
from tests.browser import Browser
from tests.cast import Cast
from tests.tasks import run_tasks


def due(cast: Cast) -> None:
    """What a worker does in a minute."""
    with cast.app.app_context():
        schedule.deliver_due_logout_tokens()
    run_tasks(cast.app)


def test_a_receiver_that_is_down_for_ten_minutes_gets_it(
    cast: Cast, owner: Session, notified: Client, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    notified.tokens(owner.browser)
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
    assert len({claims["jti"] for claims in receiver.claims(notified)}) == count, "each try has a new token"
    clock.shift(timedelta(days=1))
    due(cast)
    assert len(receiver.tokens) == count


def test_nothing_is_sent_before_its_time(
    cast: Cast, owner: Session, notified: Client, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    notified.tokens(owner.browser)
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
    cast: Cast, owner: Session, notified: Client, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    notified.tokens(owner.browser)
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
    cast: Cast, owner: Session, notified: Client, receiver: Receiver, clock: time_machine.Traveller, status: int
) -> None:
    notified.tokens(owner.browser)
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
    cast: Cast, owner: Session, notified: Client, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, behavior: str
) -> None:
    monkeypatch.setattr("app.applications.outbound.TOTAL_SECONDS", 0.5)
    notified.tokens(owner.browser)
    receiver.behavior = behavior
    sign_out(owner)
    run_tasks(cast.app)
    (row,) = deliveries(cast)
    assert (row.finished_at, row.status, row.problem) == (None, None, Problem.UNREACHABLE)
    assert not receiver.over.is_set()


def test_an_endless_response_is_not_read(cast: Cast, owner: Session, notified: Client, receiver: Receiver) -> None:
    notified.tokens(owner.browser)
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
    cast: Cast, owner: Session, notified: Client, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    others = [cast.browser() for _ in range(3)]
    for browser in others:
        sign_in(browser, "/login/contoso")
        notified.tokens(browser)
    receiver.statuses = [503]
    with cast.app.app_context(), unit_of_work():
        person = people_queries.person(_contoso_id(cast), owner.person_id)
        assert person
        people.set_password(person, "another long password", actor_id=person.id)
    run_tasks(cast.app)
    assert len(receiver.tokens) == 1, "the first was refused, so that the others wait"
    clock.shift(timedelta(seconds=31))
    due(cast)
    assert len({claims["sid"] for claims in receiver.claims(notified)}) == 3
    assert all(row.is_delivered for row in deliveries(cast))


def test_what_a_lost_queue_or_a_dead_worker_left_is_delivered(
    cast: Cast, owner: Session, notified: Client, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    notified.tokens(owner.browser)
    sign_out(owner)
    cast.app.extensions["queue"].flush()
    due(cast)
    assert len(receiver.tokens) == 1


def test_a_deleted_application_is_still_notified(
    cast: Cast, owner: Session, notified: Client, receiver: Receiver
) -> None:
    """Its delivery has all that it needs."""
    notified.tokens(owner.browser)
    sign_out(owner)
    with cast.app.app_context(), unit_of_work():
        db.session.execute(sa.update(LogoutDelivery).values(application_id=None))
    run_tasks(cast.app)
    assert len(receiver.claims(notified)) == 1


def test_an_address_that_was_removed_is_called_no_more(
    cast: Cast, owner: Session, notified: Client, receiver: Receiver
) -> None:
    notified.tokens(owner.browser)
    sign_out(owner)
    with cast.app.app_context(), unit_of_work():
        found = application_queries.by_client_id(notified.client_id)
        assert found
        applications.change(found, backchannel_logout_uri=None)
    run_tasks(cast.app)
    (row,) = deliveries(cast)
    assert (receiver.tokens, row.problem) == ([], Problem.NO_ADDRESS)


def test_a_logout_token_is_no_hint_for_signing_out(
    cast: Cast, owner: Session, notified: Client, receiver: Receiver
) -> None:
    notified.tokens(owner.browser)
    sign_out(owner)
    run_tasks(cast.app)
    again: Browser = cast.browser()
    sign_in(again, "/login/contoso")
    notified.tokens(again)
    assert again.get("/oauth/logout", query_string={"id_token_hint": receiver.tokens[0]}).status_code == 200
    assert again.get("/account").status_code == 200


def test_the_log_is_bounded(
    cast: Cast, owner: Session, notified: Client, receiver: Receiver, clock: time_machine.Traveller
) -> None:
    notified.tokens(owner.browser)
    sign_out(owner)
    run_tasks(cast.app)
    for shifted, left in ((KEPT_FOR - timedelta(hours=1), 1), (timedelta(hours=2), 0)):
        clock.shift(shifted)
        with cast.app.app_context():
            schedule.purge_logout_deliveries()
        assert len(deliveries(cast)) == left


def test_oidcc_backchannel_logout_discovery_endpoint_verification(client: Client) -> None:
    metadata = client.machine().get("/.well-known/openid-configuration").get_json()
    assert metadata["backchannel_logout_supported"] is True
    assert metadata["backchannel_logout_session_supported"] is True
    assert metadata["end_session_endpoint"]


def test_oidcc_backchannel_rp_initiated_logout(
    cast: Cast, owner: Session, notified: Client, receiver: Receiver
) -> None:
    hint = notified.tokens(owner.browser)["id_token"]
    owner.browser.get("/oauth/logout", query_string={"id_token_hint": hint})
    run_tasks(cast.app)
    (claims,) = receiver.claims(notified)
    assert claims["sid"] == notified.verified(hint)["sid"]


def _contoso_id(cast: Cast) -> UUID:
    with cast.app.app_context():
        return db.session.scalars(sa.select(Company.id).where(Company.name == "Contoso")).one()
