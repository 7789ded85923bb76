"""Counters for limits: windows that begin with the first count and expire by themselves, in memory or, for all nodes,
in Redis (`redis_counters`).

Counting is atomic for all windows of a request: either each has room and each is counted, or none is. So
concurrent requests can't exceed the limit.
"""

import secrets
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

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
