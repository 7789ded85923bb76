"""Rate limits: per network, per account, or per browser that is known for the account.

Each attempt is counted first and returned if it isn't one of those that the limit is about, so that
concurrent attempts can't exceed the limit. Counts are shared by all nodes if Redis is set.
"""

import math
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, wraps
from operator import itemgetter
from typing import Any

import structlog
from flask import Flask, Response, make_response
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException, TooManyRequests
from werkzeug.wrappers import Response as AnyResponse

from app.core.metrics import LIMITS_ALONE
from app.core.text import gettext_noop as N_
from app.core.translation import gettext as _
from app.http.client_info import this_network
from app.http.counters import Counted, Counters, Full, MemoryCounters, Window
from app.http.template_filters import show_wait
from app.settings import Settings


@dataclass(frozen=True)
class Limit:
    name: str
    rule: str
    what: str
    """What there was too much of, in words."""

    @cached_property
    def sizes(self) -> tuple[tuple[int, int], ...]:
        """Maximum counts with their number of seconds."""
        # The package has storages, too, which take longer to import than to leave out.
        from limits import parse_many

        return tuple((item.amount, item.get_expiry()) for item in parse_many(self.rule))

    @property
    def most(self) -> int:
        """The maximum of the shortest window."""
        return self.sizes[0][0]


class Where(StrEnum):
    """What a limit counts by."""

    NETWORK = N_("from your network")
    ACCOUNT = N_("for this account")
    BROWSER = N_("from this browser")


UNKNOWN_LOGIN_CODE_LIMIT = Limit("missed_codes", "30 per minute", N_("addresses that don’t exist were opened"))
"""Login codes, invitations and setup links that don't exist."""
FAILED_CALLBACK_LIMIT = Limit("refused_answers", "60 per minute", N_("failed sign-ins"))
"""Failed callbacks; each writes to a company's audit log."""
SIGN_UP_LIMIT = Limit("sign_ups", "10 per hour", N_("companies were created"))
FAILED_CLIENT_LIMIT = Limit("failed_clients", "60 per minute", N_("failed requests of an application"))
"""Failed authentications of an application and invalid codes, by application and network."""
CLIENT_LIMIT = Limit("clients", "6000 per minute", N_("requests of an application"))
"""A ceiling for those that succeed."""
STORED_REQUEST_LIMIT = Limit("stored_requests", "600 per minute", N_("sign-ins were started"))
"""Each stores a row."""
NETWORK_EMAILS = Limit("network_mails", "30 per hour", N_("emails were requested"))
EMAILED_LINK_LIMIT = Limit("mailed_keys", "5 per hour", N_("emails were requested"))
"""Emails with a link, to one account."""
ACCESS_REQUEST_LIMIT = Limit("access_requests", "10 per hour", N_("emails were requested"))
"""Emails to a company's admins about one person's requests for access."""
RESERVED_MAIL = Limit("reserved_mail", "1 per day", N_("emails were requested"))
"""An email that strangers can't use up."""
WRONG_PASSWORDS_LIMIT = Limit("wrong_passwords", "10 per minute; 60 per hour", N_("wrong passwords"))
WRONG_FACTORS = Limit("wrong_factors", "10 per minute; 60 per hour", N_("wrong codes"))
"""Answers to the second step of a sign-in."""
WRONG_KEYS = Limit("wrong_keys", "10 per minute; 60 per hour", N_("invalid links and recovery codes"))
DOMAIN_CHECK_LIMIT = Limit("domain_checks", "20 per minute; 200 per day", N_("checks of DNS records"))
"""Each asks the name servers that a company chose."""
FIND_COMPANY_LIMIT = Limit("find_company", "60 per minute", N_("companies were looked up"))

FALLBACK_SECONDS = 5.0
"""Seconds that a node counts for itself after Redis did not answer, so that not every request waits for it."""
TIMEOUT_SECONDS = 0.5
MAX_REMEMBERED = 10_000
"""Networks with failures that a node remembers."""

View = Callable[..., ResponseReturnValue]
Deducts = Callable[[Response], bool]

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Budget:
    """A limit for one network, account or browser."""

    limit: Limit
    where: Where
    key: str

    @property
    def windows(self) -> list[Window]:
        return [
            Window(f"{self.limit.name}:{self.where.name.lower()}:{self.key}:{seconds}", most, seconds)
            for most, seconds in self.limit.sizes
        ]


class LimitReached(TooManyRequests):
    """Names the limit and when there is room again."""

    def __init__(self, budget: Budget, seconds: float) -> None:
        self.budget = budget
        self.seconds = max(1, math.ceil(seconds))
        super().__init__(
            _("Too many %(what)s %(where)s.", what=_(budget.limit.what), where=_(budget.where)),
            retry_after=self.seconds,
        )

    @property
    def hint(self) -> str:
        return _("Try again %(in_minutes)s.", in_minutes=show_wait(self.seconds))

    @property
    def words(self) -> str:
        return f"{self.description} {self.hint}"

    def answer(self, page: str | AnyResponse) -> Response:
        """This page as a response with status 429."""
        response = make_response(page, 429)
        response.headers["Retry-After"] = str(self.seconds)
        return response


class Attempt:
    """An attempt under way; its count is returned at the end unless it failed."""

    has_failed = False

    def fail(self) -> None:
        self.has_failed = True


