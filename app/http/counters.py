"""Counters for limits: windows that begin with the first count and expire by themselves, in Redis or in memory.

Counting is atomic for all windows of a request: either each has room and each is counted, or none is. So
concurrent requests can't exceed the limit.
"""

import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import redis

PREFIX = "portico:limit:"
SWEEP_SECONDS = 60.0
"""Seconds between removals of expired windows from memory."""


@dataclass(frozen=True, slots=True)
class Window:
    key: str
    most: int
    seconds: int


@dataclass(frozen=True, slots=True)
class Full:
    """A full window, and how long it stays so."""

    number: int
    """Which of the requested windows."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Counted:
    """What was counted. Each window has an id, so that nothing is returned to a later window of the same key."""

    keys: tuple[str, ...]
    ids: tuple[str, ...]


class Counters(Protocol):
    def count(self, windows: Sequence[Window], *, always: bool = False) -> Counted | Full:
        """Counts one in each window, or in none; with `always`, counts whether or not there is room."""
        ...

    def give_back(self, counted: Counted) -> None: ...

    def clear(self, keys: Sequence[str]) -> None: ...

    def reset(self) -> None:
        """Clears all counters."""
        ...


@dataclass(slots=True)
class _Kept:
    id: str
    count: int
    ends_at: float


class MemoryCounters:
    """Counters of this process only."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[str, _Kept] = {}
        self._sweep_at = 0.0

    def count(self, windows: Sequence[Window], *, always: bool = False) -> Counted | Full:
        moment = time.monotonic()
        with self._lock:
            self._sweep(moment)
            kept = [self._open(window, moment) for window in windows]
            full = [
                Full(number, one.ends_at - moment)
                for number, (one, window) in enumerate(zip(kept, windows, strict=True))
                if one.count >= window.most
            ]
            if full and not always:
                return max(full, key=lambda one: one.seconds)
            for one, window in zip(kept, windows, strict=True):
                one.count += 1
                self._kept[window.key] = one
            return Counted(tuple(window.key for window in windows), tuple(one.id for one in kept))

    def give_back(self, counted: Counted) -> None:
        with self._lock:
            for key, window_id in zip(counted.keys, counted.ids, strict=True):
                one = self._kept.get(key)
                if one is None or one.id != window_id:
                    continue
                one.count -= 1
                if one.count <= 0:
                    del self._kept[key]

    def clear(self, keys: Sequence[str]) -> None:
        with self._lock:
            for key in keys:
                self._kept.pop(key, None)

    def reset(self) -> None:
        with self._lock:
            self._kept.clear()

    def _open(self, window: Window, moment: float) -> _Kept:
        one = self._kept.get(window.key)
        if one is None or one.ends_at <= moment:
            return _Kept(secrets.token_hex(8), 0, moment + window.seconds)
        return one

    def _sweep(self, moment: float) -> None:
        if moment >= self._sweep_at:
            self._kept = {key: one for key, one in self._kept.items() if one.ends_at > moment}
            self._sweep_at = moment + SWEEP_SECONDS


# KEYS are the windows; ARGV: an id for new ones, whether to count in any case, then size and seconds of each.
COUNT = """
local number, longest = 0, -1
for i, key in ipairs(KEYS) do
  local counted = tonumber(redis.call('HGET', key, 'count') or '0')
  if counted >= tonumber(ARGV[1 + 2 * i]) then
    local left = redis.call('PTTL', key)
    if left > longest then number, longest = i, left end
  end
end
if number > 0 and ARGV[2] == '0' then return {number, longest} end
local ids = {0}
for i, key in ipairs(KEYS) do
  if redis.call('HSETNX', key, 'id', ARGV[1]) == 1 then redis.call('EXPIRE', key, ARGV[2 + 2 * i]) end
  redis.call('HINCRBY', key, 'count', 1)
  ids[i + 1] = redis.call('HGET', key, 'id')
end
return ids
"""
# KEYS are the windows, ARGV their ids.
GIVE_BACK = """
for i, key in ipairs(KEYS) do
  if redis.call('HGET', key, 'id') == ARGV[i] and redis.call('HINCRBY', key, 'count', -1) <= 0 then
    redis.call('DEL', key)
  end
end
"""


class RedisCounters:
    """Counters shared by all nodes. Raises redis.RedisError while Redis is unavailable."""

    def __init__(self, url: str, *, timeout_seconds: float) -> None:
        self._redis: Any = redis.Redis.from_url(
            url, socket_timeout=timeout_seconds, socket_connect_timeout=timeout_seconds, decode_responses=True
        )
        self._count = self._redis.register_script(COUNT)
        self._give_back = self._redis.register_script(GIVE_BACK)

    def count(self, windows: Sequence[Window], *, always: bool = False) -> Counted | Full:
        sizes = [size for window in windows for size in (window.most, window.seconds)]
        keys = [PREFIX + window.key for window in windows]
        first, *rest = self._count(keys=keys, args=[secrets.token_hex(8), int(always), *sizes])
        if first:
            return Full(first - 1, max(rest[0], 0) / 1000)
        return Counted(tuple(window.key for window in windows), tuple(rest))

    def give_back(self, counted: Counted) -> None:
        self._give_back(keys=[PREFIX + key for key in counted.keys], args=list(counted.ids))

    def clear(self, keys: Sequence[str]) -> None:
        self._redis.delete(*(PREFIX + key for key in keys))

    def reset(self) -> None:
        for key in self._redis.scan_iter(f"{PREFIX}*", count=1000):
            self._redis.delete(key)
