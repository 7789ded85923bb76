"""How often an address may be asked, counted by the asker's IP address; shared by all nodes where Redis is set."""

import time
from collections.abc import Callable
from functools import wraps
from operator import itemgetter
from typing import Any

import structlog
from flask import Flask, Response, abort, make_response, request
from flask.typing import ResponseReturnValue
from limits import RateLimitItem, parse_many
from limits.errors import StorageError
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import FixedWindowRateLimiter
from werkzeug.exceptions import HTTPException

from app.settings import Settings
from app.web.metrics import LIMITS_ALONE

MISSED_CODES = "30 per minute"
"""Login codes that don't exist, asked for by one address."""
REFUSED_ANSWERS = "60 per minute"
"""Callbacks that were refused; each writes to a company's history."""
MAILED_KEYS = "5 per hour"
"""Mails with a link that somebody may ask for."""
SIGN_UPS = "10 per hour"
WRONG_PASSWORDS = "10 per minute; 60 per hour"

ALONE_SECONDS = 5.0
"""So long a node counts for itself after Redis did not answer, so that not every request waits for it."""
PATIENCE_SECONDS = 0.5
MOST_FAILED = 10_000
"""Addresses that a node remembers to have failed."""

View = Callable[..., ResponseReturnValue]

log = structlog.get_logger(__name__)


def _asker() -> str:
    return request.remote_addr or "127.0.0.1"


class Limiter:
    """The process's one. Where Redis is gone each process counts for itself."""

    def __init__(self) -> None:
        self._own = MemoryStorage()
        self._shared: RedisStorage | None = None
        self._alone_until = 0.0
        self._failed_here: dict[tuple[str, str], float] = {}

    def init_app(self, redis_url: str) -> None:
        self._shared = None
        if redis_url:
            patience: dict[str, Any] = {
                "socket_timeout": PATIENCE_SECONDS,
                "socket_connect_timeout": PATIENCE_SECONDS,
            }
            self._shared = RedisStorage(redis_url, wrap_exceptions=True, **patience)

    def limit(
        self,
        rule: str,
        *,
        key_func: Callable[[], str] = _asker,
        deduct_when: Callable[[Response], bool] | None = None,
        often: bool = False,
    ) -> Callable[[View], View]:
        """Answers 429 to whoever asked a view too often: at all, or with such an answer.

        `often` is for what everybody asks: there only those are looked up who had such an answer at this node.
        """
        items = parse_many(rule)

        def decorate(view: View) -> View:
            scope = f"{view.__module__}.{view.__name__}"

            @wraps(view)
            def limited(**arguments: Any) -> ResponseReturnValue:
                key = (scope, key_func())
                if deduct_when is None:
                    self._count(items, key)
                    return view(**arguments)
                if not often or self._failed_here.get(key, 0.0) > time.monotonic():
                    self._check(items, key)
                try:
                    response = make_response(view(**arguments))
                except HTTPException as error:
                    if deduct_when(make_response(error.get_response())):
                        self._note(items, key)
                    raise
                if deduct_when(response):
                    self._note(items, key)
                return response

            return limited

        return decorate

    def reset(self) -> None:
        """Forgets what was counted."""
        self._failed_here.clear()
        for storage in (self._own, self._shared):
            if storage:
                storage.reset()

    @property
    def is_alone(self) -> bool:
        """Redis is set and gone: limits are counted in each process."""
        return self._shared is not None and time.monotonic() < self._alone_until

    def _check(self, items: list[RateLimitItem], key: tuple[str, str]) -> None:
        if not all(self._ask(FixedWindowRateLimiter.test, item, key) for item in items):
            abort(429)

    def _count(self, items: list[RateLimitItem], key: tuple[str, str]) -> None:
        within = [self._ask(FixedWindowRateLimiter.hit, item, key) for item in items]
        if not all(within):
            abort(429)

    def _note(self, items: list[RateLimitItem], key: tuple[str, str]) -> None:
        now = time.monotonic()
        if len(self._failed_here) >= MOST_FAILED:
            # Those that failed last; whoever is forgotten is looked up again after the next failure.
            latest = sorted(self._failed_here.items(), key=itemgetter(1))[MOST_FAILED // 2 :]
            self._failed_here = {one: until for one, until in latest if until > now}
        self._failed_here[key] = now + max(item.get_expiry() for item in items)
        for item in items:
            self._ask(FixedWindowRateLimiter.hit, item, key)

    def _ask(self, question: Callable[..., bool], item: RateLimitItem, key: tuple[str, str]) -> bool:
        if self._shared is not None and not self.is_alone:
            try:
                return question(FixedWindowRateLimiter(self._shared), item, *key)
            except StorageError as error:
                self._alone_until = time.monotonic() + ALONE_SECONDS
                LIMITS_ALONE.inc()
                log.error("limits_alone", kind=type(error.storage_error).__name__)
        return question(FixedWindowRateLimiter(self._own), item, *key)


limiter = Limiter()


def init_app(_app: Flask, settings: Settings) -> None:
    limiter.init_app(settings.redis_url.get_secret_value())