@dataclass(frozen=True)
class _Taken:
    counters: Counters
    counted: Counted


class Limiter:
    """The process's limiter. If Redis is unavailable, each process counts for itself."""

    def __init__(self) -> None:
        self._own = MemoryCounters()
        self._shared: Counters | None = None
        self._shared_errors: tuple[type[Exception], ...] = ()
        self._alone_until = 0.0
        self._failed_here: dict[str, float] = {}

    def init_app(self, redis_url: str) -> None:
        self._shared = None
        if redis_url:
            from app.http import redis_counters

            self._shared = redis_counters.RedisCounters(redis_url, timeout_seconds=TIMEOUT_SECONDS)
            self._shared_errors = redis_counters.ERRORS

    def limit(self, limit: Limit, *, deduct_when: Deducts | None = None, often: bool = False) -> Callable[[View], View]:
        """Limits a network's requests to a view: all, or those with such a response. Account limits are counted in the
        view, which looks up the account: see `people/account_limits.py`.

        `often` is for frequent requests: Redis is only asked about networks that had such a response at this node.
        """

        def decorate(view: View) -> View:
            @wraps(view)
            def limited(**arguments: Any) -> ResponseReturnValue:
                budget = Budget(limit, Where.NETWORK, this_network())
                if deduct_when is None:
                    self.count(budget)
                    return view(**arguments)
                counting = self.attempt_often if often else self.attempt
                with counting(budget) as attempt:
                    try:
                        response = make_response(view(**arguments))
                    except HTTPException as error:
                        if deduct_when(make_response(error.get_response())):
                            attempt.fail()
                        raise
                    if deduct_when(response):
                        attempt.fail()
                    return response

            return limited

        return decorate

    @contextmanager
    def attempt(self, *budgets: Budget) -> Iterator[Attempt]:
        """Counts an attempt against all of these budgets, and returns it unless it fails. Raises LimitReached."""
        taken, attempt = self._count(budgets), Attempt()
        try:
            yield attempt
        finally:
            if not attempt.has_failed:
                self._give_back(taken)

    def count(self, *budgets: Budget) -> None:
        """Counts permanently. Raises LimitReached, with nothing counted."""
        self._count(budgets)

    def count_here(self, *budgets: Budget) -> None:
        """The same in this process alone, for a ceiling that needs no exact count. Raises LimitReached."""
        self._taken(self._own, budgets)

    def clear(self, *budgets: Budget) -> None:
        """Clears the counts of these budgets."""
        keys = [window.key for budget in budgets for window in budget.windows]
        self._own.clear(keys)
        if self._shared is not None:
            try:
                self._shared.clear(keys)
            except self._shared_errors as error:
                self._note_gone(error)

    def reset(self) -> None:
        """Clears all counts."""
        self._failed_here.clear()
        for counters in (self._own, self._shared):
            if counters:
                counters.reset()

    @property
    def is_alone(self) -> bool:
        """Whether Redis is set but unavailable: limits are counted in each process."""
        return self._shared is not None and time.monotonic() < self._alone_until

    @contextmanager
    def attempt_often(self, budget: Budget) -> Iterator[Attempt]:
        """Counts in this process first, and in Redis only for those who failed here before or fail now."""
        key = f"{budget.limit.name}:{budget.key}"
        if self._shared is None or self._failed_here.get(key, 0.0) > time.monotonic():
            with self.attempt(budget) as attempt:
                yield attempt
            return
        taken, attempt = self._taken(self._own, (budget,)), Attempt()
        try:
            yield attempt
        finally:
            self._give_back(taken)
            if attempt.has_failed:
                self._remember_failed(key, budget)
                self._count((budget,), always=True)

    def _remember_failed(self, key: str, budget: Budget) -> None:
        now = time.monotonic()
        if len(self._failed_here) >= MAX_REMEMBERED:
            # The most recent failures; a forgotten network is looked up again after its next failure.
            latest = sorted(self._failed_here.items(), key=itemgetter(1))[MAX_REMEMBERED // 2 :]
            self._failed_here = {one: until for one, until in latest if until > now}
        self._failed_here[key] = now + max(seconds for _, seconds in budget.limit.sizes)

    def _count(self, budgets: tuple[Budget, ...], *, always: bool = False) -> _Taken:
        if self._shared is not None and not self.is_alone:
            try:
                return self._taken(self._shared, budgets, always=always)
            except self._shared_errors as error:
                self._note_gone(error)
        return self._taken(self._own, budgets, always=always)

    def _taken(self, counters: Counters, budgets: tuple[Budget, ...], *, always: bool = False) -> _Taken:
        windows = [(budget, window) for budget in budgets for window in budget.windows]
        found = counters.count([window for _, window in windows], always=always)
        if isinstance(found, Full):
            raise LimitReached(windows[found.number][0], found.seconds)
        return _Taken(counters, found)

    def _give_back(self, taken: _Taken) -> None:
        try:
            taken.counters.give_back(taken.counted)
        except self._shared_errors as error:
            # Counts stay until their window expires.
            self._note_gone(error)

    def _note_gone(self, error: Exception) -> None:
        self._alone_until = time.monotonic() + FALLBACK_SECONDS
        LIMITS_ALONE.inc()
        log.error("limits_alone", kind=type(error).__name__)


limiter = Limiter()


def init_app(_app: Flask, settings: Settings) -> None:
    limiter.init_app(settings.redis_url.get_secret_value())
