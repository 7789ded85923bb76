"""Waiting tasks of a kind are run together; what fails is retried by itself, and other tasks are not held up."""

import logging
from types import SimpleNamespace

import pytest
from flask import Flask

from app.core import task_batches
from app.entra.errors import ServiceUnavailable
from app.entra.graph import Profile
from app.people import profile
from tests.assertions import queries
from tests.cast import ALICE, BOB, CHARLIE, Cast
from tests.core.test_email import write
from tests.mail_server import LocalMailServer
from tests.tasks import run_delayed_tasks, run_tasks

THREE = (ALICE, BOB, CHARLIE)


def work(app: Flask) -> None:
    """As a worker does, until the queue is empty."""
    held = app.extensions["queue"]
    while held.pending_count():
        task_batches.run(app, held.dequeue())


@pytest.fixture
def returning(cast: Cast) -> Cast:
    """Three people who have signed in before, and whose names have changed since."""
    for sign_in in (cast.alice, cast.bob, cast.charlie):
        sign_in()
    run_tasks(cast.app)
    for one in THREE:
        cast.directory.person(one.tid, one.oid, name="Renamed")
    return cast


@pytest.fixture
def waiting(returning: Cast) -> Cast:
    """They have signed in again, and their profiles wait to be read."""
    for sign_in in (returning.alice, returning.bob, returning.charlie):
        sign_in()
    returning.directory.forget_requests()
    return returning


def are_renamed(cast: Cast) -> list[bool]:
    with cast.app.app_context():
        return [cast.person(one).name == "Renamed" for one in THREE]


def test_profiles_are_looked_up_with_one_query_and_stored_with_one_write(waiting: Cast) -> None:
    with queries(waiting.app) as sent:
        work(waiting.app)
    assert [statement.split()[0] for statement in sent[:2]] == ["SELECT", "UPDATE"]
    # Alice and Charlie are owners, by whose tokens the domains of their tenants are read as well.
    assert all("tenant_domain" in statement for statement in sent[2:])
    assert len(waiting.directory.requests()) == 3 + 2
    assert are_renamed(waiting) == [True] * 3


def test_first_task_waits_for_those_that_come_meanwhile(returning: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def sign_in_meanwhile(seconds: float) -> None:
        assert seconds == task_batches.GATHER_SECONDS
        returning.bob()
        returning.charlie()

    monkeypatch.setattr(task_batches, "time", SimpleNamespace(sleep=sign_in_meanwhile))
    returning.alice()
    task_batches.run(returning.app, returning.app.extensions["queue"].dequeue())
    assert are_renamed(returning) == [True] * 3


def test_only_the_profile_that_fails_is_retried(
    waiting: Cast, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    read = profile.read

    def fail_for_bob(access_token: str, oid: str, *, within: float) -> Profile:
        if oid == BOB.oid:
            raise ServiceUnavailable("Graph is busy")
        return read(access_token, oid, within=within)

    with monkeypatch.context() as patched:
        patched.setattr(profile, "read", fail_for_bob)
        work(waiting.app)
    assert are_renamed(waiting) == [True, False, True]
    failed = [one.msg for one in caplog.records if one.levelno == logging.WARNING and "task_failed" in one.getMessage()]
    assert [(one["kind"], one["is_last"]) for one in failed if isinstance(one, dict)] == [("ServiceUnavailable", False)]
    assert waiting.app.extensions["queue"].scheduled_count() == 1
    assert run_delayed_tasks(waiting.app) == 1
    assert are_renamed(waiting) == [True] * 3


def test_failure_of_the_write_retries_all(waiting: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_profiles: object) -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patched:
        patched.setattr("app.people.actions.apply_profiles", fail)
        work(waiting.app)
    assert waiting.app.extensions["queue"].scheduled_count() == 3
    assert run_delayed_tasks(waiting.app) == 3
    assert are_renamed(waiting) == [True] * 3


def test_task_of_another_kind_goes_first(returning: Cast, mail_server: LocalMailServer) -> None:
    held = returning.app.extensions["queue"]
    returning.alice()
    write(returning.app, "owner@contoso.example")
    returning.bob()
    task_batches.run(returning.app, held.dequeue())
    assert mail_server.recipients == ["owner@contoso.example"]
    assert are_renamed(returning) == [True, False, False]
    assert held.pending_count() == 1


def test_unreadable_task_ends_the_batch(waiting: Cast) -> None:
    held = waiting.app.extensions["queue"]
    held.storage.enqueue(b"not signed")
    work(waiting.app)
    assert are_renamed(waiting) == [True] * 3
