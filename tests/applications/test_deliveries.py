"""The log of sign-outs on an application's page, and "Send again"."""

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.applications import actions as applications
from app.applications import queries as application_queries
from app.applications.backchannel.models import LogoutDelivery
from app.applications.models import Application
from app.cli import schedule
from app.companies.models import Company
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from tests.applications.client import Client, register
from tests.applications.people import Session, sign_in
from tests.applications.receiver import Receiver
from tests.assertions import history
from tests.cast import Cast
from tests.tasks import run_tasks


@pytest.fixture
def told(cast: Cast, receiver: Receiver) -> Client:
    """Contoso's own application, which refused to hear of a sign-out of the owner, who is signed in again."""
    with cast.app.app_context():
        company_id = db.session.scalars(sa.select(Company.id).where(Company.name == "Contoso")).one()
    return register(cast.app, "Told", company_id=company_id, backchannel_logout_uri=receiver.uri)


@pytest.fixture
def page(cast: Cast, owner: Session, told: Client, receiver: Receiver) -> str:
    """The address of the log, in which a refused sign-out is."""
    told.tokens(owner.browser)
    receiver.statuses = [400]
    owner.browser.post_form("/logout", page="/account")
    run_tasks(cast.app)
    sign_in(owner.browser, "/login/contoso")
    with cast.app.app_context():
        application_id = db.session.scalars(
            sa.select(Application.id).where(Application.client_id == told.client_id)
        ).one()
    return f"/account/advanced/applications/{application_id}/sign-outs"


def send_again_path(page: str, text: str) -> str:
    found = re.search(rf'action="({page}/[0-9a-f-]+/send-again)"', text)
    assert found
    return found[1]


def test_a_refused_sign_out_is_shown_and_sent_again(
    cast: Cast, owner: Session, told: Client, receiver: Receiver, page: str
) -> None:
    text = owner.browser.get(page).text
    assert "Failed" in text
    assert "The application answered 400 instead of 200." in text
    first = receiver.claims(told)[0]
    answer = owner.browser.post_form(send_again_path(page, text), page=page)
    assert answer.location == page
    assert len(receiver.tokens) == 1, "the worker sends it"
    run_tasks(cast.app)
    second = receiver.claims(told)[1]
    assert (second["sub"], second["sid"]) == (first["sub"], first["sid"])
    assert second["jti"] != first["jti"]
    text = owner.browser.get(page).text
    assert "Delivered" in text
    assert "Failed" in text, "the log keeps what was"
    (entry,) = history(cast.app, "application.logout_sent_again")
    assert (entry.actor_id, entry.subject_id) == (owner.person_id, owner.person_id)


def test_sending_again_twice_waits_once(
    cast: Cast, owner: Session, told: Client, receiver: Receiver, page: str
) -> None:
    path = send_again_path(page, owner.browser.get(page).text)
    for _ in range(2):
        owner.browser.post_form(path, page=page)
    assert "This sign-out is already waiting to be sent." in owner.browser.get(page).text
    run_tasks(cast.app)
    assert len(receiver.tokens) == 2


def test_a_waiting_sign_out_shows_when_it_is_tried_next(
    cast: Cast, owner: Session, told: Client, receiver: Receiver, page: str, clock: time_machine.Traveller
) -> None:
    receiver.statuses = [503]
    owner.browser.post_form(send_again_path(page, owner.browser.get(page).text), page=page)
    run_tasks(cast.app)
    text = owner.browser.get(page).text
    assert "Waiting" in text
    assert "next try" in text
    clock.shift(timedelta(seconds=31))
    with cast.app.app_context():
        schedule.deliver_due_logout_tokens()
    run_tasks(cast.app)
    assert "Delivered" in owner.browser.get(page).text


def test_without_an_address_nothing_is_sent(
    cast: Cast, owner: Session, told: Client, receiver: Receiver, page: str
) -> None:
    path = send_again_path(page, owner.browser.get(page).text)
    with cast.app.app_context(), unit_of_work():
        found = application_queries.by_client_id(told.client_id)
        assert found
        applications.change(found, backchannel_logout_uri=None)
    owner.browser.post_form(path, page=page)
    run_tasks(cast.app)
    assert len(receiver.tokens) == 1
    text = owner.browser.get(page).text
    assert "Nothing was sent" in text
    assert "Send again" not in text


def test_an_outsider_and_a_member_get_nowhere(cast: Cast, owner: Session, page: str) -> None:
    path = send_again_path(page, owner.browser.get(page).text)
    charlie, bob = cast.charlie(), cast.bob()
    assert charlie.get(page).status_code == 404
    assert charlie.post_form(path, page="/account").status_code == 404
    assert bob.get(page).status_code == 403
    assert bob.post_form(path, page="/account").status_code == 403


def test_each_company_sees_its_own_people_in_an_application_of_the_installation(
    cast: Cast, owner: Session, receiver: Receiver
) -> None:
    shared = register(cast.app, "Shared", backchannel_logout_uri=receiver.uri)
    shared.tokens(owner.browser)
    owner.browser.post_form("/logout", page="/account")
    run_tasks(cast.app)
    with cast.app.app_context():
        row = db.session.scalars(sa.select(LogoutDelivery)).one()
    page = f"/account/advanced/applications/{row.application_id}/sign-outs"
    sign_in(owner.browser, "/login/contoso")
    charlie = cast.charlie()
    assert "Olivia Owner" in owner.browser.get(page).text
    assert "Olivia Owner" not in charlie.get(page).text
    assert charlie.post_form(f"{page}/{row.id}/send-again", page="/account").status_code == 404
