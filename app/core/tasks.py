"""Background tasks, kept in Redis or SQLite until a worker runs them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

import structlog
from flask import Flask, current_app
from structlog.contextvars import bind_contextvars, clear_contextvars, get_contextvars
from werkzeug.local import LocalProxy

from app.core.database import db
from app.core.metrics import QUEUE_REFUSED, TASKS_FAILED
from app.core.unit_of_work import after_commit
from app.settings import Settings

if TYPE_CHECKING:
    from huey import Huey

HOURLY_MINUTE = "7"
LOG_CONTEXT = ("request_id", "company")
HEARTBEAT = "worker seen"
MOST_TRIES = 5
"""How often leased work (an import, a sync) is begun without making progress before it fails. Taking the lease counts
as a try, since a worker that dies of it can't count; progress resets the count.
"""
UNAVAILABLE_SECONDS = 5.0
"""Seconds during which no request waits again for a Redis that did not answer."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Task:
    """A named task. Its arguments are plain values; the caller encrypts a secret among them."""

    name: str
    function: Callable[..., None]
    retries: int
    retry_seconds: int
    together: Callable[[Sequence[dict[str, Any]]], Sequence[Exception | None]] | None = None
    """Runs several at once, given their arguments; returns what failed, in their order."""

    def enqueue(self, **arguments: Any) -> None:
        """Enqueues the task; inside a unit of work, after its commit. An unavailable queue raises nothing."""
        after_commit(lambda: self.enqueue_now(**arguments))

    def enqueue_in(self, seconds: int, **arguments: Any) -> None:
        """The same, to run no sooner than in this many seconds."""
        after_commit(
            lambda: self._put(lambda queued: queued.schedule((arguments,), {"told": _log_context()}, delay=seconds))
        )

    def enqueue_now(self, **arguments: Any) -> bool:
        """Enqueues the task at once, also inside a unit of work: a crash before the commit runs it twice rather than
        never. Returns whether the queue accepted it.
        """
        return self._put(lambda queued: queued(arguments, queued_at=time.time(), told=_log_context()))

    def _put(self, put: Callable[[Any], object]) -> bool:
        from app.core import task_queue

        extensions = current_app.extensions
        if time.monotonic() < extensions["queue_gone_until"]:
            return self._refused("ConnectionError")
        try:
            put(extensions["queue_tasks"][self.name])
        except task_queue.ERRORS as error:
            if isinstance(error, task_queue.TIMEOUT):
                extensions["queue_gone_until"] = time.monotonic() + UNAVAILABLE_SECONDS
            return self._refused(type(error).__name__)
        return True

    def _refused(self, kind: str) -> bool:
        QUEUE_REFUSED.labels(self.name).inc()
        log.error("queue_unavailable", task=self.name, kind=kind)
        return False


_tasks: list[Task] = []
_periodic: list[tuple[str, Callable[[], None]]] = []


def task(
    *,
    retries: int,
    retry_seconds: int,
    together: Callable[[Sequence[dict[str, Any]]], Sequence[Exception | None]] | None = None,
) -> Callable[[Callable[..., None]], Task]:
    """Declares a task; if it raises, it is retried this many times, with this many seconds in between. `together` runs
    several at once (`app/core/task_batches.py`).
    """

    def declare(function: Callable[..., None]) -> Task:
        declared = Task(function.__name__, function, retries, retry_seconds, together)
        _tasks.append(declared)
        return declared

    return declare


def hourly(function: Callable[[], None]) -> Callable[[], None]:
    """Declares hourly work. Every worker runs it, so it must be idempotent."""
    _periodic.append((HOURLY_MINUTE, function))
    return function


def every_minute(function: Callable[[], None]) -> Callable[[], None]:
    """Declares work that every worker runs once a minute: requeueing what a dead worker left."""
    _periodic.append(("*", function))
    return function


