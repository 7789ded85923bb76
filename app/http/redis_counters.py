"""Counters for limits that all nodes share. Imported where REDIS_URL is set: the package `redis` is large."""

import secrets
from collections.abc import Sequence
from typing import Any

import redis

from app.http.counters import Counted, Full, Window

PREFIX = "portico:limit:"
ERRORS = (redis.RedisError,)
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
    """Counters shared by all nodes. Raises one of ERRORS while Redis is unavailable."""

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
