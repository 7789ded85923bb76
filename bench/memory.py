"""Memory growth: the memory of each process after a warm-up, and after many more sign-ins.

RSS is the resident memory of a process; PSS divides memory that several processes share. A page that a process shared
and then wrote to is counted in full from then on, so PSS may rise where RSS doesn't.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import redis

from bench.sign_ins import sign_in
from bench.stage import Stage, stage

WARM = 2000
BATCH = 1000
"""Sign-ins at a time: the client fetches the login pages beforehand."""
GOAL = 10
"""Percent."""
DIRECTORY = "the sandbox directory"

Held = dict[str, tuple[float, float]]
"""RSS and PSS in MB, by process."""


@dataclass(frozen=True)
class Memory:
    sign_ins: int
    before: Held
    halfway: Held
    after: Held
    redis: tuple[float, float]
    """MB in use, before and after."""


def measure(sign_ins: int) -> Memory:
    with stage() as on:
        _sign_in(on, WARM)
        before, stored = _memory_by_process(on), _redis_memory(on)
        _sign_in(on, sign_ins // 2)
        halfway = _memory_by_process(on)
        _sign_in(on, sign_ins - sign_ins // 2)
        return Memory(sign_ins, before, halfway, _memory_by_process(on), (stored, _redis_memory(on)))


def table(memory: Memory) -> str:
    """As a table in Markdown."""
    columns = f"RSS after {WARM:,} | halfway | after {memory.sign_ins:,} more | growth | goal | PSS before | after"
    lines = [f"| MB | {columns} |", f"|---|{'--:|' * 7}"]
    for name, (resident, share) in memory.before.items():
        last, last_share = memory.after[name]
        goal = "" if name == DIRECTORY else f"{GOAL} %"
        sizes = f"{resident:.1f} | {memory.halfway[name][0]:.1f} | {last:.1f}"
        growth = f"{(last / resident - 1) * 100:+.1f} %"
        lines.append(f"| {name} | {sizes} | {growth} | {goal} | {share:.1f} | {last_share:.1f} |")
    lines.append(f"| Redis, in use | {memory.redis[0]:.1f} |  | {memory.redis[1]:.1f} |  |  |  |  |")
    return "\n".join(lines)


def _sign_in(on: Stage, count: int) -> None:
    done = 0
    while done < count:
        batch = min(BATCH, count - done)
        sign_in(on.visits(batch), lambda: None)
        on.wait_for_queue()
        done += batch
        print(f"{done:,} of {count:,} sign-ins", file=sys.stderr, flush=True)  # noqa: T201


def _memory_by_process(on: Stage) -> Held:
    master, *serving = on.web.pids()
    named = {"gunicorn's first process": master}
    named |= {f"gunicorn's worker {number}": pid for number, pid in enumerate(serving, start=1)}
    named |= {"the queue's worker": on.worker.pid, DIRECTORY: on.directory.pid}
    return {name: _memory(pid) for name, pid in named.items()}


def _memory(pid: int) -> tuple[float, float]:
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()[1:]
    found = {line.split(":")[0]: int(line.split()[1]) / 1024 for line in lines}
    return found["Rss"], found["Pss"]


def _redis_memory(on: Stage) -> float:
    used: int = redis.Redis.from_url(on.bench.redis_url).info("memory")["used_memory"]
    return used / 1024**2