def one_by_one(items: Iterable[Any], do: Callable[[Any], object]) -> None:
    """Runs `do` for each item; a failure is logged and doesn't stop the others."""
    for item in items:
        try:
            do(item)
        except Exception as error:
            db.session.rollback()
            log.error("chore_failed", kind=type(error).__name__, exc_info=True)


def init_app(app: Flask, settings: Settings) -> None:
    opened = cache(partial(_open, app, settings))
    app.extensions["queue"] = LocalProxy(lambda: opened()[0])
    app.extensions["queue_tasks"] = LocalProxy(lambda: opened()[1])
    app.extensions["queue_batched"] = {declared.name: declared for declared in _tasks if declared.together}
    # In seconds of `time.monotonic`: until then no request waits for a storage that did not answer.
    app.extensions["queue_gone_until"] = 0.0


def _open(app: Flask, settings: Settings) -> tuple[Huey, dict[str, Any]]:
    """The queue and its tasks by name, when the process first uses it."""
    from huey import crontab

    from app.core.task_queue import open_queue

    huey = open_queue(settings)
    for minute, chore in _periodic:
        huey.periodic_task(crontab(minute=minute), name=chore.__name__)(_in_context(app, chore.__name__, chore))
    return huey, {
        declared.name: huey.task(
            name=declared.name, retries=declared.retries, retry_delay=declared.retry_seconds, context=True
        )(_in_context(app, declared.name, declared.function))
        for declared in _tasks
    }


@dataclass(frozen=True)
class QueueStats:
    """The state of the queue."""

    waiting: int
    oldest_seconds: float


def queue_stats() -> QueueStats | None:
    """None if the queue doesn't answer."""
    from app.core.task_queue import oldest_queued_at

    held: Huey = current_app.extensions["queue"]
    try:
        waiting = held.pending_count()
        oldest = oldest_queued_at(held) if waiting else time.time()
    except storage_errors():
        return None
    return QueueStats(waiting, max(0.0, time.time() - oldest))


def storage_errors() -> tuple[type[Exception], ...]:
    """What a storage that doesn't answer raises. For an `except`, which asks only when something was raised."""
    from app.core import task_queue

    return task_queue.ERRORS


def heartbeat() -> None:
    """Records that a worker is alive, for `flask doctor`. An unavailable queue doesn't stop the worker."""
    with suppress(*storage_errors()):
        current_app.extensions["queue"].put(HEARTBEAT, time.time())


def seconds_since_heartbeat() -> float | None:
    """Seconds since the last heartbeat; None if there was none. Raises the storage's errors."""
    seen: float | None = current_app.extensions["queue"].get(HEARTBEAT, peek=True)
    return None if seen is None else max(0.0, time.time() - seen)


def _log_context() -> dict[str, str]:
    """The log context of the code that enqueues a task, so that the task's log lines have it, too."""
    said = get_contextvars()
    return {name: said[name] for name in LOG_CONTEXT if name in said}


_failure: ContextVar[Exception | None] = ContextVar("failure", default=None)


@contextmanager
def failing_with(error: Exception) -> Iterator[None]:
    """A task executed here has run already, together with others, and failed with this."""
    token = _failure.set(error)
    try:
        yield
    finally:
        _failure.reset(token)


def _in_context(app: Flask, name: str, function: Callable[..., None]) -> Callable[..., None]:
    def run(
        arguments: dict[str, Any] | None = None,
        queued_at: float = 0.0,
        told: dict[str, str] | None = None,
        task: Any = None,
        **_of_a_newer_version: Any,
    ) -> None:
        clear_contextvars()
        bind_contextvars(task=name, **(told or {}))
        with app.app_context():
            try:
                if failure := _failure.get():
                    raise failure
                function(**(arguments or {}))
            except Exception as error:
                is_last = task is not None and not task.retries
                report = log.error if is_last else log.warning
                report("task_failed", kind=type(error).__name__, is_last=is_last, exc_info=True)
                if is_last:
                    TASKS_FAILED.labels(name).inc()
                raise

    return run
