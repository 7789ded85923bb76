"""The queue's storage, in Redis or SQLite. Imported when a process first uses the queue: huey imports the clients of
every storage that is installed, which together are a third of all that the application imports.
"""

import sqlite3
import time
from contextlib import suppress
from typing import Any

import redis
from huey import Huey, RedisHuey, SqliteHuey
from huey.exceptions import HueyException
from huey.serializer import SignedSerializer
from huey.storage import RedisStorage
from redis.backoff import NoBackoff
from redis.retry import Retry

from app.settings import INSTANCE, Settings

ERRORS: tuple[type[Exception], ...] = (redis.RedisError, sqlite3.Error)
TIMEOUT = redis.TimeoutError


def open_queue(settings: Settings) -> Huey:
    # Signed, so that write access to the queue's storage is not enough to make a worker run something.
    serializer = SignedSerializer(secret=settings.secret_key.get_secret_value(), salt="portico queue")
    options: dict[str, Any] = {"results": False, "serializer": serializer}
    if url := settings.redis_url.get_secret_value():
        # A worker polls for its next task in intervals of a second.
        patience: dict[str, Any] = {
            "socket_connect_timeout": 0.5,
            "socket_timeout": 1.5,
            "retry": Retry(NoBackoff(), 1),
        }
        pool = redis.ConnectionPool.from_url(url, **patience)
        return RedisHuey("portico", connection_pool=pool, blocking=True, **options)
    if settings.database.startswith("sqlite:///"):
        path = settings.database.removeprefix("sqlite:///") + ".queue"
    else:
        # If it can't be created, SQLite says so, which is one of ERRORS.
        with suppress(OSError):
            INSTANCE.mkdir(exist_ok=True)
        path = str(INSTANCE / "queue.db")
    return SqliteHuey("portico", filename=path, **options)


def oldest_queued_at(held: Huey) -> float:
    """When the task that has waited longest was queued; it stays in the queue. Seconds since 1970; now for a message
    without a time or of another program: a worker drops that when it reads it. The message alone is read, so that this
    process need not know the task.
    """
    message = _first(held)
    try:
        told = held.serializer.deserialize(message).kwargs if message else {}
    except (ValueError, HueyException):
        told = {}
    queued_at: float = told.get("queued_at", time.time())
    return queued_at


def _first(held: Huey) -> bytes | None:
    storage = held.storage
    if isinstance(storage, RedisStorage):
        found: bytes | None = storage.conn.lindex(storage.queue_key, -1)
        return found
    return next(iter(storage.enqueued_items(1)), None)
