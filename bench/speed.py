"""What pages and sign-ins cost: processor time of the server's processes above all, since that is what is paid for."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import redis

from bench.client import Load, Taken, send
from bench.processes import Bench, Tree
from bench.sign_ins import Plain, Visits, plain_loop, session_cookies, sign_in

TENANT = "11111111-1111-4111-8111-111111111111"
CLIENT = "22222222-2222-4222-8222-222222222222"
SECRET = "contoso-sandbox-secret-value"  # noqa: S105 - of the sandbox, of nobody
PEOPLE = [f"be000000-0000-4000-8000-{number:012d}" for number in range(40)]
ROUNDS = 4
"""What is compared takes turns, so that a machine which is busy for a while is busy for all."""
REQUESTS = 400
"""A round."""
SIGN_INS = 400
WARM = 80


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

    def milliseconds(self, share: float) -> float:
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1000


@dataclass
class Stage:
    """Portico with people in it, and the bare route beside it."""

    bench: Bench
    web: Tree
    hello: Tree
    worker: Tree
    visits: Visits

    @property
    def trees(self) -> tuple[Tree, ...]:
        return self.web, self.worker

    def wait_for_queue(self) -> None:
        """Until the worker has done what was put off."""
        waiting = redis.Redis.from_url(self.bench.redis_url)
        while waiting.llen("huey.redis.portico"):
            time.sleep(0.1)
        before = -1.0
        while (spent := self.worker.cpu_seconds()) > before + 0.02:
            before = spent
            time.sleep(0.5)


@contextmanager
def stage() -> Iterator[Stage]:
    """Everything started, warm: the people have signed in before."""
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        try:
            bench.sandbox()
            bench.fill()
            (public_id,) = bench.sql("SELECT public_id FROM connection_draft WHERE title = 'Contoso staff'")[0]
            bench.register(TENANT, CLIENT, str(public_id), PEOPLE)
            web, hello, worker = bench.web(), bench.hello(), bench.worker()
            visits = Visits([web.port], f"localhost:{bench.port}", bench.sandbox_port, str(public_id), PEOPLE, WARM)
            made = Stage(bench, web, hello, worker, visits)
            sign_in(visits, lambda: None)
            made.wait_for_queue()
            yield made
        finally:
            bench.close()


def pages(on: Stage) -> list[Cost]:
    """The bare route, then our pages, in turns."""
    cookies = session_cookies(on.visits)
    on.wait_for_queue()
    host = {"Host": on.visits.host}
    mine = {**host, "Cookie": cookies}
    ((person, picture),) = on.bench.sql(
        "SELECT id, substr(avatar_hash, 1, 16) FROM person WHERE oid = %s", on.visits.people[0]
    )
    avatar = f"/people/{person}/avatar?v={picture}"
    files = Path(__file__).parent.parent / "static" / "dist"
    style = next(path.name for path in files.iterdir() if path.name.startswith("app.") and path.suffix == ".css")
    port = on.web.port
    squeezed = {**host, "Accept-Encoding": "gzip, br"}
    kept = {**mine, "If-None-Match": f'"{picture}"'}
    wanted = [
        (Cost("hello, bare Flask"), on.hello, Load(on.hello.port, "/", REQUESTS, host)),
        (Cost("login page", 1.6), on.web, Load(port, "/login/contoso", REQUESTS, host)),
        (Cost("account, signed in", 2.2), on.web, Load(port, "/account", REQUESTS, mine)),
        (Cost("avatar", 0.8), on.web, Load(port, avatar, REQUESTS, mine)),
        (Cost("avatar, 304", 0.8), on.web, Load(port, avatar, REQUESTS, kept, status=304)),
        (Cost("static file, Brotli", 0.8), on.web, Load(port, f"/static/{style}", REQUESTS, squeezed)),
    ]
    for _cost, _tree, load in wanted:
        send(Load(load.port, load.path, WARM, load.headers, load.status))
    for _round in range(ROUNDS):
        for cost, tree, load in wanted:
            _add(cost, on.bench, (tree,), lambda load=load: send(load))
    return [cost for cost, _tree, _load in wanted]


def sign_ins(on: Stage) -> list[Cost]:
    """The plain loop, then ours, with the worker's reading of the profile."""
    plain, ours = Cost("plain loop: token, Graph, signature"), Cost("sign-in of a returning person", 6.0)
    secret = Plain(
        on.bench.sandbox_port, TENANT, CLIENT, SECRET, on.bench.callback(on.visits.public_id), PEOPLE, SIGN_INS // 2
    )
    visits = Visits(**{**vars(on.visits), "count": SIGN_INS})
    for _round in range(2):
        plain.cpu += plain_loop(secret)
        plain.count += secret.count
        before: list[float] = []
        taken = sign_in(visits, lambda before=before: before.extend(_clocks(on.bench, on.trees)))
        on.wait_for_queue()
        _note(ours, on.bench, on.trees, before, taken)
    return [plain, ours]


def _add(cost: Cost, bench: Bench, trees: tuple[Tree, ...], work: Callable[[], Taken]) -> None:
    before = _clocks(bench, trees)
    taken = work()
    _note(cost, bench, trees, before, taken)


def _clocks(bench: Bench, trees: tuple[Tree, ...]) -> list[float]:
    return [sum(tree.cpu_seconds() for tree in trees), bench.postgres().cpu_seconds()]


def _note(cost: Cost, bench: Bench, trees: tuple[Tree, ...], before: list[float], taken: Taken) -> None:
    after = _clocks(bench, trees)
    cost.cpu += after[0] - before[0]
    cost.database_cpu += after[1] - before[1]
    cost.count += len(taken.latencies)
    cost.seconds += taken.seconds
    cost.latencies += taken.latencies
    cost.megabytes = trees[0].megabytes()


def table(pages: list[Cost], sign_ins: list[Cost]) -> str:
    """Both as one table in Markdown; the ratio of a sign-in is to the plain loop."""
    head = "| what | goal | ratio | CPU s per 1000 | of PostgreSQL | per second | p50 ms | p99 ms | MB a process |"
    lines = [head, f"|---|{'--:|' * 8}"]
    lines += [_line(cost, pages[0], f"{cost.goal:.1f}×" if cost.goal else "") for cost in pages]
    lines += [_line(cost, sign_ins[0], f"{cost.goal:.0f} CPU s" if cost.goal else "") for cost in sign_ins]
    return "\n".join(lines)


def _line(cost: Cost, least: Cost, goal: str) -> str:
    cells = [cost.name, goal, f"{cost.per_thousand / least.per_thousand:.2f}", f"{cost.per_thousand:.2f}"]
    if cost.latencies:
        cells += [
            f"{cost.database_cpu / cost.count * 1000:.2f}",
            f"{cost.count / cost.seconds:.0f}",
            f"{cost.milliseconds(0.5):.1f}",
            f"{cost.milliseconds(0.99):.1f}",
            f"{cost.megabytes:.0f}",
        ]
    else:
        cells += [""] * 5
    return f"| {' | '.join(cells)} |"
