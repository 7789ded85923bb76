"""Portico with people in it, started and warm; and what work at it takes."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis

from bench.client import Taken
from bench.processes import Bench, Tree
from bench.sign_ins import Turn, Visits, sign_in

TENANT = "11111111-1111-4111-8111-111111111111"
CLIENT = "22222222-2222-4222-8222-222222222222"
SECRET = "contoso-sandbox-secret-value"  # noqa: S105 - of the sandbox, of nobody
PEOPLE = [f"be000000-0000-4000-8000-{number:012d}" for number in range(40)]


@dataclass
class Cost:
    """What some work took."""

    name: str
    goal: float | None = None
    count: int = 0
    cpu: float = 0.0
    seconds: float = 0.0
    database_cpu: float = 0.0
    megabytes: float = 0.0
    latencies: list[float] = field(default_factory=list)

    @property
    def per_thousand(self) -> float:
        """CPU seconds of the server's processes."""
        return self.cpu / self.count * 1000

    @property
    def database_per_thousand(self) -> float:
        """CPU seconds of PostgreSQL's processes."""
        return self.database_cpu / self.count * 1000

    def milliseconds(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


@dataclass
class Stage:
    """Portico with people in it."""

    bench: Bench
    directory: Tree
    web: Tree
    worker: Tree
    turns: list[Turn]
    """Who signs in where."""

    @property
    def host(self) -> str:
        return f"localhost:{self.bench.port}"

    @property
    def trees(self) -> tuple[Tree, ...]:
        return self.web, self.worker

    def visits(self, count: int) -> Visits:
        return Visits([self.web.port], self.host, self.bench.sandbox_port, self.turns, count)

    def wait_for_queue(self) -> None:
        """Until the worker has done what was put off."""
        waiting = redis.Redis.from_url(self.bench.redis_url)
        while waiting.llen("huey.redis.portico"):
            time.sleep(0.1)
        before = -1.0
        while (spent := self.worker.cpu_seconds()) > before + 0.02:
            before = spent
            time.sleep(0.5)


def contoso(bench: Bench) -> list[Turn]:
    """One company, and people who sign in there."""
    bench.fill()
    ((public_id,),) = bench.sql("SELECT public_id FROM connection_draft WHERE title = 'Contoso staff'")
    return [Turn("contoso", str(public_id), oid) for oid in PEOPLE]


@contextmanager
def stage(fill: Callable[[Bench], list[Turn]] = contoso, *, processes: int = 2) -> Iterator[Stage]:
    """Everything started, on a database that `fill` makes; a node has so many processes."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        bench.environment["WEB_CONCURRENCY"] = str(processes)
        try:
            directory = bench.sandbox()
            turns = fill(bench)
            bench.register(TENANT, CLIENT, sorted({turn.public_id for turn in turns}), PEOPLE)
            yield Stage(bench, directory, bench.web(), bench.worker(), turns)
        finally:
            bench.close()


def add(cost: Cost, bench: Bench, trees: tuple[Tree, ...], work: Callable[[], Taken]) -> None:
    """Does the work, and adds what it took."""
    before = clocks(bench, trees)
    taken = work()
    note(cost, bench, trees, before, taken)


def add_sign_ins(cost: Cost, on: Stage, visits: Visits) -> None:
    """Adds what these took once their login pages were fetched, with what the worker does afterwards."""
    before: list[float] = []
    taken = sign_in(visits, lambda: before.extend(clocks(on.bench, on.trees)))
    on.wait_for_queue()
    note(cost, on.bench, on.trees, before, taken)


def clocks(bench: Bench, trees: tuple[Tree, ...]) -> list[float]:
    return [sum(tree.cpu_seconds() for tree in trees), bench.postgres().cpu_seconds()]


def note(cost: Cost, bench: Bench, trees: tuple[Tree, ...], before: list[float], taken: Taken) -> None:
    """Adds what was taken since the clocks stood at `before`."""
    after = clocks(bench, trees)
    cost.cpu += after[0] - before[0]
    cost.database_cpu += after[1] - before[1]
    cost.count += len(taken.latencies)
    cost.seconds += taken.seconds
    cost.latencies += taken.latencies
    cost.megabytes = trees[0].megabytes()
