"""Concurrent use of codes and refresh tokens, and what ends a grant."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from app.applications.grants import actions
from app.applications.grants.models import Grant, RefreshToken
from app.cli import schedule
from app.core.database import db
from app.core.unit_of_work import unit_of_work
from app.people import actions as people
from app.people import queries as people_queries
from tests.applications.client import Client, register
from tests.applications.people import Session
from tests.assertions import audit_entries
from tests.at_once import at_once
from tests.cast import Cast

AT_ONCE = 50


@pytest.fixture
def offline(cast: Cast) -> Client:
    """An application that may request offline access."""
    return register(cast.app, "Offline", allow_offline_access=True)


def test_concurrent_redemptions_succeed_once_and_end_the_grant(owner: Session, client: Client) -> None:
    code = client.code(owner.browser)
    responses = at_once([lambda: client.redeem(code) for _ in range(AT_ONCE)])
    assert sorted(response.status_code for response in responses) == [200] + [400] * (AT_ONCE - 1)
    assert {response.get_json()["error"] for response in responses if response.status_code == 400} == {"invalid_grant"}
    (tokens,) = (response.get_json() for response in responses if response.status_code == 200)
    assert client.userinfo(tokens["access_token"]).status_code == 401
    assert client.refresh(tokens["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert len(audit_entries(client.app, "application.code_replayed")) == 1


def test_concurrent_refreshes_get_the_same_successor(owner: Session, client: Client) -> None:
    token = client.tokens(owner.browser)["refresh_token"]
    responses = at_once([lambda: client.refresh(token) for _ in range(10)])
    assert {response.status_code for response in responses} == {200}
    assert len({response.get_json()["refresh_token"] for response in responses}) == 1


def test_stolen_refresh_token_ends_the_family(owner: Session, client: Client, clock: time_machine.Traveller) -> None:
    stolen = client.tokens(owner.browser)["refresh_token"]
    own = client.refresh(stolen).get_json()
    clock.shift(timedelta(seconds=31))
    assert client.refresh(stolen).get_json()["error"] == "invalid_grant"
    assert client.refresh(own["refresh_token"]).get_json()["error"] == "invalid_grant"
    assert client.userinfo(own["access_token"]).status_code == 401
    assert len(audit_entries(client.app, "application.refresh_token_reused")) == 1


def test_successor_is_kept_only_for_the_grace_period(
    owner: Session, client: Client, clock: time_machine.Traveller
) -> None:
    client.refresh(client.tokens(owner.browser)["refresh_token"])
    kept = []
    for _ in range(2):
        with client.app.app_context():
            schedule.forget_successors()
            kept.append(len(db.session.scalars(sa.select(RefreshToken.successor_sealed)).unique().all()))
        clock.shift(timedelta(seconds=31))
    assert kept == [2, 1]


def test_offline_access_must_be_requested_and_allowed(owner: Session, client: Client, offline: Client) -> None:
    asked = "openid offline_access"
    assert client.tokens(owner.browser, scope=asked)["scope"] == "openid"
    assert offline.tokens(owner.browser, scope=asked)["scope"] == asked


def test_offline_access_survives_sign_out(owner: Session, offline: Client) -> None:
    with_session = offline.tokens(owner.browser, scope="openid")
    without = offline.tokens(owner.browser, scope="openid offline_access")
    owner.browser.post_form("/logout", page="/account")
    assert offline.refresh(with_session["refresh_token"]).status_code == 400
    assert offline.refresh(without["refresh_token"]).status_code == 200


def test_offline_access_ends_with_the_longest_session(
    owner: Session, offline: Client, clock: time_machine.Traveller
) -> None:
    token = offline.tokens(owner.browser, scope="openid offline_access")["refresh_token"]
    clock.shift(timedelta(days=6))
    token = offline.refresh(token).get_json()["refresh_token"]
    clock.shift(timedelta(days=2))
    assert offline.refresh(token).get_json()["error"] == "invalid_grant"


@pytest.mark.parametrize("what", ["password", "deactivated", "application"])
def test_offline_access_ends_with_password_change_or_deactivation(
    cast: Cast, owner: Session, offline: Client, what: str
) -> None:
    token = offline.tokens(owner.browser, scope="openid offline_access")["refresh_token"]
    with cast.app.app_context(), unit_of_work():
        grant = db.session.scalars(sa.select(Grant)).one()
        person = people_queries.person(grant.company_id, grant.person_id)
        assert person
        if what == "password":
            people.set_password(person, "another long password", actor_id=person.id)
        elif what == "deactivated":
            person.is_active = False
        else:
            from app.applications import actions as applications
            from app.applications import queries

            found = queries.by_client_id(offline.client_id)
            assert found
            applications.change(found, is_enabled=False)
    assert offline.refresh(token).status_code in (400, 401)


def test_grant_is_revoked_only_by_its_application(cast: Cast, owner: Session, client: Client) -> None:
    tokens = client.tokens(owner.browser)
    assert register(cast.app, "Another").post("/oauth/revoke", token=tokens["refresh_token"]).status_code == 200
    assert client.userinfo(tokens["access_token"]).status_code == 200
    assert client.post("/oauth/revoke", token=tokens["refresh_token"]).status_code == 200
    assert client.userinfo(tokens["access_token"]).status_code == 401
    assert client.post("/oauth/revoke", token="never seen").status_code == 200


def test_old_grants_are_deleted_with_their_tokens(
    owner: Session, client: Client, clock: time_machine.Traveller
) -> None:
    client.tokens(owner.browser)
    clock.shift(timedelta(days=122))
    with client.app.app_context(), unit_of_work():
        assert actions.purge() == 1
        assert db.session.scalars(sa.select(RefreshToken)).all() == []
