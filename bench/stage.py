"""A running, warm Portico with people, and the measured cost of work."""

import os
import platform
import re
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis

from bench.client import Timing
from bench.processes import Bench, Tree
from bench.sign_ins import Visitor, Visits, sign_in

TENANT = "11111111-1111-4111-8111-111111111111"
CLIENT = "22222222-2222-4222-8222-222222222222"
SECRET = "contoso-sandbox-secret-value"  # noqa: S105 - known to everyone, from the sandbox's seed
PEOPLE = [f"be000000-0000-4000-8000-{number:012d}" for number in range(40)]


@dataclass
class Cost:
    """The cost of some work."""

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


def machine() -> str:
    """The Python and the processor that measure, and how busy the machine is: a busy one raises every figure."""
    optimized = "--enable-optimizations" in (sysconfig.get_config_var("CONFIG_ARGS") or "")
    build = "with" if optimized else "without"
    names = re.findall(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    return (
        f"Python {platform.python_version()} {build} profile-guided optimization, "
        f"{len(os.sched_getaffinity(0))} cores of {names[0] if names else platform.machine()}, "
        f"load average {os.getloadavg()[0]:.1f} at the start"
    )


@dataclass
class Stage:
    """A running Portico with people."""

    bench: Bench
    directory: Tree
    web: Tree
    worker: Tree
    visitors: list[Visitor]
    """Who signs in at which login page."""

    @property
    def host(self) -> str:
        return f"localhost:{self.bench.port}"

    @property
    def trees(self) -> tuple[Tree, ...]:
        return self.web, self.worker

    def visits(self, count: int) -> Visits:
        return Visits([self.web.port], self.host, self.bench.sandbox_port, self.visitors, count)

    def wait_for_queue(self) -> None:
        """Waits until the worker has finished all queued tasks."""
        waiting = redis.Redis.from_url(self.bench.redis_url)
        while waiting.llen("huey.redis.portico"):
            time.sleep(0.1)
        before = -1.0
        while (used := self.worker.cpu_seconds()) > before + 0.02:
            before = used
            time.sleep(0.5)


def contoso(bench: Bench) -> list[Visitor]:
    """One company with people who sign in there."""
    bench.fill()
    ((public_id,),) = bench.sql("SELECT public_id FROM connection_draft WHERE title = 'Contoso staff'")
    return [Visitor("contoso", str(public_id), oid) for oid in PEOPLE]


@contextmanager
def stage(
    fill: Callable[[Bench], list[Visitor]] = contoso, *, processes: int = 2, over_tls: bool = False
) -> Iterator[Stage]:
    """Starts everything on a database filled by `fill`, with this number of processes per node; the directory over
    TLS where asked.
    """
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder), over_tls)
        bench.environment["WEB_CONCURRENCY"] = str(processes)
        try:
            directory = bench.sandbox()
            visitors = fill(bench)
            bench.register(TENANT, CLIENT, sorted({visitor.public_id for visitor in visitors}), PEOPLE)
            yield Stage(bench, directory, bench.web(), bench.worker(), visitors)
        finally:
            bench.close()


def add(cost: Cost, bench: Bench, trees: tuple[Tree, ...], work: Callable[[], Timing]) -> None:
    """Does the work and adds its cost."""
    before = clocks(bench, trees)
    taken = work()
    note(cost, bench, trees, before, taken)


def add_sign_ins(cost: Cost, on: Stage, visits: Visits) -> None:
    """Adds the cost of these sign-ins after their login pages were fetched, including the worker's tasks afterwards."""
    before: list[float] = []
    taken = sign_in(visits, lambda: before.extend(clocks(on.bench, on.trees)))
    on.wait_for_queue()
    note(cost, on.bench, on.trees, before, taken)


def clocks(bench: Bench, trees: tuple[Tree, ...]) -> list[float]:
    return [sum(tree.cpu_seconds() for tree in trees), bench.postgres().cpu_seconds()]


def note(cost: Cost, bench: Bench, trees: tuple[Tree, ...], before: list[float], taken: Timing) -> None:
    """Adds the cost since the clocks were at `before`."""
    after = clocks(bench, trees)
    cost.cpu += after[0] - before[0]
    cost.database_cpu += after[1] - before[1]
    cost.count += len(taken.latencies)
    cost.seconds += taken.seconds
    cost.latencies += taken.latencies
    cost.megabytes = trees[0].megabytes()
