"""Rate limit counters in memory and in Redis, and what a node remembers of failed attempts."""

import os
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.http import rate_limits
from app.http.counters import Counted, Counters, Full, MemoryCounters, Window
from app.http.rate_limits import UNKNOWN_LOGIN_CODE_LIMIT, WRONG_PASSWORDS_LIMIT, Budget, Limiter, LimitReached, Where
from app.http.redis_counters import RedisCounters
from tests.conftest import without

AT_ONCE = 40
MINUTE = Window("a:60", 10, 60)
HOUR = Window("a:3600", 60, 3600)
BUDGET = Budget(WRONG_PASSWORDS_LIMIT, Where.ACCOUNT, "someone")


@pytest.fixture(params=["memory", "redis"])
def counters(request: pytest.FixtureRequest, worker_id: str) -> Iterator[Counters]:
    if request.param == "memory":
        yield MemoryCounters()
        return
    server = os.environ.get("TEST_REDIS_URL")
    if not server:
        without("Redis")
    # A database that no other test uses: the application's tests use the first ones.
    number = 63 - int(worker_id.removeprefix("gw") if worker_id != "master" else 0)
    shared = RedisCounters(f"{server}/{number}", timeout_seconds=5)
    shared.reset()
    yield shared
    shared.reset()


def fill(counters: Counters, *windows: Window) -> list[Counted]:
    found = [counters.count(windows) for _ in range(windows[0].most)]
    assert all(isinstance(one, Counted) for one in found)
    return [one for one in found if isinstance(one, Counted)]


def test_concurrent_attempts_are_counted_up_to_the_limit(counters: Counters) -> None:
    with ThreadPoolExecutor(AT_ONCE) as many:
        found = list(many.map(lambda _: counters.count([MINUTE, HOUR]), range(AT_ONCE)))
    assert sum(isinstance(one, Counted) for one in found) == MINUTE.most


def test_returned_attempts_can_be_used_again(counters: Counters) -> None:
    counted = fill(counters, MINUTE)
    with ThreadPoolExecutor(AT_ONCE) as many:
        list(many.map(counters.give_back, counted[:7]))
        found = list(many.map(lambda _: counters.count([MINUTE]), range(AT_ONCE)))
    assert sum(isinstance(one, Counted) for one in found) == 7


def test_full_window_prevents_counting_in_all(counters: Counters) -> None:
    fill(counters, MINUTE, HOUR)
    for _ in range(HOUR.most):
        full = counters.count([HOUR, MINUTE])
        assert isinstance(full, Full)
        assert full.number == 1
        assert 0 < full.seconds <= 60
    assert isinstance(counters.count([HOUR]), Counted), "rejected attempts don't use up the hour"


def test_longest_of_several_full_windows_is_reported(counters: Counters) -> None:
    short, long = Window("b:60", 1, 60), Window("b:3600", 1, 3600)
    fill(counters, short, long)
    full = counters.count([short, long])
    assert isinstance(full, Full)
    assert full.number == 1
    assert 60 < full.seconds <= 3600


def test_nothing_is_returned_to_a_later_window(counters: Counters) -> None:
    brief = Window("c:1", 1, 1)
    (earlier,) = fill(counters, brief)
    deadline = time.monotonic() + 30
    while isinstance(counters.count([brief]), Full):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    later = Window("c:1", 1, 60)
    counters.give_back(earlier)
    assert isinstance(counters.count([later]), Full)


def test_cleared_window_is_empty(counters: Counters) -> None:
    fill(counters, MINUTE)
    counters.clear([MINUTE.key])
    fill(counters, MINUTE)


def test_memory_drops_windows_that_have_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.http.counters.SWEEP_SECONDS", 0.0)
    counters = MemoryCounters()
    for number in range(100):
        counters.count([Window(f"{number}", 1, 0)])
    assert len(counters._kept) <= 2


def test_attempt_that_raises_is_returned() -> None:
    limiter = Limiter()
    for _ in range(WRONG_PASSWORDS_LIMIT.most + 1):
        with pytest.raises(ZeroDivisionError), limiter.attempt(BUDGET):
            _ = 1 / 0


def test_exhausted_network_does_not_count_against_account() -> None:
    limiter, network = Limiter(), Budget(WRONG_PASSWORDS_LIMIT, Where.NETWORK, "192.0.2.1")
    for _ in range(WRONG_PASSWORDS_LIMIT.most):
        limiter.count(network)
    for _ in range(WRONG_PASSWORDS_LIMIT.most):
        with pytest.raises(LimitReached) as reached, limiter.attempt(network, BUDGET):
            pass
        assert reached.value.budget.where is Where.NETWORK
    limiter.count(BUDGET)


def test_process_counts_alone_without_redis() -> None:
    limiter = Limiter()
    limiter.init_app("redis://127.0.0.1:1/0")
    for _ in range(WRONG_PASSWORDS_LIMIT.most):
        limiter.count(BUDGET)
    assert limiter.is_alone
    with pytest.raises(LimitReached):
        limiter.count(BUDGET)
    limiter.clear(BUDGET)
    limiter.count(BUDGET)


def test_node_remembers_limited_number_of_failed_networks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limits, "MAX_REMEMBERED", 100)
    limiter = Limiter()
    for number in range(1000):
        limiter._remember_failed(str(number), Budget(UNKNOWN_LOGIN_CODE_LIMIT, Where.NETWORK, str(number)))
        assert len(limiter._failed_here) <= 100
        assert str(number) in limiter._failed_here
