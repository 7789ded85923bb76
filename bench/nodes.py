"""The gain from a second node: first one, then two, each pinned to a core, on the same database and Redis.

A node is a gunicorn with one process. On a machine with only two cores, clients, PostgreSQL, Redis, the sandbox
directory and the queue's worker share them with the nodes, so requests per second mostly reflect those. Therefore the
measure is the number of requests per second of a node's CPU time: nodes on otherwise idle cores achieve the sum of
that, unless they wait for each other. Waiting takes no CPU time, so it is measured separately, as the
time that PostgreSQL's processes wait for each other's locks, sampled every few milliseconds. The table shows both,
and the plain requests per second.

With two nodes, each sign-in starts at one and finishes at the other.
"""

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

import psycopg

from bench.client import Load, Timing, send
from bench.filling import PEOPLE_PER_COMPANY, Size, fill
from bench.processes import Bench, Tree
from bench.sign_ins import Visitor, session_cookies, sign_in
from bench.stage import PEOPLE, Cost, Stage, clocks, note, stage

SIZE = Size(companies=21, people=210, entries=1050)
GOAL = 1.8
ROUNDS = 2
REQUESTS = 600
"""Per node and round."""
SIGN_INS = 120
SAMPLE_SECONDS = 0.005
TIMEOUT_SECONDS = 120
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'"


@dataclass
class Side:
    """The measurements with a number of nodes."""

    nodes: int
    cost: Cost
    waited: float = 0.0
    """Total seconds that PostgreSQL's processes waited for locks."""

    @property
    def capacity(self) -> float:
        """Requests per second of this number of otherwise idle cores."""
        return self.nodes * self.cost.count / self.cost.cpu


@dataclass
class Pair:
    """The same with one node and with two."""

    name: str
    sides: list[Side] = field(default_factory=list)


Work = Callable[[list[Tree], Callable[[], None]], Timing]
"""Loads these nodes; calls back when it starts."""


def measure() -> list[Pair]:
    cores = sorted(os.sched_getaffinity(0))[:2]
    if len(cores) < 2:
        sys.exit("Two nodes need two cores")
    with stage(lambda bench: fill(bench, SIZE, SIZE.companies), processes=1) as on:
        nodes = [on.web, on.bench.another_node()]
        for node, core in zip(nodes, cores, strict=True):
            node.pin(core)
        works = _works(on)
        pairs = [Pair(name, [Side(number, Cost(name)) for number in (1, 2)]) for name in works]
        for work in works.values():
            work(nodes, lambda: None)
        for _round in range(ROUNDS):
            for pair, work in zip(pairs, works.values(), strict=True):
                for side in pair.sides:
                    _measure(on, side, nodes[: side.nodes], work)
        return pairs


def table(pairs: list[Pair]) -> str:
    """As a table in Markdown."""
    columns = [
        "goal | **two to one**",
        "per CPU second, one node | two",
        "PostgreSQL CPU s per 1000, one | two",
        "ms of waiting for locks, each, one | two",
        "per second, one | two",
    ]
    lines = [f"| what | {' | '.join(columns)} |", f"|---|{'--:|' * 10}"]
    for pair in pairs:
        one, two = pair.sides
        cells = [f"{GOAL} | {two.capacity / one.capacity:.2f}"]
        cells += [f"{side.capacity:.0f}" for side in pair.sides]
        cells += [f"{side.cost.database_per_thousand:.2f}" for side in pair.sides]
        cells += [f"{side.waited / side.cost.count * 1000:.2f}" for side in pair.sides]
        cells += [f"{side.cost.count / side.cost.seconds:.0f}" for side in pair.sides]
        lines.append(f"| {pair.name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _works(on: Stage) -> dict[str, Work]:
    cookies = [session_cookies(replace(on.visits(1), visitors=[visitor])) for visitor in on.visitors]
    on.wait_for_queue()
    host = {"Host": on.host}
    pages = Load(on.web.port, [f"/login/{visitor.code}" for visitor in on.visitors], REQUESTS, host)
    accounts = replace(pages, paths=["/account"] * len(cookies), cookies=cookies)
    several = on.visitors
    single = [several[0]._replace(oid=oid) for oid in PEOPLE[:PEOPLE_PER_COMPANY]]
    return {
        "login page": lambda nodes, begin: _ask(nodes, begin, pages),
        "account": lambda nodes, begin: _ask(nodes, begin, accounts),
        f"sign-ins at {len(several)} companies": lambda nodes, begin: _sign_in(on, nodes, begin, several),
        "sign-ins at a single company": lambda nodes, begin: _sign_in(on, nodes, begin, single),
    }


def _measure(on: Stage, side: Side, nodes: list[Tree], work: Work) -> None:
    before: list[float] = []
    with _sampling(on.bench, side):
        taken = work(nodes, lambda: before.extend(clocks(on.bench, tuple(nodes))))
    on.wait_for_queue()
    note(side.cost, on.bench, tuple(nodes), before, taken)


def _ask(nodes: list[Tree], begin: Callable[[], None], load: Load) -> Timing:
    """Each node with its own client, concurrently."""
    begin()
    with ThreadPoolExecutor(len(nodes)) as pool:
        return _together(list(pool.map(lambda node: send(replace(load, port=node.port)), nodes)))


def _sign_in(on: Stage, nodes: list[Tree], begin: Callable[[], None], visitors: list[Visitor]) -> Timing:
    """As many clients as nodes; each starts at another one."""
    ports = [node.port for node in nodes]
    start = threading.Barrier(len(nodes), begin, TIMEOUT_SECONDS)

    def client(first: int) -> Timing:
        visits = replace(on.visits(SIGN_INS), ports=[*ports[first:], *ports[:first]], visitors=visitors)
        return sign_in(visits, start.wait)

    with ThreadPoolExecutor(len(nodes)) as pool:
        return _together(list(pool.map(client, range(len(nodes)))))


def _together(taken: list[Timing]) -> Timing:
    return Timing(max(one.seconds for one in taken), [latency for one in taken for latency in one.latencies])


@contextmanager
def _sampling(bench: Bench, side: Side) -> Iterator[None]:
    """Adds up how long PostgreSQL's processes wait for each other meanwhile."""
    done = threading.Event()

    def sample() -> None:
        with psycopg.connect(f"{bench.server_url}/postgres", autocommit=True) as connection:
            last = time.perf_counter()
            while not done.wait(SAMPLE_SECONDS):
                ((waiting,),) = connection.execute(WAITING, (bench.database,)).fetchall()
                side.waited += waiting * (time.perf_counter() - last)
                last = time.perf_counter()

    sampler = threading.Thread(target=sample)
    sampler.start()
    try:
        yield
    finally:
        done.set()
        sampler.join()
