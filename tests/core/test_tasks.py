"""Background tasks: signed, retried, and never a reason for a request to fail."""

import logging
import pickle
from typing import Any

import pytest
from flask import Flask
from huey.exceptions import HueyException
from pydantic import SecretStr
from structlog.contextvars import bound_contextvars

from app import create_app
from app.core import tasks
from app.core.task_queue import open_queue
from app.people.profile import sync_profile
from app.settings import Settings

ARGUMENTS = {"company_id": "x", "person_id": "y", "sealed_token": "z"}


def waiting(app: Flask) -> list[bytes]:
    return list(app.extensions["queue"].storage.enqueued_items())


def test_task_waits_for_a_worker(app: Flask) -> None:
    with app.app_context():
        assert sync_profile.enqueue_now(**ARGUMENTS)
    task = app.extensions["queue"].dequeue()
    assert task.args == (ARGUMENTS,)
    assert waiting(app) == []


def test_another_node_can_run_task(app: Flask, settings: Settings) -> None:
    with app.app_context():
        sync_profile.enqueue(**ARGUMENTS)
    other = create_app(settings)
    assert other.extensions["queue"].dequeue().args == (ARGUMENTS,)


def test_failing_task_is_retried_a_limited_number_of_times(app: Flask) -> None:
    held = app.extensions["queue"]
    with app.app_context():
        sync_profile.enqueue(company_id="no id", person_id="no id", sealed_token="nothing")
    task, tries = held.dequeue(), 0
    while task is not None:
        held.execute(task)
        tries += 1
        delayed = held.scheduled()
        held.storage.flush_schedule()
        task = delayed[0] if delayed else None
        if task:
            task.eta = None  # that later is now
    assert tries == 1 + sync_profile.retries


def fields_of(record: logging.LogRecord) -> dict[str, Any]:
    """What structlog logged."""
    assert isinstance(record.msg, dict)
    return record.msg


def test_last_failure_of_a_task_is_logged_as_final(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    held = app.extensions["queue"]
    with app.app_context():
        sync_profile.enqueue(company_id="no id", person_id="no id", sealed_token="nothing")
    task = held.dequeue()
    while task is not None:
        held.execute(task)
        waiting_tasks = held.scheduled()
        held.storage.flush_schedule()
        task = waiting_tasks[0] if waiting_tasks else None
        if task:
            task.eta = None  # that later is now
    lines = [(record.levelname, fields_of(record)) for record in caplog.records if "task_failed" in record.getMessage()]
    assert [(level, line["is_last"]) for level, line in lines] == [
        *[("WARNING", False)] * sync_profile.retries,
        ("ERROR", True),
    ]


def test_one_failing_item_does_not_stop_the_others(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    done = []

    def do(number: int) -> None:
        if number == 2:
            raise LookupError
        done.append(number)

    with app.app_context():
        tasks.one_by_one([1, 2, 3], do)
    assert done == [1, 3]
    assert "chore_failed" in caplog.text


def test_task_logs_company_and_request_that_queued_it(app: Flask, caplog: pytest.LogCaptureFixture) -> None:
    held = app.extensions["queue"]
    with app.app_context(), bound_contextvars(company="contoso's", request_id="12345678"):
        sync_profile.enqueue(company_id="no id", person_id="no id", sealed_token="nothing")
        sync_profile.enqueue_in(60, company_id="no id", person_id="no id", sealed_token="nothing")
    immediate, delayed = held.dequeue(), held.dequeue()
    delayed.eta = None  # that later is now
    for task in (immediate, delayed):
        held.execute(task)
    lines = [fields_of(record) for record in caplog.records if "task_failed" in record.getMessage()]
    assert [(line["task"], line["company"], line["request_id"]) for line in lines] == [
        ("sync_profile", "contoso's", "12345678")
    ] * 2


def test_worker_heartbeat_is_stored_and_survives_missing_queue(
    app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    with app.app_context():
        assert tasks.seconds_since_heartbeat() is None
        tasks.heartbeat()
        seen = tasks.seconds_since_heartbeat()
        assert seen is not None
        assert seen < 60
        gone = open_queue(settings.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:1/0")}))
        monkeypatch.setitem(app.extensions, "queue", gone)
        tasks.heartbeat()


def test_unsigned_task_in_queue_is_not_run(app: Flask) -> None:
    ran: list[Any] = []

    class Harmful:
        def __reduce__(self) -> Any:
            return ran.append, ("harm",)

    held = app.extensions["queue"]
    held.storage.enqueue(pickle.dumps(Harmful()))
    with pytest.raises((HueyException, ValueError)):
        held.dequeue()
    assert ran == []


def test_missing_queue_does_not_raise(settings: Settings) -> None:
    gone = settings.model_copy(update={"redis_url": SecretStr("redis://127.0.0.1:1/0")})
    app = Flask("a node without its Redis")
    tasks.init_app(app, gone)
    with app.app_context():
        assert sync_profile.enqueue_now(**ARGUMENTS) is False
