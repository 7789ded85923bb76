"""A worker that runs waiting tasks of a kind together, if the kind says how (`Task.together`)."""

import time
from collections.abc import Sequence
from threading import Lock
from typing import Any

import structlog
from flask import Flask
from huey import Huey
from huey.consumer import Consumer, Worker
from huey.storage import RedisStorage
from structlog.contextvars import bind_contextvars, clear_contextvars

from app.core.tasks import Task, failing_with

MOST_TOGETHER = 20
GATHER_SECONDS = 0.2
"""How long the first of such tasks waits for more: together they take half the processor time."""

log = structlog.get_logger(__name__)
_gathering = Lock()


class _Worker(Worker):
    app: Flask

    def loop(self, now: Any = None) -> None:
        """As huey's, but takes as many tasks as can be run together."""
        try:
            first = self.huey.dequeue()
        except Exception:
            self._logger.exception("Error reading from queue")
            self.sleep()
            return
        if first is not None:
            self.delay = self.default_delay
            run(self.app, first)
        elif not self.huey.storage.blocking:
            self.sleep()


class BatchConsumer(Consumer):
    """The queue's consumer, with such workers."""

    worker_class = _Worker

    def __init__(self, app: Flask, **options: Any) -> None:
        self._app = app
        super().__init__(app.extensions["queue"], **options)

    def _create_worker(self) -> _Worker:
        made: _Worker = super()._create_worker()
        made.app = self._app
        return made


def run(app: Flask, first: Any) -> None:
    """Runs a task that was taken from the queue, with those that wait behind it and are of the same kind."""
    held: Huey = app.extensions["queue"]
    kind: Task | None = app.extensions["queue_batched"].get(first.name)
    if kind is None or first.eta:
        held.execute(first)
        return
    # One thread at a time, or each would get a part.
    with _gathering:
        time.sleep(GATHER_SECONDS)
        taken, other = _take_alike(held, first)
    if other is not None:
        # It must not wait for the others, nor be lost with them.
        held.execute(other)
    if len(taken) == 1:
        held.execute(first)
        return
    for task, failure in zip(taken, _outcomes(app, kind, taken), strict=True):
        if failure:
            # huey logs it and retries it.
            with failing_with(failure):
                held.execute(task)


def _take_alike(held: Huey, first: Any) -> tuple[list[Any], Any]:
    """The tasks behind the first one that are of its kind, and the one that ended the search because it isn't."""
    taken = [first]
    while len(taken) < MOST_TOGETHER:
        try:
            task = _next(held)
        except Exception:
            log.exception("queue_unreadable")
            break
        if task is None or task.name != first.name or task.eta:
            return taken, task
        taken.append(task)
    return taken, None


def _next(held: Huey) -> Any:
    """The next task, without waiting for one; None if there is none."""
    storage = held.storage
    message = storage.conn.rpop(storage.queue_key) if isinstance(storage, RedisStorage) else storage.dequeue()
    return held.deserialize_task(message) if message else None


def _outcomes(app: Flask, kind: Task, taken: Sequence[Any]) -> Sequence[Exception | None]:
    assert kind.together
    clear_contextvars()
    bind_contextvars(task=kind.name)
    with app.app_context():
        try:
            return kind.together([task.args[0] for task in taken])
        except Exception as error:
            return [error] * len(taken)
